"""The made-up traffic: one day's model requests as columns, and as lines of the gateway's log.

Belongs here: drawing requests and writing them as JSON text, vectorised: this is nearly all of a sample's bytes.
Does not belong here: dirt, files, compression; families of abusive behaviour bring requests of their own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from assets.ingestion.sample.codes import MCP_SERVERS, MODELS, SURFACES, TASKS
from assets.ingestion.sample.population import NETWORKS_PER_ACCOUNT, Population
from assets.ingestion.sample.world import DAY, World, hexes

REQUESTS_PER_ACCOUNT_DAY = 3.3
_TASK_SHARES = (0.22, 0.08, 0.08, 0.06, 0.04, 0.04, 0.18, 0.06, 0.03, 0.18, 0.03)
_TEMPLATES = 400
_ENDINGS = (
    '"stop_reason":"end_turn","status_code":200',
    '"stop_reason":"max_tokens","status_code":200',
    '"stop_reason":"tool_use","status_code":200',
    '"stop_reason":"refusal","status_code":200',
    '"stop_reason":"error","status_code":400',
    '"stop_reason":"error","status_code":429',
    '"stop_reason":"error","status_code":529',
)
_ENDING_SHARES = (0.76, 0.06, 0.08, 0.04, 0.02, 0.03, 0.01)
_TOOLS = ("", '"tools":["web_search"],', '"tools":["run_code","read_file"],')


@dataclass(frozen=True)
class Requests:
    """One UTC day of requests, sorted by time; arrays have one element a request.

    Attributes:
        at_ms: Instants, milliseconds since 1970 (int64).
        account: Index of the account (int64).
        surface: Index of the surface (int64).
        ids: Request ids.
    """

    at_ms: NDArray[np.int64]
    account: NDArray[np.int64]
    surface: NDArray[np.int64]
    ids: list[str]

    def kept(self, mask: NDArray[np.bool_]) -> "Requests":
        """The requests for which the mask is true."""
        ids = [request_id for request_id, keep in zip(self.ids, mask.tolist(), strict=True) if keep]
        return Requests(self.at_ms[mask], self.account[mask], self.surface[mask], ids)


def requests_of(world: World, population: Population, day: int) -> Requests:
    """Draw the requests of day number `day` (0 = first) by accounts that exist and are open."""
    rng = world.rng("traffic", day)
    midnight = world.start_ms + day * DAY
    weekend = (world.start.toordinal() + day) % 7 in (0, 6)
    mean = world.accounts * REQUESTS_PER_ACCOUNT_DAY * (0.7 if weekend else 1.1)
    count = max(int(rng.poisson(mean)), 4)
    accounts = rng.choice(world.accounts, count, p=population.weights / population.weights.sum())
    hours = np.clip(rng.normal(14.0, 4.5, count), 0.0, 23.9999)
    at = midnight + (hours * 3_600_000).astype(np.int64)
    at = np.where(hours <= 0.0, midnight + rng.integers(0, DAY, count), at)
    order = np.argsort(at, kind="stable")
    at, accounts = at[order], accounts[order]
    weights = np.array([surface.weight if surface.launch_day <= day else 0 for surface in SURFACES], dtype=np.float64)
    surfaces = rng.choice(len(SURFACES), count, p=weights / weights.sum())
    drawn = Requests(at, accounts, surfaces, [f"req_syn_{digits}" for digits in hexes(rng, count, 12)])
    return open_only(drawn, population)


def open_only(requests: Requests, population: Population) -> Requests:
    """Leave out what accounts would have sent before they were created, while suspended or after closing."""
    created = population.created_ms[requests.account]
    closed = population.closed_ms[requests.account]
    paused = population.paused_ms[requests.account]
    is_paused = (requests.at_ms >= paused[:, 0]) & (requests.at_ms < paused[:, 1])
    return requests.kept((requests.at_ms > created) & (requests.at_ms < closed) & ~is_paused)


def lines_of(world: World, population: Population, requests: Requests, day: int) -> list[bytes]:
    """The gateway's log lines of a day's requests (UTF-8 JSON without line ends), in the order of the requests."""
    rng = world.rng("traffic lines", day)
    count = len(requests.ids)
    times = np.datetime_as_string(requests.at_ms.astype("datetime64[ms]"), unit="ms", timezone="UTC").tolist()
    networks = (requests.account * NETWORKS_PER_ACCOUNT + (rng.random(count) < 0.15)).tolist()
    heads = _heads(requests.surface, rng)
    templates = _template_fragments(world)
    chosen = ((requests.account * 7 + rng.integers(0, 5, count)) % _TEMPLATES).tolist()
    tails = _tails(rng, count, requests.surface)
    prompts = hexes(rng, count, 16)
    simhashes = hexes(rng, count, 8)
    tokens_in = np.minimum(rng.lognormal(6.2, 1.2, count), 180_000).astype(np.int64).tolist()
    tokens_out = np.minimum(rng.lognormal(5.6, 1.0, count), 32_000).astype(np.int64).tolist()
    pieces = zip(
        requests.ids, times, networks, heads, chosen, prompts, simhashes, tokens_in, tokens_out, tails, strict=True
    )
    network_fragments = population.networks
    return [
        (
            f'{{"request_id":"{request_id}","requested_at":"{time}",{network_fragments[network]},{head}'
            f',{templates[template]},"prompt_hash":"{prompt}","prompt_simhash":"{simhash}"'
            f',"input_tokens":{taken},"output_tokens":{given},{tail},"hash_key_id":"hk_syn_1"}}'
        ).encode()
        for request_id, time, network, head, template, prompt, simhash, taken, given, tail in pieces
    ]


def _heads(surface: NDArray[np.int64], rng: Generator) -> list[str]:
    table = [f'"surface":"{where.code}","model":"{model}"' for where in SURFACES for model in MODELS]
    models = rng.choice(len(MODELS), len(surface), p=(0.3, 0.3, 0.3, 0.1))
    return [table[n] for n in (surface * len(MODELS) + models).tolist()]


def _template_fragments(world: World) -> list[str]:
    rng = world.rng("templates")
    hashes = hexes(rng, _TEMPLATES)
    tasks = rng.choice(len(TASKS), _TEMPLATES, p=_TASK_SHARES).tolist()
    reasons, grades, strict = (
        draw.tolist() for draw in rng.random((3, _TEMPLATES)) < np.array([[0.03], [0.02], [0.2]])
    )
    return [
        f'"template_hash":"{hashes[n]}","task_category":"{TASKS[tasks[n]]}","elicits_reasoning":{_json(reasons[n])}'
        f',"grades_outputs":{_json(grades[n])},"strict_format":{_json(strict[n])}'
        for n in range(_TEMPLATES)
    ]


def _tails(rng: Generator, count: int, surface: NDArray[np.int64]) -> list[str]:
    connector = [where.code for where in SURFACES].index("mcp_connector")
    tools = [*_TOOLS, *(f'"tools":["mcp:{server}"],' for server in MCP_SERVERS)]
    tool = rng.choice(len(_TOOLS), count, p=(0.8, 0.12, 0.08))
    tool = np.where(surface == connector, len(_TOOLS) + rng.integers(0, len(MCP_SERVERS), count), tool)
    scores = ["", *(f'"policy_scores":{{"distillation":0.{n:02d},"fraud_scams":0.{n + 7:02d}}},' for n in range(1, 90))]
    scored = np.where(rng.random(count) < 0.08, rng.integers(1, len(scores), count), 0)
    endings = rng.choice(len(_ENDINGS), count, p=_ENDING_SHARES)
    draws = zip(tool.tolist(), scored.tolist(), endings.tolist(), strict=True)
    return [f"{tools[a]}{scores[b]}{_ENDINGS[c]}" for a, b, c in draws]


def _json(flag: bool) -> str:
    return "true" if flag else "false"
