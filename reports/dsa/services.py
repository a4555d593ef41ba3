"""Services: which ones a report is filed for in a period, by the register in force, and what their kind implies.

Scope, applicability and folder names belong here; what the files say does not.
"""

import hashlib
import re
from datetime import date, timedelta
from typing import Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

import duckdb
import msgspec

from reports.dsa import template
from reports.dsa.period import FIRST_DAY
from reports.periods import Period

VERY_LARGE = frozenset({"vlop", "vlose"})
KINDS = frozenset({"conduit", "hosting", "online_platform", *VERY_LARGE})
_LONGEST_FOLDER = 100
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.~-]*")


class Service(msgspec.Struct, frozen=True):
    """A service and its kind at the end of the period.

    Attributes:
        dsa_service: Its code in the register.
        name: For people; the code where the register has none.
        kind: `conduit`, `hosting`, `online_platform`, `vlop` or `vlose`; taken for an online platform when unknown.
        kinds: Every kind it had in the period, in order.
        is_known_kind: Whether the register names one of the five kinds.
    """

    dsa_service: str
    name: str
    kind: str
    kinds: tuple[str, ...]
    is_known_kind: bool = True

    @property
    def folder(self) -> str:
        """A safe name of a folder, the code itself wherever it is one."""
        return folder_name(self.dsa_service)

    @property
    def is_very_large(self) -> bool:
        """Whether it is a very large online platform or search engine: it reports by half-year."""
        return self.kind in VERY_LARGE

    def applies(self, applicability: str) -> bool:
        """Whether a row with this applicability concerns the service.

        A very large search engine is neither taken for a hosting service nor for an online platform.
        """
        return self.kind in _CONCERNED[applicability]


_CONCERNED = {
    "All": KINDS,
    template.HOSTING: frozenset({"hosting", "online_platform", "vlop"}),
    "Only for providers of online platforms": frozenset({"online_platform", "vlop"}),
    "Only for VLOPs": frozenset({"vlop"}),
    "Only for VLOPs and VLOSEs": VERY_LARGE,
}


def folder_name(code: str) -> str:
    """A name that is one folder, whatever the register says: odd characters percent-encoded, too long ones hashed."""
    safe = code if _SAFE.fullmatch(code) else "%" + quote(code, safe="").replace(".", "%2E")
    return safe if len(safe) <= _LONGEST_FOLDER else f"%{hashlib.sha256(code.encode()).hexdigest()}"


def days_of(period: Period) -> tuple[date, date]:
    """First and last day, in the period's zone; the last one is in it, as the template's period cell wants it."""
    zone = ZoneInfo(period.zone)
    last = (period.end - timedelta(microseconds=1)).astimezone(zone).date()
    return period.start.astimezone(zone).date(), last


def filing_period(period: Period) -> Literal["year", "half-year", "transitional", "none"]:
    """Which of the Regulation's periods it is; the second half of 2025 was everybody's first one."""
    first, last = days_of(period)
    if (first, last) == (FIRST_DAY, date(2025, 12, 31)):
        return "transitional"
    if (first, last) == (date(first.year, 1, 1), date(first.year, 12, 31)):
        return "year"
    halves = {(date(first.year, 1, 1), date(first.year, 6, 30)), (date(first.year, 7, 1), date(first.year, 12, 31))}
    return "half-year" if (first, last) in halves else "none"


def registered(con: duckdb.DuckDBPyConnection, period: Period) -> list[Service]:
    """Every service that the register has in force at some instant of the period, by code.

    Args:
        con: Connection to a published copy.
        period: Half-open range.
    """
    rows = con.execute(
        "select dsa_service, name, kind from marts.dim_services "
        "where (valid_from is null or valid_from < $end) and (valid_to is null or valid_to > $start) "
        "order by dsa_service, valid_from nulls first, _batch_id, _file_id, _line_no",
        {"start": period.start, "end": period.end},
    ).fetchall()
    found: dict[str, list[tuple[str | None, str | None]]] = {}
    for code, name, kind in rows:
        found.setdefault(str(code), []).append((name, kind))
    return [_service(code, spans) for code, spans in found.items()]


def _service(code: str, spans: list[tuple[str | None, str | None]]) -> Service:
    name, kind = spans[-1]
    kinds = tuple(dict.fromkeys(str(kind) for _, kind in spans))
    is_known = kind in KINDS
    return Service(code, name or code, kind if kind and is_known else "online_platform", kinds, is_known)


def in_scope(services: list[Service], period: Period) -> list[Service]:
    """Those that report on the period: very large ones by half-year, others by year; any other range is about all."""
    kind = filing_period(period)
    if kind in {"none", "transitional"}:
        return services
    return [service for service in services if service.is_very_large == (kind == "half-year")]
