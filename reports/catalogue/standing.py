"""Standing: how each owed report stands: due, overdue, blocked and by what, or how far its bundle has come.

Joining the calendar with what lies under filings/ and with today's checks belongs here; periods and due days do not.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from orchestration.core.clock import utc_now
from orchestration.core.home import Home
from orchestration.core.publish import open_published
from reports.catalogue import CATALOGUE, Cadence, Entry
from reports.catalogue.calendar import Owed, Service, due_day, last_ended, last_periods, owed_periods
from reports.periods import parse_period
from reports.published import State, read_state, relations

DONE = frozenset({"filed", "corrected", "released"})


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A report for a period, and how it stands.

    Attributes:
        report_id: The report.
        title: Its name for people.
        period: The period; older days of a daily report are told together as a range.
        due_on: Last day on which it is in time.
        status: `prepared`, `checked`, `approved`, `filed` or `corrected` as far as it has come; `blocked` when something stops
            its filing; `overdue` when its day has passed, else `due`.
        owner: Team that answers for it.
        cadence: Of the report.
        stage: How far its newest bundle has come; empty when there is none.
        is_overdue: Whether its day has passed and it is not done, blocked or not.
        is_filed: Whether it goes through approval and filing; else a prepared bundle is the end of it.
        blocked_by: Names of what stops its filing: failing required checks, or the blockers of its newest bundle.
        filing: Id of its newest bundle; empty when there is none.
        days: Days that a range stands for and that are not done; 0 for a period by itself.
    """

    report_id: str
    title: str
    period: str
    due_on: date
    status: str
    owner: str
    cadence: Cadence
    stage: str = ""
    is_overdue: bool = False
    is_filed: bool = False
    blocked_by: tuple[str, ...] = ()
    filing: str = ""
    days: int = 0


def data_day(state: State) -> date:
    """The day on which a copy stands: of generated data the end of the last delivered one, else today (UTC)."""
    if state.is_synthetic and state.known_until:
        return state.known_until.date()
    return utc_now().date()


def due(home: Home) -> list[Due]:
    """Every report for every ended period that deliveries reach, by report, the newest first; none before a first publish."""
    if not home.published_current.exists():
        return []
    with open_published(home) as con:
        state = read_state(con, home)
        services = read_services(con)
        failing = _failing_checks(con)
    today = data_day(state)
    rows = []
    for entry in CATALOGUE.values():
        for owed in owed_periods(entry, state.known_since or today, today, services):
            row = _row(home, entry, owed, today, failing, is_synthetic=state.is_synthetic)
            if row is not None:
                rows.append(row)
    return rows


def touched_periods(home: Home) -> dict[str, list[str]]:
    """The last ended period of each kind that the deliveries touch, by report.

    Where none of a report's own kind has ended yet, the last month that they touch, so that a tour can show the report; it is no
    period to be filed.
    """
    with open_published(home) as con:
        state, services = read_state(con, home), read_services(con)
    if state.known_since is None or state.known_until is None:
        return {report_id: [] for report_id in CATALOGUE}
    first, today = state.known_since, state.known_until.date()

    def touched(names: Iterable[str]) -> list[str]:
        return [name for name in names if parse_period(name).end_day > first]

    return {
        entry.report_id: touched(last_periods(entry, today, services)) or touched([last_ended("month", today)])
        for entry in CATALOGUE.values()
    }


def read_services(con: duckdb.DuckDBPyConnection) -> list[Service]:
    """The register of services as published; empty when the copy holds none."""
    if "dim_services" not in relations(con, "marts"):
        return []
    rows = con.execute(
        "select dsa_service, kind, cast(valid_from as date), cast(valid_to as date) from marts.dim_services order by all"
    ).fetchall()
    return [Service(str(service), str(kind), start, end) for service, kind, start, end in rows]


def published_services(home: Home) -> list[Service]:
    """The register of services of a home's published copy; empty before a first publish."""
    if not home.published_current.exists():
        return []
    with open_published(home) as con:
        return read_services(con)


