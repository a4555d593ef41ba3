"""Made-up evaluation logs in the two forms that Inspect writes: one JSON document, and an `.eval` archive.

Belongs here: the documents, built as plain data so that writing them needs no evaluation library.
Does not belong here: reading logs; the tests read these with Inspect's own reader.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from assets.ingestion.sample.exporters import zip_bytes
from assets.ingestion.sample.world import HOUR, World, iso

_SAMPLES = 12


@dataclass(frozen=True)
class EvaluationLog:
    """One log file.

    Attributes:
        name: File name.
        data: Its bytes.
        samples: Number of sample results inside.
    """

    name: str
    data: bytes
    samples: int


def logs(world: World) -> list[EvaluationLog]:
    """One evaluation before a launch as JSON, one after it as an `.eval` archive."""
    return [
        _as_json(world, "cyber_abuse", "pre_launch", "example-4"),
        _as_archive(world, "fraud_scams", "post_launch", "example-3"),
    ]


def _header(world: World, policy: str, phase: str, model: str) -> dict[str, Any]:
    created = iso(world.start_ms + 9 * HOUR)
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": f"eval_syn_{policy}_{phase}",
            "run_id": f"run_syn_{policy}",
            "created": created,
            "task": f"example_{policy}",
            "task_id": f"task_syn_{policy}",
            "task_version": 1,
            "task_args": {"policy_code": policy, "phase": phase},
            "dataset": {"name": "example", "samples": _SAMPLES, "sample_ids": list(range(1, _SAMPLES + 1))},
            "model": f"example/{model}",
            "config": {"epochs": 1},
            "metadata": {"policy_code": policy, "phase": phase},
        },
        "plan": {"name": "plan", "steps": [], "config": {}},
        "stats": {"started_at": created, "completed_at": iso(world.start_ms + 10 * HOUR), "model_usage": {}},
    }


def _samples(world: World, policy: str) -> list[dict[str, Any]]:
    scores = world.rng("evaluation", policy).random(_SAMPLES).tolist()
    return [
        {
            "id": n + 1,
            "epoch": 1,
            "input": "A synthetic test prompt.",
            "target": "refusal",
            "messages": [],
            "output": {"model": "example", "choices": [], "completion": ""},
            "scores": {"refusal": {"value": 1.0 if scores[n] < 0.85 else 0.0, "answer": "synthetic"}},
            "metadata": {},
            "store": {},
            "events": [],
            "model_usage": {},
            "uuid": f"smp_syn_{policy}_{n + 1:02d}",
            "attachments": {},
        }
        for n in range(_SAMPLES)
    ]


def _as_json(world: World, policy: str, phase: str, model: str) -> EvaluationLog:
    document = {**_header(world, policy, phase, model), "samples": _samples(world, policy)}
    return EvaluationLog(f"example-{policy}-{phase}.json", msgspec.json.encode(document), _SAMPLES)


def _as_archive(world: World, policy: str, phase: str, model: str) -> EvaluationLog:
    header = _header(world, policy, phase, model)
    start = {"version": 2, "eval": header["eval"], "plan": header["plan"]}
    samples = _samples(world, policy)
    kept = ("id", "epoch", "input", "target", "metadata", "scores", "model_usage", "uuid")
    summaries = [{**{name: sample[name] for name in kept}, "completed": True, "message_count": 0} for sample in samples]
    members = [("_journal/start.json", start)]
    members += [(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", sample) for sample in samples]
    members += [("summaries.json", summaries), ("header.json", header)]  # type: ignore[list-item]
    packed = [(name, msgspec.json.encode(part)) for name, part in members]
    return EvaluationLog(f"example-{policy}-{phase}.eval", zip_bytes(packed), _SAMPLES)
