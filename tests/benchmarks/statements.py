"""What judging Statements of Reasons costs: payloads per CPU-second, verdict and advice together, from bytes to findings.

Belongs here: made-up statements with texts of their own, and the measuring. Aim: 20,000 payloads per CPU-second.
Run `python -m tests.benchmarks.statements --statements N --repeat K`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from reports.sor.lines import Line, decode
from reports.sor.validation import validate_file, validate_statement
from reports.sor.vocabulary import vocabulary
from tests.benchmarks.measure import cost_of, machine, median, table

AIM = 20_000
TODAY = date(2026, 11, 22)
RAPPORTEUR = str(Path(sys.executable).with_name("rapporteur"))
_WORDS = (
    "content", "account", "message", "listing", "image", "was", "found", "against", "section", "of", "the", "terms", "after",
    "a", "report", "and", "removed", "by", "people",
)  # fmt: skip


def made_up(number: int, seed: int) -> list[dict[str, Any]]:
    """Statements that the database takes, each with texts, dates and scope of its own."""
    draw = random.Random(seed)
    words = {name: sorted(values) for name, values in vocabulary().enums.items()}
    categories = sorted(category for category, keywords in vocabulary().keywords_of_category.items() if keywords)

    def text(length: int) -> str:
        return " ".join(draw.choice(_WORDS) for _ in range(length)) + f" in case {draw.randrange(10**6)}."

    made = []
    for place in range(number):
        category = draw.choice(categories)
        made.append(
            {
                "puid": f"case-{place}",
                "decision_visibility": [draw.choice(words["DECISION_VISIBILITIES"][:-1])],
                "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
                "incompatible_content_ground": text(8),
                "incompatible_content_explanation": text(20),
                "content_type": [draw.choice(["CONTENT_TYPE_TEXT", "CONTENT_TYPE_IMAGE", "CONTENT_TYPE_VIDEO"])],
                "category": category,
                "category_specification": [draw.choice(sorted(vocabulary().keywords_of_category[category]))],
                "territorial_scope": sorted(draw.sample(words["COUNTRIES"], draw.randrange(1, 31))),
                "content_language": draw.choice(words["LANGUAGES"]),
                "content_date": f"2026-0{draw.randrange(1, 5)}-{draw.randrange(1, 29):02d}",
                "application_date": f"2026-05-{draw.randrange(1, 29):02d}",
                "decision_facts": text(50),
                "source_type": draw.choice(words["SOURCE_TYPES"]),
                "automated_detection": draw.choice(["Yes", "No"]),
                "automated_decision": draw.choice(words["AUTOMATED_DECISIONS"]),
            }
        )
    return made


def rate(statements: int, repeat: int, work: Callable[[], object]) -> float:
    """Statements per CPU-second, median of some repetitions."""
    spent = []
    for _ in range(repeat):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return statements / median(spent)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statements", type=int, default=50_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args([] if __name__ != "__main__" else None)
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "statements.jsonl"
        file.write_text("".join(json.dumps(one) + "\n" for one in made_up(options.statements, seed=7)))
        payloads = [decode(Line(2, line))[0] for line in file.read_bytes().splitlines()]
        count, repeat = options.statements, options.repeat
        rows = [
            [
                "a file, line by line",
                rate(count, repeat, lambda: sum(1 for _ in validate_file(file, today=TODAY, longest_line=1 << 24))),
            ],
            [
                "decoded payloads",
                rate(count, repeat, lambda: [validate_statement(one, today=TODAY) for one in payloads]),
            ],
            [
                "`rapporteur sor validate --json`, whole process",
                count
                / median(
                    [cost_of([RAPPORTEUR, "sor", "validate", str(file), "--json"]).cpu_seconds for _ in range(repeat)]
                ),
            ],
        ]
    print(f"\nStatements of Reasons judged, payloads per CPU-second, medians of {repeat}; {machine()}\n")
    print(
        table(["what", "payloads per CPU-second", "aim"], [[what, f"{found:,.0f}", f"{AIM:,}"] for what, found in rows])
    )


if __name__ == "__main__":
    main()
