"""What others tell the platform of a labelled world: user reports and copyright notices, honest and abusive.

Belongs here: rows of `user_reports`, `report_outcomes`, reviews of reports, `copyright_notices`, and who is behind them.
Does not belong here: the platform's own detections (`desks`).
"""

from dataclasses import dataclass

from assets.ingestion.sample.codes import LANGUAGE_WEIGHTS, LANGUAGES, MCP_SERVERS
from assets.ingestion.sample.outbox import Fields, Outbox
from assets.ingestion.sample.reviewing import queue_of
from assets.ingestion.sample.world import DAY, HOUR, Dice, iso
from assets.ingestion.sample.worlds.desks import Question, review
from assets.ingestion.sample.worlds.town import Account, Town
from assets.ingestion.sample.worlds.truth import Truth

_REASONS = ("harassment", "fraud_scams", "cyber_abuse", "illicit_goods", "hate", "self_harm")
_ELEMENTS = ("has_signature", "identifies_work", "identifies_material", "has_contact", "has_good_faith", "has_accuracy")


@dataclass(frozen=True)
class Sender:
    """A kind of sender of notices.

    Attributes:
        family: Its name in the truth.
        count: How many there are per 4,000 accounts.
        mean: Notices of each in two weeks.
        channel: As in the contract.
        kind: As in the contract.
        complete: Share of notices with all elements.
        upheld: Share upheld of these.
    """

    family: str
    count: int
    mean: float
    channel: str
    kind: str
    complete: float
    upheld: float


_SENDERS = (
    Sender("trusted_agent", 3, 90.0, "trusted_program", "agent", 0.97, 0.90),
    Sender("law_firm", 8, 9.0, "email", "law_firm", 0.96, 0.85),
    Sender("rightsholder", 12, 9.0, "webform", "rightsholder", 0.95, 0.78),
    Sender("individual", 60, 2.2, "webform", "individual", 0.80, 0.66),
)


@dataclass(frozen=True)
class Desk:
    """Where complaints come in.

    Attributes:
        town: The world.
        outbox: Where rows go.
        dice: Draws.
        truth: Who is behind them.
    """

    town: Town
    outbox: Outbox
    dice: Dice
    truth: Truth

    def reporter(self, family: str) -> str:
        """Somebody new who reports."""
        reporter = self.dice.hex(16)
        self.truth.reporters.append((reporter, family, family == "brigade"))
        return reporter

    def someone(self, at: int) -> Account:
        """An account that exists and is open at an instant."""
        for _ in range(50):
            account = self.dice.pick(self.town.accounts)
            if account.created_ms < at < account.closed_ms:
                return account
        return self.town.accounts[0]

    def between(self, low_day: int, days_left: int) -> int:
        """An instant from a day of the window to some days before its end."""
        last = max(low_day + 1, self.town.world.days - days_left)
        return self.town.world.start_ms + self.dice.between(low_day * DAY, last * DAY - 1)


@dataclass(frozen=True)
class Complaint:
    """A report.

    Attributes:
        at: When.
        who: The reporter.
        kind: Target kind.
        account: The account concerned.
        reason: Policy.
        founded: Probability that it is right.
        server: Connector concerned, or empty.
    """

    at: int
    who: str
    kind: str
    account: Account
    reason: str
    founded: float
    server: str = ""


def play(town: Town, outbox: Outbox, truth: Truth) -> None:
    """Send all reports and notices of the window."""
    desk = Desk(town, outbox, Dice(town.world.rng("labelled", "complaints")), truth)
    _ordinary_reports(desk)
    _public_outcries(desk)
    _brigades(desk)
    _notices(desk)


