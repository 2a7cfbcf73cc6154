from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Console
from rich.text import Text

from verifier.reports import terminal
from verifier.verdict.verdict import Finding, Run, Verdict


def test_wrong_says_who_where_and_by_how_much(wrong: Verdict):
    assert str(wrong).splitlines() == [
        "✗ wrong: one entry of a product (cases/autograd_basics.py, float64)",
        "  the gradient by W from reverse mode is wrong at W[417, 3] = 0.25",
        "    symbolic            1.5            ± 1.1e-30",
        "    reverse mode        0              ± 6.7e-16  ← blamed",
        "    forward mode        1.5            ± 6.7e-16",
        "    finite differences  1.50000000002  ± 3.1e-11",
        "  error         1.5 where 6.7e-16 is allowed: 51.0 bits lost",
        "  entries       1 of 1,000,000 beyond what is allowed: one entry, [417, 3]",
        "  likely cause  one entry alone is off, and 0 there, as if never written",
        "  reason        symbolic, forward mode and finite differences agree against it",
        "  reproduce     verifier.check(torch.mm, inputs, formula=formula)",
        "  notes         1, in verdict.notes and in reports",
    ]


def test_inaccurate_says_where_it_was_seen(inaccurate: Verdict):
    assert str(inaccurate).splitlines() == [
        "≈ inaccurate: layer norm in one pass (cases/autograd_basics.py, float32)",
        "  the gradient by x from reverse mode is inaccurate at x[2] = 1000.125",
        "    symbolic      0.1234568  ± 1e-25",
        "    reverse mode  0.1235123  ± 6e-08  ← blamed",
        "  error         5.6e-05 where 6.6e-07 is allowed: 9.9 bits lost",
        "  entries       8 of 24 beyond what is allowed",
        "  likely cause  cancellation: the variance is a difference of two large sums",
        "  reason        the same bits are lost in float32 and in float64, so it is",
        "                rounding",
        "  seen          at the point “large mean”, with the variation “expanded",
        "                cotangent”",
    ]


def test_undecided_gives_the_reason_and_counts_notes_beyond_two(undecided: Verdict):
    assert str(replace(undecided, notes=(*undecided.notes, "third", "fourth"))).splitlines() == [
        "? undecided: relu at its kink (cases/autograd_basics.py, float64)",
        "  reason        the input is on the border of a piece at [1], where the",
        "                derivative jumps",
        "  note          forward mode: the function has no jvp",
        "  note          finite differences: one-sided values differ",
        "                and 2 more notes",
    ]


def test_agreed_is_summed_up(agreed: Verdict):
    assert str(agreed).splitlines() == [
        "✓ agreed: sum of a product (cases/autograd_basics.py, float64)",
        "  formula        total(X·W)",
        "  gradient by X  1·Wᵀ",
        "  gradient by W  Xᵀ·1",
        "                    witnesses                     difference  allowed  entries",
        "  ✓  value          symbolic, reverse mode        0           4.4e-15  all 1",
        "  ✓  gradient by X  symbolic, reverse mode        4.4e-16     4.4e-15  all 9",
        "  ✓  gradient by X  symbolic, finite differences  2.1e-13     3e-12    4 of 9",
        "  ✓  gradient by W  symbolic, reverse mode        0           4.4e-15  all 9",
    ]


def test_a_contract_has_a_line_for_each_promise(kept: Verdict, broken: Verdict):
    assert str(kept).splitlines() == [
        "✓ agreed: grad of a non-leaf (cases/autograd_basics.py)",
        "  ✓  promised: `.grad` of a non-leaf is None — seen: None",
        "  ✓  promised: reading it warns — seen: UserWarning: the .grad attribute of a",
        "     Tensor is being accessed",
    ]
    assert str(broken).splitlines() == [
        "✗ wrong: backward twice raises (cases/autograd_basics.py)",
        "  ✗  promised: a second backward raises — seen: nothing was raised",
    ]


def test_a_refuted_claim_shows_its_evidence(refuted: Verdict):
    assert str(refuted).splitlines() == [
        "✓ agreed: gradients of all nodes (cases/autograd_basics.py)",
        "  ✓  claimed: the derivatives of all intermediate nodes are kept — evidence:",
        "     y.grad is None — refuted",
    ]


