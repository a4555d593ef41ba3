"""Great Expectations on what has just come in and what has just been built: the only importer of that library.

Suites as data stand in expectations.py; turning them into expectations, running them in SQL on DuckDB and reading the results belong
here. The library's import costs CPU-seconds: it happens inside `run_suites`, and only when there is something to check.
"""

import importlib
import importlib.util
import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from quality_checks.expectations import FEEDS, MARTS, FeedExpectation, MartExpectation
from quality_checks.ledger import CheckResult, failed, passed

CHECK = "expectations_hold"
_AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True, "pool_reset_on_return": None}
_UNUSED = ("altair", "scipy.stats")
"""Great Expectations imports these at the top of modules that we never call: a third of its import time."""


@dataclass(frozen=True)
class Suite:
    """Expectations over one relation, for which one or several assets answer.

    Attributes:
        name: Name of the check that it becomes.
        assets: Keys of the assets that answer, joined by `/`.
        query: SQL of the relation, in the database that is checked.
        expectations: (name of the expectation class, its arguments).
        labels: Columns that tell an offending row; when the first is `feed`, that feed's asset answers for the row.
    """

    name: str
    assets: tuple[str, ...]
    query: str
    expectations: tuple[tuple[str, dict[str, Any]], ...]
    labels: tuple[str, ...] = ()


def raw_suites(loaded: Mapping[str, int], built_through: int, watermark: int) -> list[Suite]:
    """Suites over the new rows of touched feeds: one suite a question, over all feeds, because a suite costs more than a scan.

    Args:
        loaded: Feed -> lines that the ledger says the new batches loaded; feeds without expectations are passed over.
        built_through: Last batch that was checked before.
        watermark: Last batch to be checked.
    """
    feeds = [FEEDS[feed] for feed in sorted(loaded) if feed in FEEDS]
    fresh = f"where _batch_id > {built_through} and _batch_id <= {watermark}"
    suites = [
        _question(
            "rows_are_those_of_the_ledger",
            feeds,
            [
                f"select '{one.feed}' as feed, count(*) as in_table, {loaded[one.feed]} as in_ledger from raw.{one.feed} {fresh}"
                for one in feeds
            ],
            [("ExpectColumnPairValuesToBeEqual", {"column_A": "in_table", "column_B": "in_ledger"})],
            ("feed",),
        ),
        _question(
            "required_fields_are_filled",
            feeds,
            [_missing_sql(one, fresh) for one in feeds],
            [("ExpectColumnValuesToBeBetween", {"column": "rows_without", "min_value": 0, "max_value": 0})],
            ("feed", "field"),
        ),
        _question(
            "values_are_those_of_the_code_list",
            [one for one in feeds if one.values],
            [_values_sql(one.feed, field, fresh) for one in feeds for field, _ in one.values],
            [("ExpectColumnValuesToBeInSet", {"column": "coded", "value_set": _allowed(feeds)})],
            ("feed",),
        ),
        _question(
            "numbers_are_in_range",
            [one for one in feeds if one.ranges],
            [_range_sql(one.feed, *limits, fresh) for one in feeds for limits in one.ranges],
            [
                ("ExpectColumnPairValuesAToBeGreaterThanB", {"column_A": "least", "column_B": "low", "or_equal": True}),
                (
                    "ExpectColumnPairValuesAToBeGreaterThanB",
                    {"column_A": "high", "column_B": "greatest", "or_equal": True},
                ),
            ],
            ("feed", "field"),
        ),
    ]
    return [suite for suite in suites if suite.assets]


def _question(
    name: str,
    feeds: list[FeedExpectation],
    parts: list[str],
    expectations: list[tuple[str, dict[str, Any]]],
    labels: tuple[str, ...],
) -> Suite:
    assets = tuple(f"raw/{one.feed}" for one in feeds)
    return Suite(name, assets, " union all ".join(parts), tuple(expectations), labels)


