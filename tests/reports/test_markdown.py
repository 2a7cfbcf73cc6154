from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from verifier.reports.markdown import code, escape, lines
from verifier.verdict.verdict import Run, Verdict

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = [
    "<script>alert(1)</script>",
    "a | b",
    "**bold** and *this* and _that_ and ~~gone~~",
    "[link](javascript:alert(1)) and ![image](x)",
    "`code` and ``more``",
    "&lt; &amp; \\* \\",
    "# heading",
    "- item",
    "+ item",
    "12. item",
    "3) item",
    "> quote",
    "===",
    "---",
    "[x]: /url",
    "two\n\nparagraphs",
    "<!-- comment",
    "</details>",
]


def text_of(source: str) -> tuple[list[str], list[str]]:
    """The kinds of token that a Markdown reader finds, and the texts."""
    tokens = READER.parse(source)
    inline = [child for token in tokens for child in token.children or ()]
    return [token.type for token in (*tokens, *inline)], [child.content for child in inline]


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_text_is_read_as_itself(text: str):
    kinds, texts = text_of(escape(text))
    assert set(kinds) <= {"paragraph_open", "inline", "paragraph_close", "text", "text_special"}
    assert "".join(texts) == " ".join(text.split())


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_text_stays_in_its_cell(text: str):
    kinds, texts = text_of(f"| a | b |\n| --- | --- |\n| {escape(text)} | end |")
    assert kinds.count("td_open") == 2
    assert texts[-1] == "end"
    assert "".join(texts[2:-1]) == " ".join(text.split())


@pytest.mark.parametrize("text", [*HOSTILE, "`", "```"])
def test_code_is_read_as_itself(text: str):
    kinds, texts = text_of(code(text))
    assert kinds == ["paragraph_open", "inline", "paragraph_close", "code_inline"]
    assert texts == [" ".join(text.split())]


def test_words_with_underscores_stay_readable():
    assert escape("cases/autograd_basics.py, 2 _private_") == "cases/autograd_basics.py, 2 \\_private\\_"


def test_the_summary_comes_first(run: Run):
    assert list(lines(run))[:18] == [
        "# Gradient report",
        "",
        "**4 agreed, 2 wrong, 1 inaccurate, 1 undecided, 1 file could not be read, 4 notes, in 4.2 s**",
        "",
        "**interrupted after 8 of 12 cases**",
        "",
        "**could not be read:** cases/losses.py: cases/losses.py does not import: No module named 'losses' (line 3)",
        "",
        "| file | case | outcome | dtype | witnesses | time |",
        "| --- | --- | --- | --- | --- | --- |",
        "| cases/autograd_basics.py | sum of a product | ✓ agreed | float64 | all 4 | 41 ms |",
        "| cases/autograd_basics.py | grad of a non-leaf | ✓ agreed |  | 2 of 2 promises | 3 ms |",
        "| cases/autograd_basics.py | gradients of all nodes | ✓ agreed |  | 1 of 1 promises | 2 ms |",
        "| cases/autograd_basics.py | one entry of a product | **✗ wrong** | float64 | all 4 | 3.2 s |",
        "| cases/autograd_basics.py | backward twice raises | **✗ wrong** |  | 0 of 1 promises | 4 ms |",
        "| cases/autograd_basics.py | layer norm in one pass | **≈ inaccurate** | float32 | symbolic, reverse mode"
        " | 200 ms |",
        "| cases/autograd_basics.py | relu at its kink | **? undecided** | float64 | all 4 | 20 ms |",
        "| cases/wrong_on_purpose.py | a backward that doubles | ✓ agreed | float64 | all but forward mode | 50 ms |",
    ]


def test_a_case_that_is_wrong_has_its_section(wrong: Verdict):
    shown = list(lines(Run((wrong,))))
    assert shown[shown.index("## ✗ wrong: one entry of a product") :] == [
        "## ✗ wrong: one entry of a product",
        "",
        "cases/autograd_basics.py, float64",
        "",
        "- formula: `F`",
        "- gradient by W: `Xᵀ·1`",
        "",
        "**the gradient by W from reverse mode is wrong at W\\[417, 3] = 0.25**",
        "",
        "| witness | value | error |  |",
        "| --- | --- | --- | --- |",
        "| symbolic | 1.5 | ± 1.1e-30 |  |",
        "| reverse mode | 0 | ± 6.7e-16 | ← blamed |",
        "| forward mode | 1.5 | ± 6.7e-16 |  |",
        "| finite differences | 1.50000000002 | ± 3.1e-11 |  |",
        "",
        "- error: 1.5 where 6.7e-16 is allowed: 51.0 bits lost",
        "- entries: 1 of 1,000,000 beyond what is allowed: one entry, \\[417, 3]",
        "- likely cause: one entry alone is off, and 0 there, as if never written",
        "- reason: symbolic, forward mode and finite differences agree against it",
        "- reproduce: verifier.check(torch.mm, inputs, formula=formula)",
        "",
        "|  | furthest apart | witnesses | values | difference | allowed | entries |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| ✗ | gradient by W\\[417, 3] | symbolic, reverse mode | 1.5, 0 | 1.5 | 6.7e-16 | all 1,000,000 |",
        "",
        "- note: the formula was evaluated in 113-bit balls",
    ]


def test_cases_that_agreed_are_folded_behind_those_that_did_not(run: Run):
    shown = list(lines(run))
    folded = [line for line in shown if line.startswith("<details>")]
    assert folded == [
        "<details><summary>✓ agreed: sum of a product (cases/autograd_basics.py, float64)</summary>",
        "<details><summary>✓ agreed: grad of a non-leaf (cases/autograd_basics.py)</summary>",
        "<details><summary>✓ agreed: gradients of all nodes (cases/autograd_basics.py)</summary>",
        "<details><summary>✓ agreed: a backward that doubles (cases/wrong_on_purpose.py, float64)</summary>",
    ]
    assert max(k for k, line in enumerate(shown) if line.startswith("## ")) < shown.index(folded[0])
    assert shown.count("</details>") == 4
    assert "wrong on purpose: reverse mode was to be blamed, and was" in shown
    assert "✓ claimed: the derivatives of all intermediate nodes are kept — evidence: y.grad is None — refuted" in shown


def test_hostile_text_makes_no_markup(hostile: Run):
    tokens = READER.parse("\n".join(lines(hostile)))
    markup = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert [line.split(":")[0] for line in markup] == ["<details><summary>✓ agreed", "</details>"]
    assert markup[0].count("<") == 3
    inline = {child.type for token in tokens for child in token.children or ()}
    assert inline <= {"text", "text_special", "strong_open", "strong_close", "code_inline"}
    rows = [len(row) for row in _rows(tokens)]
    assert rows == [6, 6, 4, 7]


def _rows(tokens) -> list[list[str]]:
    rows: list[list[str]] = []
    for kind in (token.type for token in tokens):
        if kind == "tr_open":
            rows.append([])
        if kind == "td_open":
            rows[-1].append(kind)
    return [row for row in rows if row]


def test_a_tolerance_says_what_would_have_passed(tolerant: Verdict):
    shown = list(lines(Run((tolerant,))))
    start = shown.index("- tolerance: atol=10, rtol=0, as you set it")
    assert shown[start + 1 : start + 3] == [
        "- warning: too loose for X: a zero gradient or half of it would pass too",
        "- strict: for W: a zero gradient or twice it would not pass",
    ]
