"""What prompts look like once their text is gone: templates, fills, 64-bit simhashes and classifier flags.

Belongs here: drawing templates and prompts of any kind, as columns.
Does not belong here: who sends them, and when.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from assets.ingestion.sample.codes import TASKS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
NO_TEMPLATE = -1
EVERYDAY = np.array((0.17, 0.07, 0.09, 0.09, 0.06, 0.05, 0.17, 0.08, 0.06, 0.12, 0.04))
"""Shares of tasks in ordinary traffic, in the order of `TASKS`."""
PRIZED = ("coding", "agentic", "tool_use", "reasoning", "math")
"""Tasks that extraction is after."""


@dataclass(frozen=True)
class Prompts:
    """Prompts as columns, one element a request.

    Attributes:
        template: Number of the template, `NO_TEMPLATE` for none (int64).
        prompt: Number of the prompt: equal numbers are equal texts (int64).
        simhash: 64-bit simhash (uint64).
        task: Index in `TASKS` (int64).
        elicits: Asks for hidden reasoning.
        grades: Asks for a grade or a preference.
        strict: Demands machine-readable output.
    """

    template: Ints
    prompt: Ints
    simhash: NDArray[np.uint64]
    task: Ints
    elicits: Flags
    grades: Flags
    strict: Flags

    def __len__(self) -> int:
        """Number of prompts."""
        return len(self.prompt)

    def take(self, chosen: Ints) -> "Prompts":
        """Some of them, in any order, with repeats."""
        return Prompts(
            self.template[chosen],
            self.prompt[chosen],
            self.simhash[chosen],
            self.task[chosen],
            self.elicits[chosen],
            self.grades[chosen],
            self.strict[chosen],
        )


@dataclass(frozen=True)
class Templates:
    """Templates as columns, one element a template.

    Attributes:
        number: Their numbers (int64).
        base: Simhash that fills scatter around (uint64).
        spread: Probability that a fill flips any one bit.
        task: Index in `TASKS`.
        elicits: Share of fills that ask for hidden reasoning.
        grades: Share of fills that ask for a grade.
        strict: Share of fills that demand machine-readable output.
    """

    number: Ints
    base: NDArray[np.uint64]
    spread: Floats
    task: Ints
    elicits: Floats
    grades: Floats
    strict: Floats

    def __len__(self) -> int:
        """Number of templates."""
        return len(self.number)

    def some(self, chosen: Ints) -> "Templates":
        """Some of them."""
        return Templates(
            self.number[chosen],
            self.base[chosen],
            self.spread[chosen],
            self.task[chosen],
            self.elicits[chosen],
            self.grades[chosen],
            self.strict[chosen],
        )


@dataclass
class Library:
    """Numbers templates and prompts of a world; nothing else is kept.

    Attributes:
        templates: How many templates there are.
        prompts: How many different prompts there are.
    """

    templates: int = 0
    prompts: int = 0

    def draw(
        self,
        rng: Generator,
        count: int,
        *,
        tasks: Sequence[str] = (),
        elicits: float = 0.06,
        grades: float = 0.02,
        strict: float = 0.2,
        spread: tuple[float, float] = (0.05, 0.22),
    ) -> Templates:
        """New templates.

        Args:
            rng: Source of chance.
            count: How many.
            tasks: Tasks to draw from evenly; empty = everyday shares.
            elicits: Mean share of fills that elicit reasoning; most templates always or never do.
            grades: The same of grading.
            strict: The same of strict formats.
            spread: Range of the bit-flip probability between fills.
        """
        first = self.templates
        self.templates += count
        return Templates(
            np.arange(first, first + count),
            rng.integers(0, 2**64, count, dtype=np.uint64),
            rng.uniform(*spread, count),
            _tasks(rng, count, tasks),
            rng.beta(4 * elicits + 0.02, 4 * (1 - elicits) + 0.02, count),
            rng.beta(4 * grades + 0.02, 4 * (1 - grades) + 0.02, count),
            rng.beta(4 * strict + 0.02, 4 * (1 - strict) + 0.02, count),
        )

    def fill(self, rng: Generator, templates: Templates, chosen: Ints) -> Prompts:
        """A new prompt from each chosen template (indices into `templates`)."""
        count = len(chosen)
        first = self.prompts
        self.prompts += count
        flips = rng.random((count, 64)) < templates.spread[chosen][:, None]
        mask = np.packbits(flips, axis=1).view(np.uint64).ravel() if count else np.empty(0, np.uint64)
        chance = rng.random((3, count))
        return Prompts(
            templates.number[chosen],
            np.arange(first, first + count),
            templates.base[chosen] ^ mask,
            templates.task[chosen],
            chance[0] < templates.elicits[chosen],
            chance[1] < templates.grades[chosen],
            chance[2] < templates.strict[chosen],
        )

    def once(
        self, rng: Generator, count: int, *, elicits: float, grades: float, strict: float, tasks: Sequence[str] = ()
    ) -> Prompts:
        """Prompts that nobody sends twice, each of a template of its own or of none."""
        first, self.prompts = self.prompts, self.prompts + count
        start, self.templates = self.templates, self.templates + count
        chance = rng.random((4, count))
        numbers = np.where(chance[3] < 0.12, NO_TEMPLATE, np.arange(start, start + count))
        return Prompts(
            numbers,
            np.arange(first, first + count),
            rng.integers(0, 2**64, count, dtype=np.uint64),
            _tasks(rng, count, tasks),
            chance[0] < elicits,
            chance[1] < grades,
            chance[2] < strict,
        )


def _tasks(rng: Generator, count: int, tasks: Sequence[str]) -> Ints:
    if not tasks:
        return rng.choice(len(TASKS), count, p=EVERYDAY / EVERYDAY.sum()).astype(np.int64)
    numbers = np.array([TASKS.index(task) for task in tasks])
    return numbers[rng.integers(0, len(numbers), count)]


def joined(rng: Generator, parts: Sequence[Prompts]) -> Prompts:
    """Several sets of prompts as one, in random order."""
    whole = Prompts(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("template", "prompt", "simhash", "task", "elicits", "grades", "strict")
        )
    )
    return whole.take(rng.permutation(len(whole)))


def zipf(rng: Generator, size: int, count: int, exponent: float = 1.05) -> Ints:
    """`count` indices below `size`, the first the most frequent."""
    weights = 1.0 / np.arange(1, size + 1) ** exponent
    return rng.choice(size, count, p=weights / weights.sum()).astype(np.int64)
