"""The gateway's log of a labelled world: every stream's requests, by day, as JSON lines.

Belongs here: surfaces, models, tokens, outcomes and scores of requests, and their text.
Does not belong here: what is asked (`library`) and by whom.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from assets.ingestion.sample.codes import MODELS, POLICY_BY_CODE, TASKS
from assets.ingestion.sample.world import DAY, HOUR, hexes
from assets.ingestion.sample.worlds.library import NO_TEMPLATE, Ints
from assets.ingestion.sample.worlds.networks import Place
from assets.ingestion.sample.worlds.town import Account, Stream, Town, rekeyed

NEW_MODEL = "example-5"
_MODELS = (*MODELS, NEW_MODEL)
_NULLS = {
    "template": 0.02,
    "simhash": 0.03,
    "elicits": 0.04,
    "grades": 0.04,
    "strict": 0.03,
    "prefix": 0.01,
    "asn": 0.02,
}
_FINE = ('"stop_reason":"end_turn","status_code":200', '"stop_reason":"tool_use","status_code":200',
         '"stop_reason":"max_tokens","status_code":200', '"stop_reason":"stop_sequence","status_code":200')  # fmt: skip
_REFUSED = '"stop_reason":"refusal","status_code":200'
_FAILED = tuple(f'"stop_reason":"error","status_code":{code}' for code in (429, 400, 529, 500))


@dataclass(frozen=True)
class Sent:
    """One request as the desks need to know it.

    Attributes:
        at_ms: When.
        account: Whose (index in `town.accounts`).
        request_id: Its id.
        surface: Where.
        elicits: Whether it asks for reasoning.
        grades: Whether it asks for grades.
        policy: Policy that a classifier saw in it, or empty.
        server: Connector that it calls, or empty.
    """

    at_ms: int
    account: int
    request_id: str
    surface: str
    elicits: bool
    grades: bool
    policy: str
    server: str


class LogBook:
    """Writes the log of a world that is complete."""

    def __init__(self, town: Town) -> None:
        self._town = town
        rng = town.world.rng("labelled", "hashes")
        self._templates = hexes(rng, town.library.templates)
        self._prompts = hexes(rng, town.library.prompts)

    def days(self) -> Iterator[tuple[int, list[bytes], list[Sent]]]:
        """(day number, lines in the order of time, what was sent) for each day of the window."""
        days: list[list[tuple[int, bytes, Sent]]] = [[] for _ in range(self._town.world.days)]
        for number, account in enumerate(self._town.accounts):
            rng = self._town.world.rng("labelled", "log", number)
            for stream in account.streams:
                for at, line, sent in self._lines(rng, number, account, stream):
                    days[(at - self._town.world.start_ms) // DAY].append((at, line, sent))
        for day, lines in enumerate(days):
            lines.sort(key=lambda line: (line[0], line[2].request_id))
            yield day, [line for _, line, _ in lines], [sent for _, _, sent in lines]

    def _lines(
        self, rng: Generator, number: int, account: Account, stream: Stream
    ) -> Iterator[tuple[int, bytes, Sent]]:
        count = len(stream.at)
        prompts = stream.prompts
        ids = hexes(rng, count, 12)
        times = np.datetime_as_string(stream.at.astype("datetime64[ms]"), unit="ms", timezone="UTC").tolist()
        names = list(stream.surfaces)
        weights = rng.gamma(1.5 * np.array(list(stream.surfaces.values()))) + 1e-9
        surfaces = rng.choice(len(names), count, p=weights / weights.sum()).tolist()
        models = _models(rng, self._town, stream).tolist()
        null = {name: (rng.random(count) < share).tolist() for name, share in _NULLS.items()}
        tokens_in = np.clip(rng.lognormal(7.5, 1.5, count), 12, 180_000).astype(np.int64).tolist()
        tokens_out = np.clip(rng.lognormal(5.3, 1.2, count), 1, 32_000).astype(np.int64).tolist()
        endings, refused = _endings(rng, stream)
        scores, policies = _scores(rng, stream, refused)
        tools = [_list(names) for names in stream.tools]
        servers = [next((name[4:] for name in names if name.startswith("mcp:")), "") for names in stream.tools]
        tool = (np.zeros(count, np.int64) if stream.tool is None else stream.tool).tolist()
        old, new = _owner(account), _owner(account, second=True)
        untold = (rng.random((2, count)) < self._town.spec.untold).tolist() if self._town.spec.untold else None
        for n in range(count):
            surface = names[surfaces[n]]
            template = prompts.template[n]
            at = int(stream.at[n])
            second = at >= self._town.rekeyed_ms
            place = stream.places[stream.place[n]]
            parts = [
                f'{{"request_id":"req_syn_{ids[n]}","requested_at":"{times[n]}",{new if second else old}'
                f',"api_key_id":"{stream.keys[stream.key[n]]}"',
                f'"surface":"{surface}","model":"{_MODELS[models[n]]}"',
                _where(rehashed(place) if second else place, null["prefix"][n], null["asn"][n]),
            ]
            if template != NO_TEMPLATE and not null["template"][n] and not (untold and untold[0][n]):
                parts.append(f'"template_hash":"{self._templates[template]}"')
            parts.append(f'"prompt_hash":"{self._prompts[prompts.prompt[n]]}"')
            if not null["simhash"][n] and not (untold and untold[1][n]):
                parts.append(f'"prompt_simhash":"{int(prompts.simhash[n]):016x}"')
            parts.append(f'"task_category":"{TASKS[prompts.task[n]]}"')
            for name, field, flags in (
                ("elicits", "elicits_reasoning", prompts.elicits),
                ("grades", "grades_outputs", prompts.grades),
                ("strict", "strict_format", prompts.strict),
            ):
                if not null[name][n]:
                    parts.append(f'"{field}":{"true" if flags[n] else "false"}')
            parts.append(f'"input_tokens":{tokens_in[n]},"output_tokens":{tokens_out[n]},{endings[n]}')
            if tools[tool[n]]:
                parts.append(tools[tool[n]])
            if scores[n]:
                parts.append(scores[n])
            if self._town.spec.rekeyed:
                parts.append(f'"hash_key_id":"hk_syn_{1 + second}"')
            sent = Sent(at, number, f"req_syn_{ids[n]}", surface, bool(prompts.elicits[n]), bool(prompts.grades[n]),
                        policies[n], servers[tool[n]] if surface == "mcp_connector" else "")  # fmt: skip
            yield at, (",".join(parts) + "}").encode(), sent


@cache
def rehashed(place: Place) -> Place:
    """A place under the second key of the hashes."""
    return replace(
        place,
        ip=rekeyed(place.ip),
        prefix=rekeyed(place.prefix),
        agent=rekeyed(place.agent),
        device=rekeyed(place.device),
    )


def _owner(account: Account, *, second: bool = False) -> str:
    organization, payment = account.profile["organization_id"], account.profile["payment_hash"]
    payment = rekeyed(payment) if payment and second else payment
    return (
        f'"account_id":"{account.account_id}"'
        + (f',"organization_id":"{organization}"' if organization else "")
        + (f',"payment_hash":"{payment}"' if payment else "")
    )


def _where(place: Place, no_prefix: bool, no_asn: bool) -> str:
    return (
        f'"ip_hash":"{place.ip}"'
        + ("" if no_prefix else f',"ip_prefix_hash":"{place.prefix}"')
        + ("" if no_asn else f',"asn":{place.asn}')
        + f',"asn_kind":"{place.kind}","country":"{place.country}"'
        f',"user_agent_hash":"{place.agent}","device_hash":"{place.device}"'
    )


def _list(names: tuple[str, ...]) -> str:
    quoted = ",".join(f'"{name}"' for name in names)
    return f'"tools":[{quoted}]' if names else ""


def _models(rng: Generator, town: Town, stream: Stream) -> Ints:
    """Each account has a favourite; the new model is taken up slowly, or at once by those that pivot."""
    count = len(stream.at)
    favourites = rng.choice(len(MODELS), 2, p=(0.34, 0.26, 0.24, 0.16))
    model = np.where(rng.random(count) < rng.beta(3, 0.8), favourites[0], favourites[1])
    since = (stream.at - town.release_ms) / HOUR
    taste = rng.beta(0.6, 2.4)
    takes_up = np.clip(since / 120, 0, 1) * taste if stream.pivot is None else np.clip(since / 18, 0, 1) * stream.pivot
    return np.where((since > 0) & (rng.random(count) < takes_up), len(MODELS), model).astype(np.int64)


def _endings(rng: Generator, stream: Stream) -> tuple[list[str], NDArray[np.bool_]]:
    count = len(stream.at)
    fine = rng.choice(len(_FINE), count, p=(0.85, 0.08, 0.045, 0.025))
    failed = rng.choice(len(_FAILED), count, p=(0.4, 0.25, 0.25, 0.1) if stream.failure < 0.5 else (0.2, 0, 0.75, 0.05))
    chance = rng.random(count)
    refused = chance < stream.refusal
    broke = chance > 1 - stream.failure
    texts = [
        _REFUSED if no else _FAILED[b] if fails else _FINE[a]
        for no, fails, a, b in zip(refused.tolist(), broke.tolist(), fine.tolist(), failed.tolist(), strict=True)
    ]
    return texts, refused


def _scores(rng: Generator, stream: Stream, refused: NDArray[np.bool_]) -> tuple[list[str], list[str]]:
    """Classifier scores by policy, small for most; the policy that scored high, or empty."""
    count = len(stream.at)
    codes = [code for code in POLICY_BY_CODE if code != "copyright"]
    has = (rng.random(count) < 0.45).tolist()
    noise = np.round(rng.beta(0.4, 14, (count, 2)), 2).tolist()
    first, second = rng.integers(0, len(codes), (2, count)).tolist()
    high = np.round(rng.beta(7, 3, count), 2).tolist()
    share = np.where(refused, 0.85, 0.25) if stream.policies else np.where(refused, 0.12, 0.0008)
    seen = (rng.random(count) < share).tolist()
    which = rng.integers(0, max(len(stream.policies), 1), count).tolist()
    texts, policies = [], []
    for n in range(count):
        policy = (stream.policies[which[n]] if stream.policies else codes[first[n]]) if seen[n] else ""
        scored = {codes[first[n]]: noise[n][0], codes[second[n]]: noise[n][1]} if has[n] else {}
        if policy:
            scored[policy] = high[n]
        inside = ",".join(f'"{code}":{score}' for code, score in sorted(scored.items()))
        texts.append(f'"policy_scores":{{{inside}}}' if scored else "")
        policies.append(policy)
    return texts, policies