def _ordinary_reports(desk: Desk) -> None:
    world, dice = desk.town.world, desk.dice
    count = max(8, world.accounts * world.days // 500)
    people = [desk.reporter("ordinary") for _ in range(max(4, count // 2))]
    careless = [desk.reporter("careless") for _ in range(2)]
    kinds = ("artifact", "shared_link", "account", "model_output", "conversation", "mcp_server")
    for n in range(count):
        at = desk.between(0, 0)
        who, founded = (dice.pick(careless), 0.1) if n % 9 == 0 else (dice.pick(people), 0.5)
        kind = dice.pick(kinds)
        server = dice.pick(MCP_SERVERS) if kind == "mcp_server" else ""
        _report(desk, Complaint(at, who, kind, desk.someone(at), dice.pick(_REASONS), founded, server))


def _public_outcries(desk: Desk) -> None:
    """Independent people with one complaint, over days: an abuser's connector, and an honest account in the news."""
    town, dice = desk.town, desk.dice
    for account, server in zip(town.reported, town.servers, strict=True):
        since = account.first_bad_ms or town.world.start_ms
        for _ in range(dice.between(10, 18)):
            at = since + int((town.world.horizon_ms - since) * dice.random())
            _report(desk, Complaint(at, desk.reporter("victim"), "mcp_server", account, "mcp_abuse", 0.75, server))
    start = desk.between(1, 3)
    account = desk.someone(start)
    for _ in range(dice.between(12, 30)):
        at = start + int(60 * HOUR * dice.random())
        _report(desk, Complaint(at, desk.reporter("ordinary"), "account", account, "fraud_scams", 0.6))


def _brigades(desk: Desk) -> None:
    """Reporters who act together: within hours, against one account after another, nearly always without ground."""
    dice = desk.dice
    wanted = desk.town.spec.brigades
    for _ in range(max(1, round(wanted * desk.town.world.accounts / 4000)) if wanted else 0):
        members = [desk.reporter("brigade") for _ in range(dice.between(12, 30))]
        for _ in range(dice.between(2, 3)):
            start = desk.between(0, 1)
            account = desk.someone(start)
            hours, reason = dice.between(1, 9), dice.pick(_REASONS[:2])
            for who in members:
                if dice.chance(0.8):
                    at = start + int(hours * HOUR * dice.random())
                    _report(desk, Complaint(at, who, "account", account, reason, 0.06))


def _report(desk: Desk, complaint: Complaint) -> None:
    dice, outbox, at, account = desk.dice, desk.outbox, complaint.at, complaint.account
    if outbox.known(at) is None:
        return
    server = complaint.server
    report_id = dice.id("rpt")
    target = {"account": account.account_id, "mcp_server": server}.get(complaint.kind) or dice.id("tgt")
    surface, policy = ("mcp_connector", "mcp_abuse") if server else ("chat", complaint.reason)
    row: Fields = {
        "report_id": report_id,
        "submitted_at": iso(at),
        "reporter_id": complaint.who,
        "reporter_kind": "user",
        "surface": surface,
        "target_kind": complaint.kind,
        "target_id": target,
        "account_id": None if server else account.account_id,
        "mcp_server": server or None,
        "reason_code": policy,
        "claims_illegal": dice.chance(0.2),
        "is_article_16": False,
        "substantiated": dice.chance(0.3 + 0.5 * complaint.founded),
        "country": desk.town.spec.countries[dice.below(len(desk.town.spec.countries))][0],
        "language": dice.pick(LANGUAGES, LANGUAGE_WEIGHTS),
    }
    outbox.put("user_reports", row, at_ms=at)
    truly = dice.chance(complaint.founded)
    if not dice.chance(0.6):
        return
    item: Fields = {
        "source_kind": "user_report",
        "source_id": report_id,
        "item_kind": "mcp_server" if server else "content",
        "item_id": target,
        "account_id": row["account_id"],
    }
    decided = review(outbox, dice, Question(queue_of(policy, surface), surface, policy, at, truly, 0.06), item)
    if desk.town.spec.outcomes_land and decided is not None:
        verdict: Fields = {
            "report_id": report_id,
            "acknowledged_at": iso(at + HOUR),
            "decided_at": iso(decided),
            "outcome": "action_taken" if truly else dice.pick(("no_action", "invalid"), (4, 1)),
            "basis": "terms" if truly else "none",
            "processed_by": "human",
            "updated_at": iso(decided),
        }
        outbox.put("report_outcomes", verdict, at_ms=at, sent_ms=decided)


def _notices(desk: Desk) -> None:
    """Notices of honest senders of each kind, and of those who send many that lack ground or elements."""
    dice, world = desk.dice, desk.town.world
    scale, size = world.days / 14, world.accounts / 4000
    for kind in _SENDERS:
        for _ in range(max(1, round(kind.count * size))):
            sender = dice.id("snd")
            desk.truth.senders.append((sender, kind.family, False))
            for _ in range(1 + int(2 * kind.mean * scale * dice.random())):
                _notice(desk, sender, kind)
    for _ in range(max(1, round(desk.town.spec.spam_senders * size)) if desk.town.spec.spam_senders else 0):
        sender = dice.id("snd")
        desk.truth.senders.append((sender, "spam_sender", True))
        spam = Sender("spam_sender", 0, 0.0, "webform", dice.pick(("agent", "individual")), 0.72, 0.28)
        for _ in range(12 + int(40 * scale * dice.random())):
            _notice(desk, sender, spam)


def _notice(desk: Desk, sender: str, kind: Sender) -> None:
    dice, outbox = desk.dice, desk.outbox
    at = desk.between(0, 0)
    account = desk.someone(at)
    whole = dice.chance(kind.complete)
    missing = dice.pick(_ELEMENTS) if not whole else ""
    row: Fields = {
        "notice_id": dice.id("ntc"),
        "received_at": iso(at),
        "kind": "takedown",
        "channel": kind.channel,
        "sender_id": sender,
        "sender_kind": kind.kind,
        "rightsholder": f"Example Rightsholder {dice.below(30) + 1}",
        "surface": "shared_links",
        "target_count": 1,
        "targets": [{"content_id": dice.id("cnt"), "account_id": account.account_id, "url_hash": dice.hex()}],
        **{element: element != missing for element in _ELEMENTS},
        "country": dice.pick(("US", "DE", "GB", "FR", "IN")),
        "updated_at": iso(at),
    }
    decided = at + dice.between(HOUR, 30 * HOUR)
    if dice.chance(0.92) and outbox.known(decided) is not None:
        decision = "incomplete" if not whole else "accepted" if dice.chance(kind.upheld) else "rejected"
        row |= {"decided_at": iso(decided), "decision": decision, "decided_by": "vendor", "updated_at": iso(decided)}
        outbox.put("copyright_notices", row, at_ms=at, sent_ms=decided)
    else:
        outbox.put("copyright_notices", row, at_ms=at)