def newest_bundle(home: Home, report_id: str, period: str) -> Path | None:
    """Folder of the last version of a report for a period; None when there is none."""
    versions = [
        (int(path.parent.name[1:]), path.parent)
        for path in (home.filings / report_id / period).glob("v*/manifest.json")
        if path.parent.name[1:].isdigit()
    ]
    return max(versions)[1] if versions else None


def _row(
    home: Home, entry: Entry, owed: Owed, today: date, failing: frozenset[str], *, is_synthetic: bool
) -> Due | None:
    if owed.days:
        return _older_days(home, entry, owed, today, is_synthetic=is_synthetic)
    folder = newest_bundle(home, entry.report_id, owed.period)
    stage = _stage(home, folder) if folder else ""
    done = _is_done(entry, stage, is_synthetic=is_synthetic)
    late = owed.due_on < today and not done
    blocked = () if done or not entry.is_filed else _blockers(folder, entry, failing)
    status = stage if done else "blocked" if blocked else "overdue" if late else stage or "due"
    return Due(
        report_id=entry.report_id,
        title=entry.title,
        period=owed.period,
        due_on=owed.due_on,
        status=status,
        owner=entry.owner,
        cadence=entry.cadence,
        stage=stage,
        is_overdue=late,
        is_filed=entry.is_filed,
        blocked_by=blocked,
        filing=f"{entry.report_id}/{owed.period}/{folder.name}" if folder else "",
    )


def _is_done(entry: Entry, stage: str, *, is_synthetic: bool) -> bool:
    """Whether a stage is all that a report needs; a draft of generated data is as far as it can come."""
    return bool(stage) and (not entry.is_filed or is_synthetic or stage in DONE)


def _older_days(home: Home, entry: Entry, owed: Owed, today: date, *, is_synthetic: bool) -> Due | None:
    """One row for the older days of a daily report that are not done; None when every one is."""

    def is_done(day: date) -> bool:
        folder = newest_bundle(home, entry.report_id, day.isoformat())
        return folder is not None and _is_done(entry, _stage(home, folder), is_synthetic=is_synthetic)

    start = parse_period(owed.period).start.date()
    missing = [day for n in range(owed.days) if not is_done(day := start + timedelta(days=n))]
    if not missing:
        return None
    due_on = due_day(missing[0] + timedelta(days=1), entry.due)
    return Due(
        report_id=entry.report_id,
        title=entry.title,
        period=f"{missing[0]}..{missing[-1] + timedelta(days=1)}",
        due_on=due_on,
        status="overdue" if due_on < today else "due",
        owner=entry.owner,
        cadence=entry.cadence,
        is_overdue=due_on < today,
        is_filed=entry.is_filed,
        days=len(missing),
    )


def _stage(home: Home, folder: Path) -> str:
    """How far a bundle has come; a draft is `prepared`. A broken register says of none that it is filed."""
    from reports.filing.register import RegisterBroken
    from reports.filing.standing import DRAFT, status_of

    try:
        stage = status_of(home, folder)
    except RegisterBroken:
        return "prepared"
    return "prepared" if stage == DRAFT else stage


def _blockers(folder: Path | None, entry: Entry, failing: frozenset[str]) -> tuple[str, ...]:
    """What stops a filing: the blockers that its newest bundle found, else required checks that fail today."""
    try:
        told: Any = msgspec.json.decode((folder / "blockers.json").read_bytes()) if folder else None
    except (OSError, msgspec.DecodeError):
        told = None
    if told is None:
        return tuple(name for name in entry.required_checks if name in failing)
    rows = told["blockers"] if isinstance(told, dict) else told
    return tuple(dict.fromkeys(str(row["name"]) for row in rows if not row.get("waived")))


def _failing_checks(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Names of the checks whose last result on some asset is not passed."""
    if "check_results" not in relations(con, "ops"):
        return frozenset()
    rows = con.execute(
        "select check_name, passed from ops.check_results qualify row_number() over "
        "(partition by check_name, asset order by checked_at desc, run_id desc) = 1"
    ).fetchall()
    return frozenset(str(name) for name, passed in rows if not passed)