def _missing_sql(expected: FeedExpectation, fresh: str) -> str:
    fields = (*expected.required, "_file_id", "_line_no")
    counts = ", ".join(f"count(*) - count({field})" for field in fields)
    names = ", ".join(f"'{field}'" for field in fields)
    return (
        f"select '{expected.feed}' as feed, unnest([{names}]) as field, unnest([{counts}]) as rows_without "
        f"from raw.{expected.feed} {fresh}"
    )


def _values_sql(feed: str, field: str, fresh: str) -> str:
    return f"select distinct '{feed}' as feed, '{feed}.{field}=' || {field} as coded from raw.{feed} {fresh}"


def _allowed(feeds: list[FeedExpectation]) -> list[str]:
    return [f"{one.feed}.{field}={value}" for one in feeds for field, values in one.values for value in values]


def _range_sql(feed: str, field: str, low: float | None, high: float | None, fresh: str) -> str:
    bounds = f"coalesce({_number(low)}, min({field})) as low, coalesce({_number(high)}, max({field})) as high"
    return (
        f"select '{feed}' as feed, '{field}' as field, min({field})::double as least, max({field})::double as greatest, {bounds} "
        f"from raw.{feed} {fresh} having count({field}) > 0"
    )


def _number(bound: float | None) -> str:
    return "null" if bound is None else f"{bound}::double"


def mart_suites(
    feeds: Iterable[str] | None, built_through: int, marts: Iterable[MartExpectation] = MARTS
) -> list[Suite]:
    """Suites over marts that hang on touched feeds, over the rows that the new batches brought.

    Args:
        feeds: Touched feeds; None means all marts.
        built_through: Last batch that was checked before.
        marts: What is expected of which.
    """
    touched = None if feeds is None else set(feeds)
    return [_mart_suite(one, built_through) for one in marts if touched is None or touched & set(one.feeds)]


def _mart_suite(expected: MartExpectation, built_through: int) -> Suite:
    limits: list[tuple[str, dict[str, Any]]] = [
        ("ExpectColumnValuesToNotBeNull", {"column": column}) for column in expected.never_null
    ]
    for column, low, high in expected.ranges:
        bounds = {"min_value": low, "max_value": high}
        limits.append(
            ("ExpectColumnValuesToBeBetween", {"column": column, **{k: v for k, v in bounds.items() if v is not None}})
        )
    for column, allowed in expected.values:
        limits.append(("ExpectColumnValuesToBeInSet", {"column": column, "value_set": list(allowed)}))
    for column, relation, other in expected.references:
        query = f"select {column} from {{batch}} where {column} is not null and {column} not in (select {other} from {relation})"
        limits.append(("UnexpectedRowsExpectation", {"unexpected_rows_query": query}))
    query = f"select * from {expected.relation} where _batch_id > {built_through}"
    return Suite(CHECK, (expected.relation.replace(".", "/"),), query, tuple(limits))


def run_suites(database: Path, suites: list[Suite]) -> list[CheckResult]:
    """Run suites against a DuckDB file, in SQL, without pulling rows.

    Args:
        database: The file; nothing else in this process may have it open, and it is closed again.
        suites: What to run; when empty nothing is imported.

    Returns:
        One result per suite and asset, severity error: which expectation does not hold, on which column, with what was seen.
    """
    if not suites:
        return []
    with _library() as library, _source(library, database) as source:
        return [
            result
            for number, suite in enumerate(suites)
            for result in _run(library, source, suite, f"{number}_{suite.name}")
        ]


@contextmanager
def _library() -> Iterator[ModuleType]:
    with _deferred(_UNUSED), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the library's own imports
        library = importlib.import_module("great_expectations")
        importlib.import_module("great_expectations.expectations")
    for chatty in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    yield library


