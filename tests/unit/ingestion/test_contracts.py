"""The contract as data agrees with the page that the feeds' owners read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assets.ingestion.contracts import FEEDS, Feed, lake_columns

# The page says these in prose, not in the list of a feed's fields.
_IN_PROSE = {"updated_at"}
_WITHOUT_FIELD_LIST = {"evaluations", "threat_intel"}


@pytest.fixture(scope="module")
def page(conformance: Path) -> str:
    found = conformance.parent / "design" / "feeds.md"
    if not found.exists():
        pytest.skip(f"the page of the input contract is absent: {found.name} beside the real data")
    return found.read_text()


def _marked_fields(text: str) -> dict[str, tuple[str, list[str]]]:
    """Name to (R or O, values in backticks), from prose such as ``status R `open` `closed`, closed_at O``."""
    found: dict[str, tuple[str, list[str]]] = {}
    clean = re.sub(r"\([^()]*(?:\([^()]*\)[^()]*)*\)", " ", text)
    clean = re.sub(r"\[\{.*?\}\]", "[object]", clean)
    for names, mark, rest in re.findall(r"((?:[a-z_0-9]+, )*[a-z_0-9]+) ([RO])\b([^,.]*)", clean.replace("\n", " ")):
        for name in names.split(", "):
            found[name] = (mark, re.findall(r"`([a-z_0-9A-Z]+)`", rest))
    return found


def _sections(page: str) -> dict[str, str]:
    found: dict[str, str] = {}
    body = page.split("## Feeds")[1].split("## Registers", maxsplit=1)[0]
    for section in body.split("### ")[1:]:
        heading, _, text = section.partition("\n")
        names = re.findall(r"([a-z_]+) \((?:event|record)", heading)
        if len(names) == 1:
            found[names[0]] = text
        else:
            for name, line in zip(names, [part for part in text.strip().split("\n") if part], strict=False):
                found[name] = line
    return found


def _agree(feed: Feed, written: dict[str, tuple[str, list[str]]]) -> None:
    ours = {field.name: field for field in feed.fields}
    assert set(ours) - _IN_PROSE == set(written) - _IN_PROSE, feed.name
    for name, (mark, values) in written.items():
        assert ours[name].required == (mark == "R"), f"{feed.name}.{name}"
        if values and name not in {"surface", "model"}:
            assert set(ours[name].values or ()) == set(values), f"{feed.name}.{name}"


def test_model_requests_agree_with_the_page_field_by_field(page: str) -> None:
    table = _sections(page)["model_requests"]
    written = {}
    for names, mark, kind in re.findall(r"^\| ([a-z_, ]+) \| ([RO]) \| ([^|]+) \|", table, flags=re.MULTILINE):
        for name in names.split(", "):
            written[name] = (mark, re.findall(r"`([a-z_]+)`", kind))
    assert len(written) == 29
    _agree(FEEDS["model_requests"], written)


def test_every_feed_agrees_with_the_page_field_by_field(page: str) -> None:
    sections = _sections(page)
    listed = {name for name, feed in FEEDS.items() if feed.kind != "register"}
    assert listed - _WITHOUT_FIELD_LIST - {"model_requests"} <= set(sections)
    for name in sorted(listed - _WITHOUT_FIELD_LIST - {"model_requests"}):
        text = sections[name]
        if name == "reviews":  # a value of source_kind stands on the next line, after a comma-free break
            text = text.replace("`golden`\n`second_review`", "`golden` `second_review`")
        _agree(FEEDS[name], _marked_fields(text))


def test_every_feed_has_the_kind_that_the_page_gives(page: str) -> None:
    body = page.split("## Feeds")[1].split("## Registers", maxsplit=1)[0]
    kinds = dict(re.findall(r"([a-z_]+) \((event|record)", body))
    assert {name: feed.kind for name, feed in FEEDS.items() if feed.kind != "register"} == kinds


def test_every_register_agrees_with_the_page(page: str) -> None:
    body = page.split("| register | fields |")[1].split("\n\n", maxsplit=1)[0]
    rows = re.findall(r"^\| ([a-z_]+) \| (.+) \|$", body, flags=re.MULTILINE)
    written = {name: re.sub(r"\([^()]*\)", "", fields) for name, fields in rows}
    ours = {name: feed for name, feed in FEEDS.items() if feed.kind == "register"}
    assert set(ours) == set(written)
    for name, fields in written.items():
        names = [field.strip() for field in fields.split(",")]
        assert [field.name for field in ours[name].fields if field.name not in _IN_PROSE] == names, name


def test_register_keys_agree_with_the_page(page: str) -> None:
    sentence = page.split("The key is the first field, but for: ")[1].split(" A missing key part", maxsplit=1)[0]
    composite = {
        name: tuple(part.strip() for part in parts.replace("\n", " ").split(","))
        for names, parts in re.findall(r"([a-z_]+(?: and [a-z_]+)?) \(([^)]*)\)", sentence)
        for name in names.split(" and ")
    }
    for name, feed in FEEDS.items():
        if feed.kind == "register":
            assert feed.key == composite.get(name, (feed.fields[0].name,)), name


def test_every_record_can_say_when_it_was_updated() -> None:
    for feed in FEEDS.values():
        assert (feed.updated_at is None) == (feed.kind == "event"), feed.name
        if feed.updated_at:
            assert feed.field(feed.updated_at).type == "time", feed.name


def test_keys_and_clocks_are_fields_of_their_feed() -> None:
    for feed in FEEDS.values():
        names = {field.name for field in feed.fields}
        assert set(feed.key) <= names, feed.name
        assert feed.event_time is None or feed.event_time in names, feed.name
        assert all({rule.field, rule.when} <= names for rule in feed.rules), feed.name


def test_no_contract_field_hides_behind_another_by_case() -> None:
    for feed in FEEDS.values():
        names = [name.lower() for name in lake_columns(feed)]
        assert len(names) == len(set(names)), feed.name
