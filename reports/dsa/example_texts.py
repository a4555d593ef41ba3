"""Example texts: an approved text for every indicator, for a synthetic home, obviously made up.

Wording for samples and the demo belongs here; real texts are written by people under `texts/dsa_harmonised/`.
"""

from orchestration.core.durable import write_bytes
from orchestration.core.home import Home
from reports.dsa.texts import PROVIDER_NAME, QUALITATIVE

REPORT_ID = "dsa_harmonised"
_TEMPLATE = """---
indicator: {indicator}
service: all
version: 1
owner: example_text_owner
approved_by: example_text_approver
approved_on: 2025-01-15
valid_from: 2025-01-01
---
{body}
"""
_ABOUT = {
    "summary_of_own_initiative": "which content the example services look for on their own initiative, and why",
    "own_initiative_information": "how own-initiative moderation works at the example services, step by step",
    "automated_means": "which classifiers and rules the example services run, on what, and who looks at their results",
    "accuracy_of_automated_means": "how the accuracy of automated means is measured: by audits of randomly drawn decisions",
    "purposes_of_automated_means": "for which precise purposes automated means are applied: detection, ranking of queues, clear spam",
    "safeguards_of_automated_means": "which safeguards apply: second reviews, appeals to people, audits, a switch to turn a detector off",
    "governance": "who decides on rules, who applies them, and to whom both answer",
    "qualifications": "which languages and subjects the moderators master, and how that is tested",
    "training": "how moderators are trained before and while they work",
    "support": "which support moderators get for their well-being",
    "method_of_counting_staff": "how moderators are counted: full-time equivalents at the end of the period, each person once",
}


def write_example_texts(home: Home) -> int:
    """Write the texts into a synthetic home that has none; texts that stand there are left alone.

    Args:
        home: With the marker of a synthetic landing zone; any other home is left alone.

    Returns:
        How many were written.
    """
    folder = home.texts / REPORT_ID
    if not home.synthetic_marker.exists() or folder.exists():
        return 0
    bodies = {PROVIDER_NAME: "Example Company (synthetic)"}
    for indicator in QUALITATIVE:
        about = _ABOUT[indicator]
        bodies[indicator] = (
            "**Synthetic example, no statement of any provider.** A real text says here " + about + ".\n\n"
            "- It is written in plain words.\n- It fits the figures of the period.\n- Somebody other than its owner approved it.\n"
        )
    for indicator, body in bodies.items():
        content = _TEMPLATE.format(indicator=indicator, body=body).encode("utf-8")
        write_bytes(folder / f"{indicator}.all.v1.md", content)
    return len(bodies)