def test_wrong_on_purpose_says_who_was_to_be_blamed_and_who_was(on_purpose: Verdict):
    assert str(on_purpose).splitlines()[:3] == [
        "✓ agreed: a backward that doubles (cases/wrong_on_purpose.py, float64)",
        "  wrong on purpose: reverse mode was to be blamed, and was",
        "  the gradient by X from reverse mode is wrong at X[0, 2] = 0.5",
    ]


def test_three_findings_are_shown_worst_first_and_the_others_counted(wrong: Verdict):
    findings = tuple(Finding("wrong", "reverse mode", f"reason {k}", input=f"x{k}") for k in range(5))
    assert str(replace(wrong, findings=findings, notes=())).splitlines() == [
        "✗ wrong: one entry of a product (cases/autograd_basics.py, float64)",
        "  the gradient by x0 from reverse mode is wrong",
        "  reason        reason 0",
        "",
        "  the gradient by x1 from reverse mode is wrong",
        "  reason        reason 1",
        "",
        "  the gradient by x2 from reverse mode is wrong",
        "  reason        reason 2",
        "  and 2 more findings",
    ]


def test_an_explanation_tells_everything(wrong: Verdict):
    notes = tuple(f"note {k}" for k in range(4))
    shown = terminal.explanation(replace(wrong, reason="one finding", notes=notes, lesson="Look twice."))
    assert shown.splitlines() == [
        "✗ wrong: one entry of a product (cases/autograd_basics.py, float64)",
        "  Look twice.",
        "",
        "  reason        one finding",
        "",
        "  formula        F",
        "  gradient by W  Xᵀ·1",
        "",
        "  the gradient by W from reverse mode is wrong at W[417, 3] = 0.25",
        "    symbolic            1.5            ± 1.1e-30",
        "    reverse mode        0              ± 6.7e-16  ← blamed",
        "    forward mode        1.5            ± 6.7e-16",
        "    finite differences  1.50000000002  ± 3.1e-11",
        "  error         1.5 where 6.7e-16 is allowed: 51.0 bits lost",
        "  entries       1 of 1,000,000 beyond what is allowed: one entry, [417, 3]",
        "  likely cause  one entry alone is off, and 0 there, as if never written",
        "  reason        symbolic, forward mode and finite differences agree against it",
        "  reproduce     verifier.check(torch.mm, inputs, formula=formula)",
        "",
        "     gradient by    witnesses     values  difference  allowed",
        "  ✗  W[417, 3]      symbolic      1.5     1.5         6.7e-16",
        "     all 1,000,000  reverse mode  0",
        "",
        "  symbolic            SymPy derives it, ball arithmetic evaluates it",
        "  reverse mode        torch.autograd.grad",
        "  forward mode        torch.func.jvp",
        "  finite differences  central differences along relative directions",
        "",
        "  note          note 0",
        "  note          note 1",
        "  note          note 2",
        "  note          note 3",
    ]


def test_an_explanation_shows_all_findings(wrong: Verdict):
    shown = terminal.explanation(replace(wrong, findings=wrong.findings * 5))
    assert shown.count("is wrong at W[417, 3]") == 5


def test_an_explanation_shows_values_to_the_last_digit(agreed: Verdict):
    assert terminal.explanation(agreed).splitlines()[7:16] == [
        "     gradient by  witnesses           values              difference  allowed",
        "  ✓  (value)      symbolic            2.2278              0           4.4e-15",
        "     all 1        reverse mode        2.2278",
        "  ✓  X[0, 1]      symbolic            2.2277999999999998  4.4e-16     4.4e-15",
        "     all 9        reverse mode        2.2278000000000002",
        "  ✓  X[0, 1]      symbolic            2.2278              2.1e-13     3e-12",
        "     4 of 9       finite differences  2.2278",
        "  ✓  W[0, 1]      symbolic            2.2278              0           4.4e-15",
        "     all 9        reverse mode        2.2278",
    ]


