"""Identifiers of statements: the `puid` under which the database knows a decision, for ever.

Belongs here: how it is made and the forms that file names take. Which were sent is recorded in journal.py.
"""

import re
from hashlib import sha256

import msgspec

_SCHEME = "1"
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")


def puid_of(service: str, decision_id: str) -> str:
    """The statement's identifier: a function of the service and the decision alone, which tells neither.

    A hash, because the database prints it in its public dumps and decision ids are internal; its input is a JSON array, so
    that no two pairs have the same text.

    Returns:
        67 characters of a-z, 0-9 and -: `r1-` and the SHA-256 of the pair.
    """
    pair = msgspec.json.encode(["statement of reasons", service, decision_id])
    return f"r{_SCHEME}-{sha256(pair).hexdigest()}"


def slug_of(service: str) -> str:
    """A service's name in file names: a-z, 0-9 and single hyphens; another alphabet or a long name is told by its digest."""
    slug = _NOT_IN_SLUG.sub("-", service.lower()).strip("-")
    plain = service.isascii() and 0 < len(slug) <= 60 and slug != "global"
    return slug if plain else f"service-{sha256(service.encode()).hexdigest()[:12]}"
