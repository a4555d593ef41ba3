"""Which fields of the contract name an account, a reporter or a sender, and whose line it then is.

Belongs here: the declaration, one field a line. Not here: judging and finding lines (assets/ingestion).

A line that is **about** the entity is erased whole; one that is about somebody or something else and only **names** it stands,
with the id struck out: an account that it referred, a takedown notice with thirty targets, a lead over a network.
"""

from dataclasses import dataclass
from typing import Literal

EntityKind = Literal["account", "reporter", "sender"]
ENTITY_KINDS: tuple[EntityKind, ...] = ("account", "reporter", "sender")

KEPT_FEEDS = frozenset({"erasures", "legal_holds", "retention"})
"""The record of the process itself: why something was, or may not be, erased. Its lines stay."""


@dataclass(frozen=True, slots=True)
class Bearing:
    """A field that names an entity.

    Attributes:
        feed: Feed or register.
        field: Field of its contract.
        kind: Whose id it holds.
        is_about: Whether the line is the entity's own; of a list, only when it names nobody else.
        inner: Key within the objects of an `[object]` field; empty for others.
        when: Another field that says what the id is of, and the value that it must have; empty when there is none.
    """

    feed: str
    field: str
    kind: EntityKind
    is_about: bool
    inner: str = ""
    when: tuple[str, str] | None = None


_DECLARED = """
model_requests account_id account about
accounts account_id account about
accounts referrer_account_id account names
detections account_id account about
leads account_ids account about
user_reports account_id account about
user_reports target_id account about target_kind=account
user_reports reporter_id reporter about
reviews account_id account about
reviews item_id account about item_kind=account
enforcement_actions account_id account about
enforcement_actions target_id account about target_kind=account
enforcement_actions target_id reporter about target_kind=reporter
enforcement_actions target_id sender about target_kind=sender
escalations account_ids account about
copyright_notices sender_id sender about
copyright_notices targets.account_id account names
retractions id account about feed=accounts
allowlist entity_id account about entity_kind=account
allowlist entity_id reporter about entity_kind=reporter
allowlist entity_id sender about entity_kind=sender
shareable_indicators value account about
"""


def _parse(line: str) -> Bearing:
    feed, path, kind, whose, *condition = line.split()
    field, _, inner = path.partition(".")
    if kind not in ENTITY_KINDS or whose not in {"about", "names"}:
        raise ValueError(f"not a bearing: {line!r}")
    when = (condition[0].partition("=")[0], condition[0].partition("=")[2]) if condition else None
    return Bearing(feed, field, kind, whose == "about", inner, when)  # type: ignore[arg-type]


BEARINGS: tuple[Bearing, ...] = tuple(_parse(line) for line in _DECLARED.strip().splitlines())


def bearings_of(feed: str, kind: EntityKind) -> list[Bearing]:
    """The fields of a feed that name entities of a kind."""
    return [one for one in BEARINGS if one.feed == feed and one.kind == kind]
