"""Which figure each row of parts 7 to 10 shows, as data.

Metric and dimensions an indicator and scope belong here; rows, blanks and formats do not.
"""

from reports.dsa import across
from reports.dsa.columns import Asks
from reports.dsa.sheets import comparable

NEWLY_IMPOSED = "Number of restrictions newly imposed as a result of an internal complaint"
OUTCOMES = {
    "Decisions upheld": "upheld",
    "Decisions partially reversed": "partially_reversed",
    "Decisions reversed": "reversed",
    "Decision omitted": "omitted",
}
GROUNDS = {
    "Complaint regarding a decision to remove or disable access to or restrict visibility of information": {
        "ground": "visibility"
    },
    "Complaint regarding a decision to suspend or terminate the provision of the service": {"ground": "provision"},
    "Complaint regarding a decision to suspend or terminate an account": {"ground": "account"},
    "Complaint regarding a decision to restrict the ability to monetise information": {"ground": "monetisation"},
    across.ON_NOTICES: {"ground": "notice_not_actioned"},
    across.ON_FLAGGERS: {"ground": "notice_not_actioned", "submitter": "trusted_flagger"},
}
SUSPENSIONS = {
    "Number of suspensions enacted for the provision of manifestly illegal content": "illegal_content",
    "Number of suspensions enacted for the provision of manifestly unfounded notices": "unfounded_notices",
    "Number of suspensions enacted for the provision of manifestly unfounded complaints": "unfounded_complaints",
}
AUTOMATED = {
    across.SOLELY_MEASURES: {"subject": "measures", "automation": "solely"},
    across.OTHER_MEASURES: {"subject": "measures", "automation": "not"},
    across.SOLELY_NOTICES: {"subject": "notices", "automation": "solely"},
    across.OTHER_NOTICES: {"subject": "notices", "automation": "not"},
}
ORIGINS = {
    "Total number": {},
    "Own-initiative": {"origin": "own_initiative"},
    "NAM Total": {},
    "NAM Trusted Flagger": {"origin": "trusted_flagger"},
}
STAFF = {
    "Number of internal moderators employed by the provider": "internal",
    "Number of external moderators contracted by the provider": "external",
    "Number of total moderators with sufficient linguistic expertise": "cefr_b2",
}


def asks(number: int, indicator: str, scope: str) -> Asks | None:
    """What a row of parts 7 to 10 asks for; None when we have no figure for it (accuracy, precision, recall).

    Args:
        number: 7 to 10.
        indicator: As the template has it.
        scope: As the template has it, or the code of a language or Member State.
    """
    indicator, scope = indicator.strip(), scope.strip()
    if number == 7:
        return _appeals(indicator, scope)
    if number == 8:
        return _automated(indicator, scope)
    if number == 9:
        language = "ALL" if scope == "Total number" else scope
        return Asks("moderator_staff", {"staff": STAFF[indicator], "language": language})
    return Asks("average_monthly_recipients", {} if scope == "TOTAL" else {"member_state": scope})


def _appeals(indicator: str, scope: str) -> Asks:
    if indicator in SUSPENSIONS:
        return Asks("suspensions_imposed", {"ground": SUSPENSIONS[indicator]})
    if indicator == NEWLY_IMPOSED:
        return Asks("restrictions_newly_imposed")
    kind = "dispute" if indicator == across.DISPUTES else "complaint"
    ground = GROUNDS.get(indicator, {})
    if scope == "Total number":
        return Asks(f"{kind}s_submitted", ground)
    if scope == "Median time":
        return Asks(f"{kind}_decision_median", ground)
    if scope.startswith("Percentage"):
        return Asks("disputes_implemented_rate")
    return Asks(f"{kind}s_decided", {**ground, "outcome": OUTCOMES[scope]})


def _automated(indicator: str, scope: str) -> Asks | None:
    if indicator not in AUTOMATED:
        return None
    further = ORIGINS[scope] if scope in ORIGINS else {"language": comparable(scope)}
    return Asks("automated_handling", {**AUTOMATED[indicator], **further})
