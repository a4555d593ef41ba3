"""HTML: the document as one self-contained page with Plotly charts; it opens from a file, without a network.

Charts and the page's assembly belong here; markup stands in templates/, wording in the document.
"""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from reports.render.document import SYNTHETIC_NOTE, BarChart, Document

TEMPLATES = Path(__file__).parent / "templates"
BAR = "#2f6f9f"


@cache
def _environment() -> Any:  # noqa: ANN401 - jinja2 is imported where it is used
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_template(name: str, **values: Any) -> str:  # noqa: ANN401 - whatever the template names
    """A page from templates/; every value is escaped."""
    return str(_environment().get_template(name).render(style=_style(), **values))


def page_bytes(document: Document) -> bytes:
    """The page. Its charts' library stands in it once; its policy forbids it to load anything."""
    from markupsafe import Markup

    charts = [(chart_id, chart) for chart_id, chart in _charts(document)]
    return render_template(
        "report.html.j2",
        document=document,
        note=SYNTHETIC_NOTE,
        chart_ids={id(chart): chart_id for chart_id, chart in charts},
        identity=id,
        figures_json=Markup(_script_json({chart_id: chart_spec(chart) for chart_id, chart in charts})),  # noqa: S704 - escaped
        plotly=Markup(plotly_script()) if charts else "",  # noqa: S704 - the library itself
    ).encode("utf-8")


@cache
def plotly_script() -> str:
    """The charts' library, from the installed package."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def chart_spec(chart: BarChart) -> dict[str, Any]:
    """A horizontal bar chart as Plotly takes it; labels are data, never markup."""
    bars = list(reversed(chart.bars))
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": [bar.value for bar in bars],
                "y": list(range(len(bars))),
                "text": [_plain(bar.text) for bar in bars],
                "customdata": [_plain(bar.label) for bar in bars],
                "textposition": "outside",
                "cliponaxis": False,
                "marker": {"color": BAR},
                "hovertemplate": "%{customdata}: %{text}<extra></extra>",
            }
        ],
        "layout": {
            "height": 64 + 27 * max(len(bars), 2),
            "margin": {"l": 8, "r": 70, "t": 8, "b": 30},
            "bargap": 0.32,
            "font": {"family": "system-ui, sans-serif", "size": 12, "color": "#24313d"},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": {
                "title": {"text": chart.unit, "font": {"size": 11}},
                "rangemode": "tozero",
                "gridcolor": "#e3e8ed",
                "zeroline": False,
                "fixedrange": True,
                "nticks": 5,
            },
            "yaxis": {
                "automargin": True,
                "fixedrange": True,
                "tickmode": "array",
                "tickvals": list(range(len(bars))),
                "ticktext": [_plain(bar.label)[:32] for bar in bars],
                "ticksuffix": "  ",
            },
        },
    }


def _plain(text: str) -> str:
    """Plotly reads a small markup in labels; show such characters as what they are."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("%{", "% {")


def _charts(document: Document) -> list[tuple[str, BarChart]]:
    return [
        (f"chart-{section.part}-{number}", chart)
        for section in document.sections
        for number, chart in enumerate(section.charts)
    ]


def _script_json(value: object) -> str:
    """JSON that may stand inside a script element."""
    text = msgspec.json.encode(value).decode()
    return (
        text.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


@cache
def _style() -> Any:  # noqa: ANN401 - Markup
    from markupsafe import Markup

    return Markup((TEMPLATES / "house.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
