"""What pages are made with: their templates, their styles and scripts, and figures as data.

Everything is put into the page, which loads nothing from anywhere.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.io.json import to_json_plotly
from plotly.offline import get_plotlyjs

TEMPLATES = Path(__file__).resolve().parent / "templates"


def page_code(drawn: Mapping[str, Any]) -> dict[str, Markup]:
    """Return styles, scripts and figures; `<` in a figure's strings must not end its element.

    Args:
        drawn: Plotly figures by the id of their place in the page.
    """
    figures = {name: figure.to_plotly_json() for name, figure in drawn.items()}
    as_json = to_json_plotly(figures).replace("<", "\\u003c")
    return {
        "css": own_code("report.css"),
        "figures_js": own_code("figures.js"),
        "figures": Markup(as_json),  # noqa: S704 - escaped
        "plotly_js": Markup(get_plotlyjs()),  # noqa: S704 - the library's own
    }


def own_code(name: str) -> Markup:
    """Return one of our own files beside the templates as it stands."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704 - our own


def rendered(template: str, values: Mapping[str, Any]) -> str:
    """Return the page that a template makes of values; a name that is missing is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template(template).render(**values)