@pytest.mark.parametrize(
    "name", ["agreed", "wrong", "inaccurate", "undecided", "kept", "refuted", "broken", "on_purpose"]
)
def test_the_text_has_no_colour_and_fits_80_columns(name: str, request, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    shown = str(request.getfixturevalue(name))
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert len(shown.splitlines()) <= 12


def test_hostile_text_cannot_reach_the_terminal(hostile: Run):
    shown = "\n".join([*terminal.lines(hostile, Console(width=80)), str(hostile.verdicts[0])])
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\x1b[31m" in shown


def test_the_report_ends_with_the_table_the_totals_and_the_interruption(run: Run):
    shown = list(terminal.lines(run, Console(width=100)))
    assert shown[shown.index("") + 1 :] == [
        " case                       outcome       dtype    witnesses             time",
        " ─────────────────────────────────────────────────────────────────────────────",
        " cases/autograd_basics.py",
        "   sum of a product         ✓ agreed      float64  all 4                41 ms",
        "   grad of a non-leaf       ✓ agreed               2 of 2 promises       3 ms",
        "   gradients of all nodes   ✓ agreed               1 of 1 promises       2 ms",
        "   one entry of a product   ✗ wrong       float64  all 4                3.2 s",
        "   backward twice raises    ✗ wrong                0 of 1 promises       4 ms",
        "   layer norm in one pass   ≈ inaccurate  float32  symbolic, reverse   200 ms",
        "                                                   mode",
        "   relu at its kink         ? undecided   float64  all 4                20 ms",
        " cases/wrong_on_purpose.py",
        "   a backward that doubles  ✓ agreed      float64  all but forward      50 ms",
        "                                                   mode",
        "",
        "all 4 witnesses: symbolic, reverse mode, forward mode, finite differences",
        "",
        "4 agreed, 2 wrong, 1 inaccurate, 1 undecided, 1 file could not be read, 4 notes, in 4.2 s",
        "interrupted after 8 of 12 cases",
    ]


def test_each_case_that_is_not_agreed_and_each_problem_has_a_panel(run: Run):
    shown = "\n".join(terminal.lines(run, Console(width=100)))
    titles = [line[3:].rstrip("─╮ ") for line in shown.splitlines() if line.startswith("╭")]
    assert titles == [
        "✗ wrong: one entry of a product (cases/autograd_basics.py, float64)",
        "✗ wrong: backward twice raises (cases/autograd_basics.py)",
        "≈ inaccurate: layer norm in one pass (cases/autograd_basics.py, float32)",
        "? undecided: relu at its kink (cases/autograd_basics.py, float64)",
        "could not be read: cases/losses.py",
    ]
    assert "│ cases/losses.py does not import: No module named 'losses' (line 3)" in shown


@pytest.mark.parametrize("width", [80, 140])
def test_the_report_is_as_wide_as_the_console(run: Run, width: int):
    assert max(map(len, terminal.lines(run, Console(width=width)))) == width


def test_colour_adds_nothing_but_colour(run: Run):
    coloured = terminal.lines(run, Console(width=100, force_terminal=True, color_system="truecolor"))
    undressed = [Text.from_ansi(line).plain.rstrip() for line in coloured]
    assert undressed == list(terminal.lines(run, Console(width=100)))


def test_without_a_console_it_is_80_columns_of_plain_text(run: Run, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    assert list(terminal.REPORT.lines(run)) == list(terminal.lines(run, Console(width=80, color_system=None)))
    assert capsys.readouterr().out == ""


def test_a_run_without_cases_says_so():
    assert list(terminal.lines(Run((), seconds=0.25))) == ["no cases, in 250 ms"]


def test_a_tolerance_says_what_would_have_passed(tolerant: Verdict):
    shown = str(tolerant).splitlines()
    start = shown.index("  tolerance     atol=10, rtol=0, as you set it")
    assert shown[start + 1 : start + 4] == [
        "  warning       too loose for X: a zero gradient or half of it would pass too",
        "  strict        for W: a zero gradient or twice it would not pass",
        "                    witnesses                     difference  allowed  entries",
    ]
    assert "too loose for X" in terminal.explanation(tolerant)


def test_without_a_tolerance_nothing_is_said_of_one(agreed: Verdict):
    assert "tolerance" not in str(agreed)


def test_a_finding_takes_twelve_lines(wrong: Verdict):
    (finding,) = wrong.findings
    long = "a word after another " * 12
    whole = replace(finding, cause=long, reason=long, pattern=long)
    said = str(replace(wrong, findings=(whole,))).splitlines()
    assert len(said) <= terminal.LINES
    assert [line for line in said if line.startswith("  reproduce")] == [
        "  reproduce     verifier.check(torch.mm, inputs, formula=formula)"
    ]
    assert sum("…" in line for line in said) == 3
    two = str(replace(wrong, findings=(whole, replace(finding, input="X")))).splitlines()
    assert len(two) <= 2 * terminal.LINES
