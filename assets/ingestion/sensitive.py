"""What must never come inside: text, people, addresses, media and keys, told by a field's name or its content.

Belongs here: the rules that say "this looks like ..." for out-of-contract fields (identifiers: orchestration/core).
Does not belong here: what is done about it (quarantine withholds the value, a bundle masks it); no value ever leaves here.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from orchestration.core.identifiers import holds_secret, identifier_kind

LONGEST_STRING = 200
"""Characters above which a string outside the contract is text. Ids end at 128, hex digests at 128."""
MOST_WORDS = 7
"""Words above which a string outside the contract is prose."""

_MOST_UNSPACED_LETTERS = 20
_LONGEST_SEARCHED = 4096


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# The last word of a name says what it holds: `prompt_tokens` is a number, `ip_hash` a digest, `content_id` an id.
_HARMLESS_LAST_WORDS = _listed(
    "hash hashes simhash minhash sha sha1 sha256 md5 digest fingerprint id ids uuid ref refs count counts total tokens "
    "bytes chars characters words length len size seconds ms millis hours days score scores ratio share ppm rate cost "
    "kind type category class code codes label flag flags status state version format language lang country region "
    "asn at on date day time index position rank level threshold policy source model surface score used enabled"
)
_TEXT = _listed("prompt prompts completion completions text texts transcript transcripts utterance utterances")
_LOOSE_TEXT = _listed(
    "message messages content contents body output outputs input inputs response responses query question answer "
    "instruction instructions conversation conversations chat history snippet excerpt comment comments note notes"
)
_EMAIL = frozenset({"email", "emails", "mail", "mailbox"})
_IP = frozenset({"ip", "ips", "ipv", "ipaddr", "ipaddress"})
_PHONE = frozenset({"phone", "telephone", "mobile", "msisdn", "fax"})
_ADDRESS = frozenset({"address", "addresses", "street", "postcode", "zipcode", "zip"})
_MEDIA = _listed(
    "image images photo photos picture pictures screenshot screenshots audio video videos media attachment attachments "
    "thumbnail blob"
)
_PERSON = _listed("surname forename victim notifier signatory dob birthdate birthday passport ssn")
_PERSON_BEFORE_NAME = _listed(
    "first last full given family middle maiden person user contact customer reporter notifier victim sender reviewer "
    "holder author display legal real agent employee moderator complainant"
)
_SECRET = frozenset({"secret", "secrets", "password", "passwd", "salt", "pepper", "hmac"})
_BEFORE_KEY = frozenset({"hash", "hmac", "private", "secret", "signing", "api", "encryption", "access"})
_BEFORE_TOKEN = frozenset({"access", "auth", "bearer", "session", "refresh"})

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SHORT_CODE = re.compile(r"[A-Za-z0-9_-]{0,64}")
_MEDIA_CONTENT = re.compile(r"data:[\w.+-]+/[\w.+-]+[;,]|(?:iVBORw0KGgo|/9j/|R0lGOD|UklGR|JVBERi0)[\w+/=]{12,}")
_CHAT_CONTENT = re.compile(r"[\r\n]|```|<\|\w+\|>|^(?:Human|Assistant|User|System): ")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_PERSON_NAME = re.compile(r"[^\W\d_a-z][^\W\d_]+(?:[ '-][^\W\d_a-z][^\W\d_]*\.?){1,3}")

_REASONS = {
    "text": "prompt or completion text",
    "email": "an e-mail address",
    "ip": "an IP address",
    "phone": "a telephone number",
    "address": "an address",
    "person": "a person's name or particulars",
    "media": "media",
    "key": "a hash key or another secret",
    "card": "a payment card number",
    "iban": "a bank account number",
}


def forbidden(name: str, value: object) -> str | None:
    """Say why a field outside the contract may not come in, or None when it may be kept aside in `_extra`.

    Args:
        name: The field's name as delivered.
        value: The decoded value (JSON types); lists and objects are searched to any depth.

    Returns:
        A reason such as "looks like an e-mail address (by its content)". It holds neither the value nor the name.
    """
    for key, leaf in _leaves(name, value):
        if (kind := _content_kind(key, is_version=False)) is not None:
            return f"looks like {_REASONS[kind]} (in the name itself)"
        if leaf is None or isinstance(leaf, bool):
            continue
        if (kind := _kind_by_name(key, leaf)) is not None:
            return f"looks like {_REASONS[kind]} (by its name)"
        if isinstance(leaf, str) and (kind := _kind_by_content(key, leaf)) is not None:
            return f"looks like {_REASONS[kind]} (by its content)"
    return None


def printable_name(name: str) -> str:
    """Give a field's name for reports and drift counts, or `(withheld)` when the name itself carries content."""
    return name if _content_kind(name, is_version=False) is None else "(withheld)"