@contextmanager
def _deferred(names: Iterable[str]) -> Iterator[None]:
    """Put a stand-in for each module not imported yet, which imports the real one when something is asked of it."""
    placed: list[ModuleType] = []
    for name in names:
        if name not in sys.modules:
            stand_in = ModuleType(name)
            stand_in.__spec__ = importlib.util.find_spec(name)
            stand_in.__dict__["__getattr__"] = _import_when_asked(name, stand_in)
            sys.modules[name] = stand_in
            placed.append(stand_in)
    try:
        yield
    finally:
        for stand_in in placed:  # whoever imports them later, in this process, gets the real ones
            if sys.modules.get(stand_in.__name__) is stand_in:
                del sys.modules[stand_in.__name__]


def _import_when_asked(name: str, stand_in: ModuleType) -> Callable[[str], object]:
    def resolve(attribute: str) -> object:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        return getattr(importlib.import_module(name), attribute)

    return resolve


@contextmanager
def _source(library: ModuleType, database: Path) -> Iterator[Any]:
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = library.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_sql(
        "build",
        connection_string=f"duckdb:///{database}",
        create_temp_table=False,
        kwargs={**_AUTOCOMMIT, "connect_args": {"read_only": True}},
    )
    try:
        yield source
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()


def _run(library: ModuleType, source: Any, suite: Suite, name: str) -> list[CheckResult]:  # noqa: ANN401 - the library's class
    began = time.perf_counter()
    kinds = library.expectations
    expectations = [getattr(kinds, kind)(**arguments) for kind, arguments in suite.expectations]
    batch = source.add_query_asset(name, query=suite.query).add_batch_definition_whole_table("all").get_batch()
    wanted: dict[str, Any] = {"result_format": "COMPLETE" if suite.labels else "BASIC"}
    if suite.labels:
        wanted["unexpected_index_column_names"] = list(suite.labels)
    outcome = batch.validate(library.ExpectationSuite(name=name, expectations=expectations), result_format=wanted)
    broken = [row for one in outcome.results if not one.success for row in _offenders(one.to_json_dict())]
    share = (time.perf_counter() - began) / len(suite.assets)
    return [_judge(suite, asset, broken, share) for asset in suite.assets]


def _judge(suite: Suite, asset: str, broken: list[dict[str, Any]], seconds: float) -> CheckResult:
    expected = " and ".join(dict.fromkeys(_sentence(kind, arguments) for kind, arguments in suite.expectations))
    feed = asset.rpartition("/")[2]
    mine = [{k: v for k, v in row.items() if k != "feed"} for row in broken if row.get("feed", feed) == feed]
    if not mine:
        return passed(suite.name, asset, "error", expected, seconds=seconds)
    return failed(
        suite.name,
        asset,
        "error",
        expected,
        offenders=mine,
        remedy="Find the rows by the file and line that they carry (`_file_id`, `_line_no`); mend the source or the model, then run again.",
        seconds=seconds,
    )


def _sentence(kind: str, arguments: Mapping[str, Any]) -> str:
    columns = " and ".join(str(arguments[name]) for name in ("column", "column_A", "column_B") if name in arguments)
    bounds = [f"{name} {arguments[name]}" for name in ("min_value", "max_value") if name in arguments]
    return " ".join([kind.removeprefix("Expect"), columns, *bounds]).strip()


def _offenders(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that break one expectation: labelled ones as they are, others summed up."""
    details = told["result"]
    if details.get("unexpected_index_list"):
        return [dict(row) for row in details["unexpected_index_list"]]
    arguments = told["expectation_config"]["kwargs"]
    problem = told.get("exception_info") or {}
    first = problem if "raised_exception" in problem else next(iter(problem.values()), {})
    seen = details.get("partial_unexpected_list") or details.get("observed_value")
    return [
        {
            "expectation": told["expectation_config"]["type"],
            "column": arguments.get("column", "-"),
            "rows": details.get("unexpected_count", "-"),
            "seen": first.get("exception_message") if first.get("raised_exception") else seen,
        }
    ]
