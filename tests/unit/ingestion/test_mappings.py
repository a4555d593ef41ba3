"""Mappings are validated when loaded, guess nothing, and preview what a file would give."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assets.ingestion.mapping_files import parse_path, read_mapping
from assets.ingestion.mapping_language import Mapping, MappingError
from assets.ingestion.mapping_rows import Refusal, apply
from assets.ingestion.mappings import check, load_mappings, mapping_for
from assets.ingestion.readers import open_lines
from assets.ingestion.source_line import SourceRejectedError
from orchestration.core.home import Home

EXAMPLES = Path(__file__).resolve().parents[3] / "docs" / "mappings"


def _notices(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "notice_id": {"column": "Id"},
        "received_at": {"column": "Day", "parse": "%d.%m.%Y", "zone": "UTC"},
        "kind": {"column": "Kind", "normalise": ["strip", "lower"], "map": {"take down": "takedown"}},
        "channel": {"constant": "email"},
        "sender_id": {"constant": "unknown"},
        "target_count": {"column": ["Targets", "Number of targets"], "default": 1},
    }
    fields.update(changes)
    document = {"feed": "copyright_notices", "match": "*.csv", "format": {"kind": "csv"}, "fields": fields}
    return {**document, "fields": {name: entry for name, entry in fields.items() if entry is not None}}


def _written(folder: Path, document: object, name: str = "notices.yml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
    return path


def _mapping(folder: Path, **changes: Any) -> Mapping:
    return read_mapping(_written(folder, _notices(**changes)))


ROW = {"Id": "n1", "Day": "07.03.2024", "Kind": " Take Down ", "Targets": "3"}


def test_row_becomes_the_feeds_fields(tmp_path: Path) -> None:
    assert apply(_mapping(tmp_path), dict(ROW)) == {
        "notice_id": "n1",
        "received_at": "2024-03-07T00:00:00+00:00",
        "kind": "takedown",
        "channel": "email",
        "sender_id": "unknown",
        "target_count": 3,
    }


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yml")), ids=lambda path: path.name)
def test_shipped_example_is_valid(path: Path) -> None:
    assert read_mapping(path).rules


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ("feed: [", "(whole file)"),
        ("- just a list", "(whole file)"),
        ("feed: copyright_notices\nfeed: accounts", "(whole file)"),
        ({**_notices(), "feed": "nonsense"}, "feed"),
        ({**_notices(), "match": 7}, "match"),
        ({**_notices(), "sheets": 1}, "sheets"),
        ({**_notices(), "format": {"kind": "ods"}}, "format.kind"),
        ({**_notices(), "format": {"kind": "csv", "encoding": "utf-99"}}, "format.encoding"),
        ({**_notices(), "format": {"kind": "csv", "newline": "nl"}}, "format.newline"),
        ({**_notices(), "format": {"kind": "csv", "header_row": 0}}, "format.header_row"),
        ({**_notices(), "format": {"kind": "json", "rows": "$.a"}}, "format.rows"),
        (_notices(notise_id={"column": "x"}), "fields.notise_id"),
        (_notices(kind=None), "fields.kind"),
        (_notices(notice_id={}), "fields.notice_id"),
        (_notices(notice_id={"column": "a", "constant": "b"}), "fields.notice_id"),
        (_notices(notice_id={"colunm": "a"}), "fields.notice_id.colunm"),
        (_notices(notice_id={"path": "$.a"}), "fields.notice_id.path"),
        (_notices(notice_id={"template": "no column"}), "fields.notice_id.template"),
        (_notices(notice_id={"template": "{a} {"}), "fields.notice_id.template"),
        (_notices(notice_id={"column": "a", "normalise": ["shout"]}), "fields.notice_id.normalise"),
        (_notices(notice_id={"column": "a", "parse": "%Y"}), "fields.notice_id.parse"),
        (_notices(received_at={"column": "a", "parse": "%Y"}), "fields.received_at.zone"),
        (_notices(received_at={"column": "a", "zone": "UTC"}), "fields.received_at.zone"),
        (_notices(received_at={"column": "a", "parse": "%Y", "zone": "Nowhere/Land"}), "fields.received_at.zone"),
        (_notices(channel={"constant": "pigeon"}), "fields.channel"),
        (_notices(kind={"column": "a", "map": {"x": "takedwn"}}), "fields.kind"),
        (_notices(kind={"column": "a", "map": []}), "fields.kind.map"),
    ],
)
def test_mistake_is_told_with_file_and_key(tmp_path: Path, document: object, key: str) -> None:
    with pytest.raises(MappingError) as caught:
        read_mapping(_written(tmp_path, document))
    assert (caught.value.file, caught.value.key) == ("notices.yml", key)
    assert str(caught.value).startswith(f"notices.yml: {key}: ")


@pytest.mark.parametrize(
    ("changes", "row", "reason", "field"),
    [
        ({}, {"Kind": "stray"}, "mapping_no_match", "kind"),
        ({}, {"Day": "7-.03.2024"}, "mapping_parse", "received_at"),
        ({}, {"Day": "31.02.2024"}, "mapping_parse", "received_at"),
        (
            {"received_at": {"column": "Day", "parse": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"}},
            {"Day": "27.10.2024 02:30"},
            "mapping_ambiguous_time",
            "received_at",
        ),
        (
            {"received_at": {"column": "Day", "parse": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"}},
            {"Day": "31.03.2024 02:30"},
            "mapping_ambiguous_time",
            "received_at",
        ),
    ],
)
def test_value_that_does_not_fit_is_refused_with_its_column_and_without_itself(
    tmp_path: Path, changes: dict[str, Any], row: dict[str, str], reason: str, field: str
) -> None:
    result = apply(_mapping(tmp_path, **changes), {**ROW, **row})
    assert isinstance(result, Refusal)
    assert (result.reason, result.field) == (reason, field)
    assert result.source.startswith("column ")
    assert next(iter(row.values())) not in result.detail


@pytest.mark.parametrize(
    ("entry", "row", "value"),
    [
        ({"column": "A"}, {"A": "x"}, "x"),
        ({"column": ["A", "B"]}, {"A": "", "B": "y"}, "y"),
        ({"column": "A"}, {"A": "  "}, None),
        ({"column": "A", "default": "d"}, {"A": ""}, "d"),
        ({"column": "A", "missing": ["-", "n/a"], "default": "d"}, {"A": " n/a "}, "d"),
        ({"column": "A", "map": {"": "none", "x": "y"}}, {"A": ""}, "none"),
        ({"column": "A", "map": {"x": "y"}, "default": "d"}, {"A": "q"}, "d"),
        ({"column": "A", "map": {1: "one", "1.0": "float"}}, {"A": "1"}, "one"),
        ({"column": "A", "map": {True: "yes"}}, {"A": True}, "yes"),
        ({"column": "A", "normalise": ["collapse", "upper"]}, {"A": " a  b "}, "A B"),
        ({"template": "{A}-{B}"}, {"A": "1", "B": "{A}"}, "1-{A}"),
        ({"template": "{A}-{B}"}, {"A": "", "B": None}, None),
        ({"template": "row {line}"}, {}, "row 9"),
        ({"column": "A", "default_template": "row-{line}"}, {"A": ""}, "row-9"),
        ({"constant": None}, {}, None),
    ],
)
def test_text_field_is_taken_as_the_rule_says(
    tmp_path: Path, entry: dict[str, Any], row: dict[str, Any], value: object
) -> None:
    result = apply(_mapping(tmp_path, rightsholder=entry), {**ROW, **row}, 9)
    assert isinstance(result, dict)
    assert result["rightsholder"] == value


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), ("", 1), ("-2", -2), ("3.0", "3.0"), ("three", "three"), (4, 4), (4.0, 4)]
)
def test_number_is_typed_only_where_it_plainly_is_one(tmp_path: Path, text: object, value: object) -> None:
    result = apply(_mapping(tmp_path), {**ROW, "Targets": text})
    assert isinstance(result, dict)
    assert result["target_count"] == value
    assert type(result["target_count"]) is type(value)


def test_typed_cells_are_taken_as_the_days_and_times_they_are(tmp_path: Path) -> None:
    berlin = _mapping(tmp_path, received_at={"column": "Day", "parse": "%d.%m.%Y", "zone": "Europe/Berlin"})
    for cell, wanted in (
        (dt.datetime(2024, 7, 1, 12, 30), "2024-07-01T12:30:00+02:00"),  # noqa: DTZ001  a spreadsheet's cell
        (dt.date(2024, 1, 5), "2024-01-05T00:00:00+01:00"),
        (dt.datetime(2024, 7, 1, 12, tzinfo=dt.UTC), "2024-07-01T12:00:00+00:00"),
    ):
        result = apply(berlin, {**ROW, "Day": cell})
        assert isinstance(result, dict)
        assert result["received_at"] == wanted


@given(moment=st.datetimes(min_value=dt.datetime(1990, 1, 1), max_value=dt.datetime(2040, 1, 1)))  # noqa: DTZ001
def test_parsed_time_is_the_same_instant(tmp_path_factory: pytest.TempPathFactory, moment: dt.datetime) -> None:
    folder = tmp_path_factory.mktemp("mapping")
    mapping = _mapping(folder, received_at={"column": "Day", "parse": "%d/%m/%Y %H:%M:%S", "zone": "America/New_York"})
    result = apply(mapping, {**ROW, "Day": f"{moment:%d/%m/}{moment.year:04}{moment: %H:%M:%S}"})
    if isinstance(result, Refusal):
        assert result.reason == "mapping_ambiguous_time"
        return
    parsed = dt.datetime.fromisoformat(result["received_at"])
    assert parsed.replace(tzinfo=None) == moment.replace(microsecond=0)
    assert parsed.utcoffset() in (dt.timedelta(hours=-4), dt.timedelta(hours=-5))


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("$.a", ("a",)),
        ("$.a.b-c", ("a", "b-c")),
        ("$['x.y'].z", ("x.y", "z")),
        ("$.a[0].b", ("a", 0, "b")),
        ("$[*]", (None,)),
        ("$.a[*].b", ("a", None, "b")),
    ],
)
def test_path_is_read_into_steps(path: str, steps: tuple[object, ...]) -> None:
    assert parse_path("f", "k", path) == steps


@pytest.mark.parametrize("path", ["", "$", "a.b", "$..a", "$.a[?(@.b)]", "$.a[-1]", "$.a.", "$.a[1:2]"])
def test_path_that_is_more_than_the_subset_is_refused(path: str) -> None:
    with pytest.raises(MappingError):
        parse_path("f", "k", path)


def test_json_values_are_found_by_path(tmp_path: Path) -> None:
    document = {
        "feed": "mcp_servers",
        "match": "*.json",
        "format": {"kind": "json", "rows": "$.servers[*]"},
        "fields": {
            "server_name": {"path": ["$.id", "$.slug"]},
            "aliases": {"path": "$.name", "list": True},
            "repository_url": {"path": "$.links[1].url"},
            "publisher": {"path": "$['org.name'].en"},
            "status": {"path": "$.tags[*].name", "map": {"a": "A", "b": "B"}},
        },
    }
    mapping = read_mapping(_written(tmp_path, document))
    row = {
        "id": "",
        "slug": "s",
        "name": "",
        "links": [{"url": "u"}, {"url": "v"}],
        "org.name": {"en": "Example"},
        "tags": [{"name": "a"}, {}, {"name": "b"}],
    }
    assert apply(mapping, row) == {
        "server_name": "s",
        "aliases": None,
        "repository_url": "v",
        "publisher": "Example",
        "status": ["A", "B"],
    }


def test_yes_and_days_in_a_mapping_are_the_text_they_are(tmp_path: Path) -> None:
    text = yaml.safe_dump(_notices()).replace("take down: takedown", "yes: takedown\n      2024-01-01: retraction")
    mapping = read_mapping(_written(tmp_path, text))
    for spelled, kind in (("YES", "takedown"), ("2024-01-01", "retraction")):
        result = apply(mapping, {**ROW, "Kind": spelled})
        assert isinstance(result, dict)
        assert result["kind"] == kind


def test_keys_of_a_value_map_stay_as_they_are_spelled(tmp_path: Path) -> None:
    text = yaml.safe_dump(_notices()).replace(
        "take down: takedown", "1: takedown\n      true: retraction\n      ~: reversal"
    )
    mapping = read_mapping(_written(tmp_path, text))
    for cell, kind in (("1", "takedown"), (1, "takedown"), (True, "retraction"), ("", "reversal")):
        result = apply(mapping, {**ROW, "Kind": cell})
        assert isinstance(result, dict)
        assert result["kind"] == kind


def test_first_mapping_that_fits_the_name_is_used(home: Home) -> None:
    _written(home.mappings, {**_notices(), "match": "2024-*.csv"}, "a.yml")
    _written(home.mappings, {**_notices(), "match": ["*.csv", "*.txt"]}, "b.yml")
    mappings = load_mappings(home)
    names = {
        name: found.name if (found := mapping_for(mappings, "copyright_notices", name)) else None
        for name in ("2024-x.csv", "2025-x.csv", "x.txt", "x.jsonl")
    }
    assert names == {"2024-x.csv": "a.yml", "2025-x.csv": "b.yml", "x.txt": "b.yml", "x.jsonl": None}
    assert mapping_for(mappings, "appeals", "2024-x.csv") is None


def test_broken_mapping_refuses_its_own_files_and_no_others(home: Home) -> None:
    _written(home.mappings, {**_notices(kind=None), "match": "broken-*.csv"}, "a.yml")
    _written(home.mappings, "feed: [", "b.yml")
    _written(home.mappings, _notices(), "c.yml")
    mappings = load_mappings(home)
    assert [(mapping.name, mapping.error is None) for mapping in mappings] == [("a.yml", False), ("c.yml", True)]
    with pytest.raises(SourceRejectedError, match=r"a\.yml: fields\.kind"):
        open_lines(
            home.root / "x", "copyright_notices", mapping_for(mappings, "copyright_notices", "broken-1.csv"), "x"
        )


def test_check_previews_a_file_and_keeps_nothing(home: Home) -> None:
    _written(home.mappings, _notices())
    file = home.landing / "copyright_notices" / "2024-05-01" / "notices.csv"
    file.parent.mkdir(parents=True)
    file.write_text(
        "Id,Day,Kind,Targets\nn1,01.02.2024,take down,2\n\nn2,x,take down,\nn3,02.02.2024,take down,many\nn1,03.02.2024,Take Down,\n"
    )
    before = sorted(home.root.rglob("*"))
    result = check(home, file)
    assert sorted(home.root.rglob("*")) == before
    assert (result.feed, result.mapping, result.error) == ("copyright_notices", "notices.yml", None)
    assert (result.lines, result.would_load, result.quarantined, result.blank, result.repeated_keys) == (5, 2, 2, 1, 1)
    assert result.reasons == {"mapping_parse": 1, "wrong_type": 1}
    assert [(problem.line_no, problem.json_path) for problem in result.problems] == [
        (4, "$.received_at"),
        (5, "$.target_count"),
    ]
    assert result.first_rows[0]["notice_id"] == "n1"


def test_check_names_the_missing_column_and_those_there_are(home: Home) -> None:
    _written(home.mappings, _notices())
    file = home.landing / "copyright_notices" / "2024-05-01" / "notices.csv"
    file.parent.mkdir(parents=True)
    file.write_text("Id,Date,Kind,Targets\nn1,01.02.2024,take down,2\n")
    error = check(home, file).error or ""
    assert error == (
        "mapping_column_missing: notices.yml: received_at wants column 'Day'; the file has: Id, Date, Kind, Targets"
    )


def test_check_of_a_file_that_no_mapping_claims_says_so(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "stray.csv"
    file.write_text("a\n1\n")
    result = check(home, file)
    assert result.feed is None
    assert "no mapping matches" in (result.error or "")
