"""JSON elements, STIX objects and evaluation samples carry their numbers; test prompts never come along."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from assets.ingestion.contracts import FEEDS
from assets.ingestion.exact import Row, judge
from assets.ingestion.mapping_language import Format, Mapping, Rule
from assets.ingestion.readers import open_lines
from assets.ingestion.source_line import Blank, SourceLine, SourceRejectedError

TLP_WHITE = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
TLP_RED_2 = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
OWN_MARKING = "marking-definition--11111111-1111-4111-8111-111111111111"


def _lines(path: Path, content: bytes, feed: str, name: str, mapping: Mapping | None = None) -> list[SourceLine]:
    path.write_bytes(content)
    lines = list(open_lines(path, feed, mapping, name))
    assert not any(isinstance(line, Blank) for line in lines)
    return [line for line in lines if isinstance(line, SourceLine)]


def _short(lines: list[SourceLine]) -> list[tuple[int, object]]:
    return [(line.line_no, line.reason or line.value) for line in lines]


def _servers(*rows: str | None) -> Mapping:
    layout = Format("json", rows=rows)
    return Mapping("m.yml", "", "mcp_servers", ("*",), layout, (Rule("server_name", "str", paths=(("id",),)),))


@pytest.mark.parametrize(
    ("document", "rows"),
    [
        ([{"id": "a"}, {"id": "b"}], (None,)),
        ({"x": 1, "servers": [{"id": "a"}, {"id": "b"}], "y": []}, ("servers", None)),
        ({"a": {"b": [{"id": "a"}, {"id": "b"}]}}, ("a", "b", None)),
        ({"pages": [{"rows": [{"id": "a"}]}, {"rows": []}, {"rows": [{"id": "b"}]}]}, ("pages", None, "rows", None)),
    ],
)
def test_elements_of_the_named_array_are_numbered(
    tmp_path: Path, document: object, rows: tuple[str | None, ...]
) -> None:
    for bom in (b"", b"\xef\xbb\xbf"):
        lines = _lines(tmp_path / "f", bom + json.dumps(document).encode(), "mcp_servers", "f.json", _servers(*rows))
        assert _short(lines) == [(1, {"server_name": "a"}), (2, {"server_name": "b"})]


def test_own_fields_in_a_json_array_are_read_as_they_are(tmp_path: Path) -> None:
    lines = _lines(
        tmp_path / "f",
        b'[{"model": "m", "is_alias": false, "released_at": null, "odd": 1.5}]',
        "model_releases",
        "f.json",
    )
    assert _short(lines) == [(1, {"model": "m", "is_alias": False, "released_at": None, "odd": 1.5})]


def test_bad_element_costs_only_itself(tmp_path: Path) -> None:
    deep = '{"id": ' + "[" * 5000 + "]" * 5000 + "}"
    content = f'[{{"id": "a"}}, 3, {{"id": "b", "id": "c"}}, {deep}, {{"id": "d"}}]'
    lines = _lines(tmp_path / "f", content.encode(), "mcp_servers", "f.json", _servers(None))
    assert [(number, what if isinstance(what, str) else "read") for number, what in _short(lines)] == [
        (1, "read"), (2, "not_an_object"), (3, "duplicate_key"), (4, "too_deep"), (5, "read")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'[{"id": "a"}, {"id"', "truncated_file"),
        (b"", "truncated_file"),
        (b"nonsense", "not_json"),
        (b'[{"id": "a"}] and more', "not_json"),
        (b'[{"id": "\xff"}]', "bad_encoding"),
        (b'{"other": []}', "rows_missing"),
        (b'{"servers": {}}', "rows_missing"),
    ],
)
def test_document_that_cannot_be_read_is_rejected_whole(tmp_path: Path, content: bytes, reason: str) -> None:
    rows = ("servers", None) if content.startswith(b"{") else (None,)
    with pytest.raises(SourceRejectedError) as caught:
        _lines(tmp_path / "f", content, "mcp_servers", "f.json", _servers(*rows))
    assert caught.value.reason == reason


def test_empty_array_has_no_rows(tmp_path: Path) -> None:
    assert _lines(tmp_path / "f", b'{"servers": []}', "mcp_servers", "f.json", _servers("servers", None)) == []


def _indicator(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--00000000-0000-4000-8000-{number:012}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-02T00:00:00.000Z",
        "pattern": "[domain-name:value = 'c2.example']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
        **changes,
    }


def _bundle(*objects: object) -> bytes:
    return json.dumps(
        {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000000", "objects": list(objects)}
    ).encode()


def test_stix_objects_are_numbered_and_fit_the_contract(tmp_path: Path) -> None:
    relationship = {
        "type": "relationship", "spec_version": "2.1", "id": "relationship--00000000-0000-4000-8000-000000000001",
        "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "relationship_type": "indicates",
        "source_ref": _indicator(1)["id"], "target_ref": "malware--00000000-0000-4000-8000-000000000001",
    }  # fmt: skip
    content = _bundle(
        _indicator(1, revoked=True, confidence=70, labels=["x"], description="A long tale. " * 50, x_example_score=3),
        relationship,
        {
            "type": "x-example-thing",
            "id": "x-example-thing--00000000-0000-4000-8000-000000000001",
            "spec_version": "2.1",
        },
        {
            "type": "ipv4-addr",
            "spec_version": "2.1",
            "id": "ipv4-addr--00000000-0000-4000-8000-000000000001",
            "value": "192.0.2.1",
        },
    )
    lines = _lines(tmp_path / "f", content, "threat_intel", "f.json")
    assert [line.line_no for line in lines] == [1, 2, 3, 4]
    values = [line.value or {} for line in lines]
    assert [value.get("type") for value in values] == ["indicator", "relationship", "x-example-thing", "ipv4-addr"]
    assert (values[0]["revoked"], values[0]["confidence"], values[0]["tlp"]) == (True, 70, None)
    assert values[1]["target_ref"] == "malware--00000000-0000-4000-8000-000000000001"
    assert "description" not in values[0]
    for value in values:
        row = judge(FEEDS["threat_intel"], value)
        assert isinstance(row, Row), row
        assert row.extra == {}


def test_invalid_stix_object_is_refused_alone_without_its_values(tmp_path: Path) -> None:
    lines = _lines(
        tmp_path / "f",
        _bundle(
            _indicator(1, pattern="[secret-nonsense"),
            _indicator(2),
            {"type": "indicator", "id": "indicator--x"},
            _indicator(3, id="malware--00000000-0000-4000-8000-000000000003"),
            "text",
        ),
        "threat_intel",
        "f.json",
    )
    assert [line.reason for line in lines] == ["invalid_stix", None, "invalid_stix", "invalid_stix", "not_an_object"]
    assert lines[0].json_path == "$.pattern"
    assert "secret" not in (lines[0].detail or "")


def test_strictest_marking_counts(tmp_path: Path) -> None:
    own = {
        "type": "marking-definition", "spec_version": "2.1", "id": OWN_MARKING, "created": "2026-01-01T00:00:00.000Z",
        "name": "TLP:AMBER+STRICT",
        "extensions": {
            "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
                "extension_type": "property-extension", "tlp_2_0": "amber+strict",
            }
        },
    }  # fmt: skip
    content = _bundle(
        _indicator(1, object_marking_refs=[TLP_WHITE]),
        _indicator(2, object_marking_refs=[TLP_WHITE, TLP_RED_2]),
        _indicator(3, object_marking_refs=[OWN_MARKING]),
        own,
    )
    lines = _lines(tmp_path / "f", content, "threat_intel", "f.json")
    assert [line.reason for line in lines] == [None] * 4
    assert [(line.value or {})["tlp"] for line in lines[:3]] == ["clear", "red", "amber+strict"]


def test_json_that_is_no_bundle_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(SourceRejectedError, match="rows_missing"):
        _lines(tmp_path / "f", b'{"type": "indicator"}', "threat_intel", "f.json")


HIDDEN = "the hidden test prompt"


def _log(folder: Path, ending: str) -> Path:
    from inspect_ai.log import EvalLog, EvalSample, EvalSpec, write_eval_log
    from inspect_ai.log._log import EvalConfig, EvalDataset
    from inspect_ai.model import ModelOutput, ModelUsage
    from inspect_ai.scorer import Score

    def sample(number: int, epoch: int, **scores: Any) -> EvalSample:
        return EvalSample(
            id=f"s{number}",
            epoch=epoch,
            input=HIDDEN,
            target=HIDDEN,
            messages=[],
            output=ModelOutput.from_content("m", HIDDEN),
            metadata={"note": HIDDEN, "policy_code": "cyber"} if number == 2 else {"note": HIDDEN},
            scores={name: Score(value=value, answer=HIDDEN, explanation=HIDDEN) for name, value in scores.items()},
            model_usage={"m": ModelUsage(input_tokens=10 * number, output_tokens=3)},
        )

    log = EvalLog(
        status="success",
        eval=EvalSpec(
            eval_id="e1",
            run_id="r1",
            created="2026-03-01T10:00:00+01:00",
            task="refusal",
            task_version=2,
            dataset=EvalDataset(name="d", samples=2, sample_ids=["s1", "s2"]),
            model="example/aria-3",
            config=EvalConfig(epochs=1),
            metadata={"phase": "pre_launch", "policy_code": "distillation"},
        ),
        samples=[
            sample(1, 1, match="C", rubric={"a": 0.5, "b": HIDDEN}),
            sample(2, 1, match="I", words=HIDDEN),
            sample(3, 1, ratio=0.25),
        ],
    )
    path = folder / f"log{ending}"
    write_eval_log(log, str(path))
    return path


@pytest.mark.parametrize("ending", [".eval", ".json"])
def test_evaluation_samples_bring_scores_and_never_a_prompt(tmp_path: Path, ending: str) -> None:
    content = _log(tmp_path, ending).read_bytes()
    with ThreadPoolExecutor(1) as pool:  # ingestion reads in threads
        lines = pool.submit(_lines, tmp_path / "vaulted", content, "evaluations", f"x{ending}").result()
    assert [line.line_no for line in lines] == [1, 2, 3]
    values = [line.value or {} for line in lines]
    assert HIDDEN not in repr(lines)
    assert values[0] == {
        "eval_id": "e1", "run_id": "r1", "task": "refusal", "task_version": "2", "model": "example/aria-3",
        "created_at": values[0]["created_at"], "status": "success", "policy_code": "distillation", "phase": "pre_launch",
        "sample_id": "s1", "epoch": 1, "score_name": "match", "score": 1.0, "scores": {"match": 1.0, "rubric/a": 0.5},
        "input_tokens": 10, "output_tokens": 3, "error": False,
    }  # fmt: skip
    assert [(value["sample_id"], value["score"], value["policy_code"]) for value in values] == [
        ("s1", 1.0, "distillation"), ("s2", 0.0, "cyber"), ("s3", 0.25, "distillation")
    ]  # fmt: skip
    for value in values:
        row = judge(FEEDS["evaluations"], value)
        assert isinstance(row, Row), row
        assert row.values["created_at"].isoformat() == "2026-03-01T09:00:00+00:00"
        assert row.extra == {}


@pytest.mark.parametrize("ending", [".eval", ".json"])
def test_damaged_evaluation_log_is_rejected_whole(tmp_path: Path, ending: str) -> None:
    content = _log(tmp_path, ending).read_bytes()
    for broken in (b"", b"nonsense", content[: len(content) // 2]):
        with pytest.raises(SourceRejectedError, match="unreadable_file"):
            _lines(tmp_path / "vaulted", broken, "evaluations", f"x{ending}")
