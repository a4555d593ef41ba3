"""Inspect AI logs as source lines: one a sample, read through inspect_ai's own reader.

Belongs here: scores, counts and the log's header. Does not belong here, and never leaves the vault: inputs, targets,
messages, answers, explanations, or free metadata.
"""

import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from assets.ingestion.mapping_language import Mapping
from assets.ingestion.source_line import Lines, SourceLine, SourceRejectedError

_UNREAD = {"messages", "events", "store", "attachments"}
_MAX_CODE = 64


def read_inspect_log(path: Path, feed: str, mapping: Mapping | None, name: str) -> Lines:
    """Read one `.eval` or `.json` log by its samples' summaries (inspect_ai reads a `.json` log whole).

    Args:
        path: Where the bytes are.
        feed: `evaluations`.
        mapping: Unused: a log has its own format.
        name: The delivered name; its ending says which of the two formats it is.

    Yields:
        A SourceLine a (sample, epoch) in the log's order: ids, task, model, `created_at`, `status`, `scores` (number by
        scorer), the first scorer's `score`, token counts, whether it ended in an error, and `policy_code` and `phase`
        where the log's or the sample's metadata give them.

    Raises:
        SourceRejectedError: `unreadable_file` when inspect_ai cannot read it to its end.
    """
    del feed, mapping
    suffix = ".eval" if name.lower().endswith(".eval") else ".json"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"log{suffix}"  # inspect_ai goes by the name's ending, the vault's names have none
        _link(path, copy)
        try:
            yield from _lines(copy)
        except SourceRejectedError:
            raise
        except Exception as error:  # inspect_ai raises zip, JSON, validation and its own errors alike
            raise SourceRejectedError("unreadable_file", "inspect_ai cannot read this log to its end") from error


def _link(path: Path, copy: Path) -> None:
    try:
        copy.symlink_to(path.resolve())
    except OSError:
        shutil.copyfile(path, copy)


def _lines(log_file: Path) -> Iterator[SourceLine]:
    from inspect_ai.log import read_eval_log

    log = read_eval_log(str(log_file), header_only=True)
    header = {
        "eval_id": log.eval.eval_id,
        "run_id": log.eval.run_id,
        "task": log.eval.task,
        "task_version": str(log.eval.task_version),
        "model": log.eval.model,
        "created_at": log.eval.created,
        "status": log.status,
        "policy_code": _code(log.eval.metadata, "policy_code"),
        "phase": _code(log.eval.metadata, "phase"),
    }
    scorers = [scorer.name for scorer in log.eval.scorers or []]
    for number, sample in enumerate(_samples(log_file), start=1):
        yield SourceLine(number, value={**header, **_sample(sample, scorers)})


def _samples(log_file: Path) -> Iterable[Any]:
    """List what the log really holds. Its samples' summaries name all of them, whatever the header promises."""
    from inspect_ai.log import read_eval_log_sample_summaries, read_eval_log_samples

    summaries: list[Any] = read_eval_log_sample_summaries(str(log_file))
    if summaries:
        return summaries
    samples: Iterable[Any] = read_eval_log_samples(str(log_file), all_samples_required=False, exclude_fields=_UNREAD)
    return samples


def _sample(sample: Any, scorers: list[str]) -> dict[str, Any]:  # noqa: ANN401  inspect_ai has no types here
    scores = {}
    for scorer, score in (sample.scores or {}).items():
        scores.update(_numbers(scorer, score.value))
    ordered = [scorer for scorer in scorers if scorer in scores] or list(scores)
    usage = list((sample.model_usage or {}).values())
    codes = {key: found for key in ("policy_code", "phase") if (found := _code(sample.metadata, key)) is not None}
    return {
        "sample_id": str(sample.id),
        "epoch": sample.epoch,
        "score_name": ordered[0] if ordered else None,
        "score": scores[ordered[0]] if ordered else None,
        "scores": scores or None,
        "input_tokens": sum(use.input_tokens for use in usage) if usage else None,
        "output_tokens": sum(use.output_tokens for use in usage) if usage else None,
        "error": sample.error is not None,
        **codes,
    }


def _numbers(name: str, value: object) -> dict[str, float]:
    """Take a score's numbers: letters and yes/no as inspect_ai counts them; any other text is left behind."""
    from inspect_ai.scorer import value_to_float

    if isinstance(value, dict):
        return {f"{name}/{key}": number for key, inner in value.items() for number in _numbers("", inner).values()}
    if isinstance(value, bool | int | float):
        return {name: float(value)} if math.isfinite(value) else {}
    if isinstance(value, str) and value.strip().lower() in {"c", "i", "p", "n", "yes", "no", "true", "false"}:
        return {name: value_to_float()(value)}
    return {}


def _code(metadata: object, key: str) -> str | None:
    value = metadata.get(key) if isinstance(metadata, dict) else None
    return value if isinstance(value, str) and len(value) <= _MAX_CODE else None
