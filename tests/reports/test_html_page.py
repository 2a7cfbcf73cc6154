from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from verifier.reports.html import lines
from verifier.verdict.verdict import Run, Verdict
from verifier.verdict.wording import one_line

VOID = {"meta", "br", "input"}


class Page(HTMLParser):
    """A page read back: its elements with their attributes, its text, and whether every element is closed."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.source = "\n".join(lines(run))
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def attributes(self, name: str) -> list[str | None]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]


@pytest.mark.parametrize("name", ["run", "hostile"])
def test_the_page_is_well_formed_and_needs_nothing_else(name: str, request):
    page = Page(request.getfixturevalue(name))
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "object", "base"} & {tag for tag, _ in page.elements}
    assert page.attributes("src") == []
    assert all(href.startswith("#") for href in page.attributes("href"))
    assert not any(attribute.startswith("on") for _, attributes in page.elements for attribute in attributes)
    assert not re.search(r"url\(|@import", page.source)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page.attributes("content")


def test_hostile_text_is_shown_as_text(hostile: Run):
    page = Page(hostile)
    assert "<script" not in page.source
    assert "\x1b" not in page.source
    name = one_line(hostile.verdicts[0].name)
    assert page.text.count(name) > 25
    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in Page(Run(())).elements} | {
        *("a", "article", "b", "br", "caption", "circle", "code", "dd", "desc", "details", "div", "dl", "dt"),
        *("figcaption", "figure", "h2", "h3", "h4", "input", "label", "li", "line", "path", "section", "span"),
        *("summary", "svg", "table", "tbody", "td", "text", "th", "thead", "title", "tr", "ul"),
    }


def test_every_field_of_a_verdict_is_escaped(hostile: Run):
    """A field that the page shows unescaped would show in the count of its tags."""
    harmless = Run((replace(hostile.verdicts[0], name="x"), hostile.verdicts[1]), hostile.problems)
    tags = [tag for tag, _ in Page(hostile).elements]
    assert tags == [tag for tag, _ in Page(replace(harmless, planned=2, versions=hostile.versions)).elements]


def test_formulas_are_typeset(agreed: Verdict):
    page = Page(Run((agreed,)))
    assert agreed.gradients["X"].mathml in page.source
    assert [tag for tag, _ in page.elements].count("math") == 3
    assert r"\mathbf{1} W^{T}" in page.text


def test_a_formula_without_mathml_is_shown_as_text(agreed: Verdict):
    page = Page(Run((replace(agreed, formula=replace(agreed.formula, mathml="", plain="a < b")),)))
    assert "<code>a &lt; b</code>" in page.source


def test_the_summary_links_to_every_case(run: Run):
    page = Page(run)
    links = [href for href in page.attributes("href") if href.startswith("#case-")]
    assert links == [f"#case-{k}" for k in range(8)]
    articles = {attributes["id"]: attributes for tag, attributes in page.elements if tag == "article"}
    assert [articles[link[1:]]["data-outcome"] for link in links] == [verdict.outcome for verdict in run.verdicts]


def test_every_outcome_that_occurs_can_be_hidden(run: Run):
    page = Page(run)
    boxes = [attributes["id"] for tag, attributes in page.elements if tag == "input"]
    assert boxes == ["show-wrong", "show-inaccurate", "show-undecided", "show-agreed"]
    for box in boxes:
        outcome = box.removeprefix("show-")
        assert f'body:has(#{box}:not(:checked)) [data-outcome="{outcome}"] {{ display: none; }}' in page.source


def test_the_page_says_what_the_other_reports_say(run: Run):
    text = Page(run).text
    for sentence in (
        "4 agreed, 2 wrong, 1 inaccurate, 1 undecided, 1 file could not be read, 4 notes, in 4.2 s",
        "interrupted after 8 of 12 cases",
        "cases/losses.py does not import: No module named 'losses' (line 3)",
        "The gradient by each factor is made of the sums of the other.",
        "the gradient by W from reverse mode is wrong at W[417, 3] = 0.25",
        "reverse mode 0 ± 6.7e-16 ← blamed",
        "1.5 where 6.7e-16 is allowed: 51.0 bits lost",
        "1 of 1,000,000 beyond what is allowed: one entry, [417, 3]",
        "one entry alone is off, and 0 there, as if never written",
        "verifier.check(torch.mm, inputs, formula=formula)",
        "wrong on purpose: reverse mode was to be blamed, and was",
        "the input is on the border of a piece at [1], where the derivative jumps",
        "✓ claimed: the derivatives of all intermediate nodes are kept y.grad is None — refuted",
        "✗ a second backward raises nothing was raised",
        "order 2 was not asked for",
        "torch 2.13.0",
    ):
        assert sentence in text


def test_cases_without_a_file_have_no_heading_for_it(wrong: Verdict, agreed: Verdict):
    page = Page(Run((replace(wrong, source=None), agreed)))
    assert [attributes.get("class") for tag, attributes in page.elements if tag == "tr"].count("file") == 1


def test_the_picture_is_labelled_and_marks_the_chosen_step(agreed: Verdict, curve):
    source = Page(Run((agreed,))).source
    svg = ElementTree.fromstring(re.search(r"<svg.*?</svg>", source, re.DOTALL).group())
    assert svg.find("title").text == "Finite-difference error at W[0, 1] against the relative step"
    assert svg.find("desc").text == (
        "Both axes are logarithmic. At the chosen step, 0.0078, the true error is 3.8e-15 and the estimated error "
        "is 1.3e-14."
    )
    assert set(svg.get("aria-labelledby").split()) == {svg.find("title").get("id"), svg.find("desc").get("id")}
    labels = [text.text for text in svg.findall("text")]
    assert {"10⁻²", "10⁻⁷", "relative step", "error"} <= set(labels)
    chosen = svg.find("line[@class='chosen']").get("x1")
    large = [circle for circle in svg.findall("circle") if circle.get("r") == "4.5"]
    assert [circle.get("cx") for circle in large] == [chosen]
    assert len(svg.findall("circle")) == len(curve.steps)


def test_a_tolerance_says_what_would_have_passed(tolerant: Verdict):
    text = Page(Run((tolerant,))).text
    assert "tolerance atol=10, rtol=0, as you set it" in text
    assert "warning too loose for X: a zero gradient or half of it would pass too" in text