def _leaves(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Walk a value without recursion: every (nearest name, value), containers included."""
    stack: list[tuple[str, object]] = [(name, value)]
    while stack:
        key, item = stack.pop()
        yield key, item
        if isinstance(item, str) and item[:1] in "{[":
            item = _embedded(item)
        if isinstance(item, dict):
            stack.extend((str(inner), leaf) for inner, leaf in item.items())
        elif isinstance(item, list | tuple):
            stack.extend((key, leaf) for leaf in item)


def _embedded(text: str) -> object | None:
    try:
        decoded = msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None
    return decoded if isinstance(decoded, dict | list) and decoded else None


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    words = [word.lower() for word in _WORD.findall(name)]
    return tuple(words[:-1] if words[-1:] == ["v"] else words)  # `_v2` is no word


@lru_cache(maxsize=4096)
def _name_rule(name: str) -> tuple[str, bool] | None:
    """Classify a name: (kind, is_strict). A strict name forbids any value, a loose one lets short codes and numbers in."""
    words = _words(name)
    if not words or words[-1] in _HARMLESS_LAST_WORDS:
        return None
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    compound = before + last
    pairs: tuple[tuple[bool, str, bool], ...] = (
        (last in _SECRET or (last == "key" and before in _BEFORE_KEY), "key", True),
        (last == "token" and before in _BEFORE_TOKEN, "key", True),
        (not _EMAIL.isdisjoint(words) or compound == "email", "email", True),
        (not _IP.isdisjoint(words) or compound in {"remoteaddr", "forwardedfor"}, "ip", True),
        (not _PHONE.isdisjoint(words), "phone", True),
        (not _ADDRESS.isdisjoint(words) or compound in {"postcode", "postalcode"}, "address", True),
        (not _PERSON.isdisjoint(words) or (last == "name" and before in _PERSON_BEFORE_NAME), "person", True),
        (compound in {"username", "birthdate"} or last == "username", "person", True),
        (not _TEXT.isdisjoint(words), "text", True),
        (last in _MEDIA, "media", False),
        (last in _LOOSE_TEXT, "text", False),
    )
    return next(((kind, is_strict) for holds, kind, is_strict in pairs if holds), None)


def _kind_by_name(name: str, value: object) -> str | None:
    rule = _name_rule(name)
    if rule is None:
        return "person" if _is_bare_person(name, value) else None
    kind, is_strict = rule
    if is_strict:
        return kind if value not in ("", [], {}) else None
    if isinstance(value, str):
        return None if _SHORT_CODE.fullmatch(value) else kind
    return None


def _is_bare_person(name: str, value: object) -> bool:
    return _words(name) == ("name",) and isinstance(value, str) and bool(_PERSON_NAME.fullmatch(value))


def _kind_by_content(name: str, value: str) -> str | None:
    return _content_kind(value, is_version="version" in _words(name))


def _content_kind(value: str, *, is_version: bool) -> str | None:
    if _MEDIA_CONTENT.match(value):
        return "media"
    if _SHORT_CODE.fullmatch(value):
        return "key" if holds_secret(value) else None
    if len(value) > _LONGEST_SEARCHED:
        return "text"
    kind = identifier_kind(value, is_version=is_version)
    if kind is not None:
        return kind
    if len(value) > LONGEST_STRING or len(value.split()) > MOST_WORDS or _CHAT_CONTENT.search(value):
        return "text"
    return "text" if len(_UNSPACED.findall(value)) > _MOST_UNSPACED_LETTERS else None
