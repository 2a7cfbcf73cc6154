"""The report as one self-contained page: formulas typeset as MathML, errors drawn as SVG, no network, no script."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from verifier.report import Report
from verifier.symbolic.rendered import Rendered
from verifier.verdict import picture, wording
from verifier.verdict.verdict import SEVERITY, Comparison, Run


def lines(run: Run) -> Iterator[str]:
    """The page, with everything escaped but the MathML of formulas, which comes from our own printer."""
    page = _environment().get_template("page.html.jinja")
    files = groupby(enumerate(run.verdicts), key=lambda numbered: numbered[1].source)
    text = page.render(
        run=run,
        files=[(source, list(verdicts)) for source, verdicts in files],
        severity=SEVERITY,
        everyone=wording.speakers(run),
    )
    yield from text.split("\n")


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("verifier", "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(wording=wording, layout=picture)
    environment.filters.update(line=wording.one_line, typeset=_typeset, sides=_sides)
    return environment


def _typeset(formula: Rendered) -> Markup:
    """A formula as markup: the only place where text goes into the page as it is."""
    if formula.mathml:
        return Markup(formula.mathml)
    return Markup("<code>{}</code>").format(wording.one_line(formula.plain))


def _sides(comparison: Comparison) -> dict[str, str]:
    return wording.side_by_side({"left": comparison.left_value, "right": comparison.right_value})


REPORT = Report(
    name="html",
    suffix=".html",
    describes="one self-contained page with typeset formulas and pictures",
    lines=lines,
)
