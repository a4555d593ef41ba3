"""What identifies a person or opens a door, found in free text: e-mail, IP, telephone, card, bank account, secret.

Belongs here: the pure rules that say "this text holds an e-mail address", shared by the way in and the way out.
Does not belong here: rules about field names, prose and media (assets/ingestion/sensitive.py), or what is done about a find.
"""

import ipaddress
import re
import string

_CARD_DIGITS = range(13, 20)
_PHONE_DIGITS = range(8, 16)

_EMAIL_CONTENT = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_IPV4 = re.compile(r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\d|\.\d)")
_IPV4_SIGN = re.compile(r"\.\d{1,3}\.\d{1,3}\.")
_IPV6 = re.compile(r"(?<![\w:])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:])")
_PHONE_CONTENT = re.compile(r"(?<![\w+])(?:\+|00)[1-9][\d ().-]{6,20}\d(?!\w)")
_CARD = re.compile(r"(?<![\w-])(?:\d[ -]?){12,18}\d(?![\w-])")
_CARD_SIGN = re.compile(r"\d[\d -]{11}\d")
_CARD_GROUPED = re.compile(r"(?<![\w-])\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?![\w-])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?!\w)")
_SECRET_CONTENT = re.compile(
    r"-----BEGIN [A-Z ]+-----|\bsk-[A-Za-z0-9_-]{20,}|\bAKIA[0-9A-Z]{16}\b|\bBearer [\w.-]{16,}"
)
_SHAPES = bytes.maketrans(f"{string.ascii_uppercase}{string.digits}".encode(), b"A" * 26 + b"0" * 10)
"""ASCII capitals as A and digits as 0: every rule below asks for cheap signs before it searches; most texts have none."""


def personal_data(text: str) -> list[str]:
    """Find kinds of personal data in a free text, before it reaches a bundle or a regulator.

    Returns:
        Sorted kinds out of `card`, `email`, `iban`, `ip`, `key`, `phone`; empty when none was found. Never the data.
    """
    if text.isascii():
        shape = text.encode().translate(_SHAPES)
        digits, may_be_iban = shape.count(b"0"), b"AA00" in shape
    else:  # digits and letters of other scripts are left to the rules
        digits, may_be_iban = _CARD_DIGITS.start, True
    found = []
    if digits >= _CARD_DIGITS.start and _has_card(text):
        found.append("card")
    if "@" in text and _has_email(text):
        found.append("email")
    if may_be_iban and any(_is_iban(match.group()) for match in _IBAN.finditer(text)):
        found.append("iban")
    if digits and _has_ip(text):
        found.append("ip")
    if holds_secret(text):
        found.append("key")
    if digits >= _PHONE_DIGITS.start and _has_phone(text):
        found.append("phone")
    return found


def holds_secret(text: str) -> bool:
    """Whether a text holds a private key, an access token or an API key."""
    return _has_secret_mark(text) and bool(_SECRET_CONTENT.search(text))


def _has_secret_mark(text: str) -> bool:
    return "sk-" in text or "Bearer " in text or "AKIA" in text or "-----BEGIN " in text


def identifier_kind(value: str, *, is_version: bool) -> str | None:
    """Name the first kind of identifier in a text, or None; `is_version` spares `1.2.3.4` in a version's name."""
    if _has_email(value):
        return "email"
    if holds_secret(value):
        return "key"
    if not is_version and _has_ip(value):
        return "ip"
    if _has_phone(value):
        return "phone"
    return "card" if _has_card_groups(value) else None


def _has_email(text: str) -> bool:
    return "@" in text and bool(_EMAIL_CONTENT.search(text))


def _has_ip(text: str) -> bool:
    if text.count(".") >= 3 and _IPV4_SIGN.search(text) and _IPV4.search(text):
        return True
    return text.count(":") >= 2 and any(_is_ipv6(match.group()) for match in _IPV6.finditer(text))


def _is_ipv6(text: str) -> bool:
    digits = text.replace(":", "")
    if len(digits) < 5 or not any(digit.isdigit() for digit in digits):
        return text == "::1"
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _has_phone(text: str) -> bool:
    if ("+" not in text and "00" not in text) or _has_fewer_digits(text, _PHONE_DIGITS.start):
        return False
    return any(sum(c.isdigit() for c in match.group()) in _PHONE_DIGITS for match in _PHONE_CONTENT.finditer(text))


def _has_card(text: str) -> bool:
    if not _CARD_SIGN.search(text):
        return False
    candidates = [match.group() for match in _CARD.finditer(text)]
    return bool(candidates) and (any(map(_is_card, candidates)) or _has_card_groups(text))


def _has_card_groups(text: str) -> bool:
    if not _CARD_SIGN.search(text):
        return False
    grouped = _CARD_GROUPED.search(text)
    return grouped is not None and _is_card(grouped.group())


def _has_fewer_digits(text: str, wanted: int) -> bool:
    """Whether a text surely has fewer digits than wanted; digits of other scripts count as "perhaps"."""
    return text.isascii() and sum(map(text.count, "0123456789")) < wanted


def _is_card(text: str) -> bool:
    digits = [int(c) for c in text if c.isdigit()]
    if len(digits) not in _CARD_DIGITS or digits[0] not in {2, 3, 4, 5, 6}:
        return False
    doubled = [d if i % 2 == 0 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _is_iban(text: str) -> bool:
    compact = text.replace(" ", "")
    rotated = compact[4:] + compact[:4]
    return 15 <= len(compact) <= 34 and int("".join(str(int(c, 36)) for c in rotated)) % 97 == 1
