"""Texts: what people wrote for part 11 and part 1, as versioned Markdown with an owner and an approval.

Reading, choosing and turning into plain text belong here; where they are printed does not.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec
import yaml

from reports.dsa import template
from reports.dsa.cells import LONGEST_TEXT

EVERY_SERVICE = "all"
PROVIDER_NAME = "provider_name"
PUBLICATION_DATE = "publication_date"
PREVIOUS_PUBLICATION_DATE = "previous_publication_date"
# In the order of the rows of part 11.
QUALITATIVE = (
    "summary_of_own_initiative",
    "own_initiative_information",
    "automated_means",
    "accuracy_of_automated_means",
    "purposes_of_automated_means",
    "safeguards_of_automated_means",
    "governance",
    "qualifications",
    "training",
    "support",
    "method_of_counting_staff",
)
INDICATORS = (PROVIDER_NAME, PUBLICATION_DATE, PREVIOUS_PUBLICATION_DATE, *QUALITATIVE)
_MOST_BYTES = 1_000_000
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?\n)---[ \t]*(?:\r?\n|\Z)(.*)\Z", re.DOTALL)
_INLINE = (
    (re.compile(r"<!--.*?-->", re.DOTALL), ""),
    (re.compile(r"!?\[([^\]\n]*)\]\(([^)\s]+)[^)\n]*\)"), r"\1 (\2)"),
    (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", re.DOTALL), r"\2"),
    (re.compile(r"(?<![\w*])[*_](?=\S)([^*_\n]+?)(?<=\S)[*_](?![\w*])"), r"\1"),
    (re.compile(r"`([^`\n]+)`"), r"\1"),
)
_HEADING = re.compile(r"#{1,6}[ \t]+(.*?)[ \t]*#*")
_BULLET = re.compile(r"[-*+][ \t]+(.*)")
_OWN_LINE = re.compile(r"(?:•|\d+[.)]) ")


class Head(msgspec.Struct, frozen=True):
    """What the front matter says.

    Attributes:
        indicator: One of INDICATORS, or the official wording of part 11.
        service: Code of a service, or `all`.
        version: Counts up.
        owner: Who answers for the text.
        valid_from: First day of a period's end from which it applies.
        approved_by: Who approved it; somebody else than the owner.
        approved_on: When.
        period: The one period it is for (as in filing ids); empty for every one.
    """

    indicator: str
    service: str
    version: int
    owner: str
    valid_from: date
    approved_by: str | None = None
    approved_on: date | None = None
    period: str = ""

    @property
    def is_approved(self) -> bool:
        """Whether somebody else than the owner approved it, and it says when."""
        return bool(self.approved_by and self.approved_on and self.approved_by.strip() != self.owner.strip())


class Text(NamedTuple):
    """One version of one text.

    Attributes:
        head: Its front matter, the indicator as one of INDICATORS.
        body: Plain text.
        content: The file's bytes.
        name: The file's name.
    """

    head: Head
    body: str
    content: bytes
    name: str


class Choice(NamedTuple):
    """What was chosen for an indicator of a service: a text, or why there is none.

    Attributes:
        text: The approved text; None when there is none.
        defect: `text_missing`, `text_not_approved`, `text_too_long`, or "".
        draft: Name of a newer or nearer text that nobody approved yet; "" when there is none.
    """

    text: Text | None
    defect: str = ""
    draft: str = ""


def read_texts(folder: Path) -> tuple[list[Text], list[str]]:
    """Every text of a folder by file name, and what is wrong with those that cannot be read.

    Args:
        folder: `texts/<report_id>` of the home; may be absent.
    """
    found: list[Text] = []
    defects: list[str] = []
    for path in sorted(folder.glob("*.md")):
        try:
            found.append(_read(path))
        except (OSError, ValueError, yaml.YAMLError) as error:
            reason = " ".join(str(error).split())[:200]
            defects.append(f"{path.name}: {reason}")
    versions: dict[tuple[str, str, int, str], list[Text]] = {}
    for text in found:
        head = text.head
        versions.setdefault((head.indicator, head.service, head.version, head.period), []).append(text)
    for group in versions.values():
        if len(group) > 1:
            defects.append(f"{' and '.join(text.name for text in group)} are the same version; neither is printed")
    return [group[0] for group in versions.values() if len(group) == 1], defects


def _read(path: Path) -> Text:
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"more than {_MOST_BYTES} bytes are no text of a report")
    content = path.read_bytes()
    match = _FRONT.match(content.decode("utf-8-sig"))
    if match is None:
        raise ValueError("there is no front matter between two lines of three hyphens")
    head = msgspec.convert(yaml.safe_load(match[1]), Head)
    indicator = _indicator(head.indicator)
    if indicator is None:
        raise ValueError(f"{head.indicator!r} is no indicator; there are: {', '.join(INDICATORS)}")
    return Text(msgspec.structs.replace(head, indicator=indicator), plain(match[2]), content, path.name)


def _indicator(text: str) -> str | None:
    official = {_bare(cells[1]): name for cells, name in zip(template.part(11).rows, QUALITATIVE, strict=True)}
    return text.strip() if text.strip() in INDICATORS else official.get(_bare(text))


def _bare(text: str) -> str:
    return " ".join(text.replace("\u2019", "'").split()).casefold()


def choose(texts: list[Text], indicator: str, service: str, period: str, last_day: date) -> Choice:
    """The text that applies: the service's own before everybody's, then the newest of those that are approved.

    Args:
        texts: What there is.
        indicator: One of INDICATORS.
        service: Code of the service.
        period: Name of the period.
        last_day: Last day of the period; later texts do not apply yet.
    """
    fitting = [
        text
        for text in texts
        if text.head.indicator == indicator
        and text.head.service in {service, EVERY_SERVICE}
        and text.head.period in {"", period}
        and text.head.valid_from <= last_day
        and text.body
    ]
    fitting.sort(key=_rank)
    approved = [text for text in fitting if text.head.is_approved]
    if not approved:
        return Choice(None, "text_not_approved" if fitting else "text_missing", fitting[-1].name if fitting else "")
    draft = fitting[-1].name if fitting[-1] is not approved[-1] else ""
    if len(approved[-1].body) > LONGEST_TEXT:
        return Choice(None, "text_too_long", draft)
    return Choice(approved[-1], draft=draft)


def _rank(text: Text) -> tuple[bool, bool, date, int, str]:
    head = text.head
    return head.service != EVERY_SERVICE, head.period != "", head.valid_from, head.version, text.name


def plain(markdown: str) -> str:
    """Markdown as plain text: no marks, one line a paragraph, a bullet a list item, links with their address.

    Nothing is interpreted as HTML: what is printed is what was written.
    """
    for pattern, replacement in _INLINE:
        markdown = pattern.sub(replacement, markdown)
    return "\n".join(_paragraphs(markdown.replace("\r\n", "\n").replace("\r", "\n")))


def _paragraphs(markdown: str) -> Iterator[str]:
    current = ""
    for line in [*markdown.split("\n"), ""]:
        bare = line.strip()
        heading = _HEADING.fullmatch(bare)
        bullet = _BULLET.fullmatch(bare)
        text = heading[1] if heading else f"• {bullet[1]}" if bullet else bare
        if current and (not text or heading or _OWN_LINE.match(text)):
            yield current
            current = ""
        if heading:
            yield text
        elif text:
            current = f"{current} {text}" if current else text
