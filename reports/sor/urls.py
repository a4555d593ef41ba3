"""Whether the database takes a text for a URL: its framework's grammar, which is neither RFC 3986 nor a browser's.

The grammar alone belongs here: scheme from a list, `//`, optional user, host, port, path, query and fragment.
Every character outside ASCII counts as a letter, a symbol or a mark by its Unicode category.
"""

import ipaddress
import re
import unicodedata

from reports.sor.vocabulary import vocabulary

_LETTER, _SYMBOL, _MARK, _REST = "é", "€", "\u0301", "\ufffe"
_CLASS = {"L": _LETTER, "N": _LETTER, "S": _SYMBOL, "M": _MARK}
_ESCAPED = "%[0-9A-Fa-f]{2}"
_WORD = rf"[0-9A-Za-z{_LETTER}"
_USER = rf"(?:{_WORD}_.-]|{_ESCAPED})+"
_LABEL = rf"{_WORD}{_SYMBOL}{_MARK}$+<=>^`|~_-]+"
_TOP = rf"(?:xn--[0-9A-Za-z-]+|{_WORD}{_MARK}]+)"
_IN_PATH = rf"{_WORD}._~!$&'()*+,;=:@-]|{_ESCAPED}"
_IN_QUERY = rf"{_WORD}._~!$&'()*+,;=:@/?\[\]-]|{_ESCAPED}"
_IN_FRAGMENT = rf"{_WORD}._~!$&'()*+,;=:@/?-]|{_ESCAPED}"
_URL = re.compile(
    rf"(?P<scheme>[A-Za-z0-9+.-]+)://(?:(?:{_USER}:)?{_USER}@)?"
    rf"(?:(?:(?:{_LABEL}\.)+{_TOP}|[0-9A-Za-z_-]+)\.?|\[(?P<address>[0-9A-Fa-f:.]+)\])"
    rf"(?::[0-9]+)?(?:/(?:{_IN_PATH})*)*(?:\?(?:{_IN_QUERY})*)?(?:\#(?:{_IN_FRAGMENT})*)?\n?"
)


def is_url(text: str) -> bool:
    """Whether the database's URL rule holds for a text of any length and content."""
    found = _URL.fullmatch(text if text.isascii() else _plain(text))
    if found is None or found["scheme"].lower() not in vocabulary().url_schemes:
        return False
    return found["address"] is None or _is_ipv6(found["address"])


def _plain(text: str) -> str:
    return "".join(c if c.isascii() else _CLASS.get(unicodedata.category(c)[0], _REST) for c in text)


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
