"""One run that holds every kind of verdict, as a real run would give them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hostile import compared, hostile_run

from verifier.symbolic.rendered import Rendered
from verifier.verdict.verdict import (
    Curve,
    Finding,
    Looseness,
    Problem,
    Promised,
    Run,
    Verdict,
)

WITNESSES = {
    "symbolic": "SymPy derives it, ball arithmetic evaluates it",
    "reverse mode": "torch.autograd.grad",
    "forward mode": "torch.func.jvp",
    "finite differences": "central differences along relative directions",
}
MATHML = '<math xmlns="http://www.w3.org/1998/Math/MathML"><mn>1</mn><mo>·</mo><msup><mi>W</mi><mi>T</mi></msup></math>'
BASICS = "cases/autograd_basics.py"
FAULTY = "cases/wrong_on_purpose.py"


def identifier(name: str) -> Rendered:
    return Rendered(name, name, f'<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>{name}</mi></math>')


@pytest.fixture
def curve() -> Curve:
    """As a finite difference behaves: truncation falls with the eighth power, rounding grows with 1/h."""
    steps = tuple(2.0**-k for k in range(3, 31))
    true = tuple(abs(3 * h**8 - 2e-17 / h * (1 + (k % 3) / 2)) for k, h in enumerate(steps))
    estimated = tuple(5 * h**8 + 1e-16 / h for h in steps)
    return Curve("W", (0, 1), steps, true, estimated, chosen=estimated.index(min(estimated)))


@pytest.fixture
def agreed(curve: Curve) -> Verdict:
    return Verdict(
        "sum of a product",
        "agreed",
        formula=Rendered(
            "total(X·W)",
            r"\sum_{i,j} (X W)_{ij}",
            '<math xmlns="http://www.w3.org/1998/Math/MathML"><munder><mo>∑</mo><mrow><mi>i</mi><mo>,</mo><mi>j</mi>'
            "</mrow></munder><msub><mrow><mo>(</mo><mi>X</mi><mi>W</mi><mo>)</mo></mrow>"
            "<mrow><mi>i</mi><mi>j</mi></mrow></msub></math>",
        ),
        gradients={
            "X": Rendered("1·Wᵀ", r"\mathbf{1} W^{T}", MATHML),
            "W": Rendered("Xᵀ·1", r"X^{T} \mathbf{1}", MATHML),
        },
        witnesses=WITNESSES,
        comparisons=(
            compared(None, "symbolic", "reverse mode"),
            compared("X", "symbolic", "reverse mode", right_value=2.2278000000000002, difference=4.4e-16),
            compared("X", "symbolic", "finite differences", difference=2.1e-13, allowed=3e-12, entries=4),
            compared("W", "symbolic", "reverse mode"),
        ),
        curves=(curve,),
        notes=("order 2 was not asked for",),
        lesson="The gradient by each factor is made of the sums of the other.",
        dtype="float64",
        source=BASICS,
        seconds=0.0412,
    )


@pytest.fixture
def wrong() -> Verdict:
    """One entry of 1000×1000 is never written."""
    return Verdict(
        "one entry of a product",
        "wrong",
        findings=(
            Finding(
                "wrong",
                "reverse mode",
                "symbolic, forward mode and finite differences agree against it",
                input="W",
                position=1,
                index=(417, 3),
                values={
                    "symbolic": 1.5,
                    "reverse mode": 0.0,
                    "forward mode": 1.5,
                    "finite differences": 1.50000000002,
                },
                errors={
                    "symbolic": 1.1e-30,
                    "reverse mode": 6.7e-16,
                    "forward mode": 6.7e-16,
                    "finite differences": 3.1e-11,
                },
                input_value=0.25,
                error=1.5,
                allowed=6.7e-16,
                bits_lost=51.02,
                entries=1,
                size=1_000_000,
                pattern="one entry, [417, 3]",
                cause="one entry alone is off, and 0 there, as if never written",
                call="verifier.check(torch.mm, inputs, formula=formula)",
            ),
        ),
        formula=identifier("F"),
        gradients={"W": Rendered("Xᵀ·1", r"X^{T} \mathbf{1}", MATHML)},
        witnesses=WITNESSES,
        comparisons=(
            compared(
                "W",
                "symbolic",
                "reverse mode",
                index=(417, 3),
                left_value=1.5,
                right_value=0.0,
                difference=1.5,
                allowed=6.7e-16,
                entries=1_000_000,
                size=1_000_000,
                agrees=False,
            ),
        ),
        notes=("the formula was evaluated in 113-bit balls",),
        dtype="float64",
        source=BASICS,
        seconds=3.21,
    )


@pytest.fixture
def tolerant(agreed: Verdict) -> Verdict:
    """Agreed, with tolerances that one gradient passes whatever it is."""
    return replace(
        agreed,
        name="a loose tolerance",
        tolerance="atol=10, rtol=0",
        looseness=(
            Looseness("X", ("a zero gradient", "half of it", "its transpose"), ("a zero gradient", "half of it")),
            Looseness("W", ("a zero gradient", "twice it"), ()),
        ),
    )


@pytest.fixture
def inaccurate() -> Verdict:
    return Verdict(
        "layer norm in one pass",
        "inaccurate",
        findings=(
            Finding(
                "inaccurate",
                "reverse mode",
                "the same bits are lost in float32 and in float64, so it is rounding",
                input="x",
                index=(2,),
                values={"symbolic": 0.12345678901234, "reverse mode": 0.12351234},
                errors={"symbolic": 1e-25, "reverse mode": 6e-8},
                input_value=1000.125,
                error=5.6e-5,
                allowed=6.6e-7,
                bits_lost=9.9,
                entries=8,
                size=24,
                cause="cancellation: the variance is a difference of two large sums",
                point="large mean",
                variation="expanded cotangent",
            ),
        ),
        witnesses={name: WITNESSES[name] for name in ("symbolic", "reverse mode")},
        dtype="float32",
        source=BASICS,
        seconds=0.2,
    )


@pytest.fixture
def undecided() -> Verdict:
    return Verdict(
        "relu at its kink",
        "undecided",
        reason="the input is on the border of a piece at [1], where the derivative jumps",
        witnesses=WITNESSES,
        notes=("forward mode: the function has no jvp", "finite differences: one-sided values differ"),
        dtype="float64",
        source=BASICS,
        seconds=0.02,
    )


@pytest.fixture
def kept() -> Verdict:
    return Verdict(
        "grad of a non-leaf",
        "agreed",
        promises=(
            Promised("`.grad` of a non-leaf is None", "None", True),
            Promised("reading it warns", "UserWarning: the .grad attribute of a Tensor is being accessed", True),
        ),
        lesson="Only leaves keep what backward brings them.",
        source=BASICS,
        seconds=0.003,
    )


@pytest.fixture
def refuted() -> Verdict:
    return Verdict(
        "gradients of all nodes",
        "agreed",
        promises=(
            Promised("the derivatives of all intermediate nodes are kept", "y.grad is None", True, refutes=True),
        ),
        source=BASICS,
        seconds=0.002,
    )


@pytest.fixture
def broken() -> Verdict:
    """A contract that is not kept: the outcome is wrong although there is no gradient to speak of."""
    return Verdict(
        "backward twice raises",
        "wrong",
        promises=(Promised("a second backward raises", "nothing was raised", False),),
        source=BASICS,
        seconds=0.004,
    )


@pytest.fixture
def on_purpose() -> Verdict:
    finding = Finding(
        "wrong",
        "reverse mode",
        "symbolic and finite differences agree against it",
        input="X",
        index=(0, 2),
        values={"symbolic": 3.0, "reverse mode": 6.0, "finite differences": 3.0},
        errors={"symbolic": 0.0, "reverse mode": 1e-15, "finite differences": 2e-12},
        input_value=0.5,
        error=3.0,
        allowed=1.3e-15,
        bits_lost=54.6,
        entries=9,
        size=9,
        cause="every entry is 2 times the true one",
    )
    return Verdict(
        "a backward that doubles",
        "agreed",
        findings=(finding,),
        witnesses={name: WITNESSES[name] for name in ("symbolic", "reverse mode", "finite differences")},
        expected_blame="reverse mode",
        dtype="float64",
        source=FAULTY,
        seconds=0.05,
    )


@pytest.fixture
def run(agreed, kept, refuted, wrong, broken, inaccurate, undecided, on_purpose) -> Run:
    return Run(
        verdicts=(agreed, kept, refuted, wrong, broken, inaccurate, undecided, on_purpose),
        problems=(Problem("cases/losses.py", "cases/losses.py does not import: No module named 'losses' (line 3)"),),
        planned=12,
        interrupted=True,
        seconds=4.23,
        versions={"verifier": "0.1.0", "torch": "2.13.0", "sympy": "1.14.0"},
    )


@pytest.fixture
def hostile() -> Run:
    """Text that means something in every format, in every field that a user's text can reach."""
    return hostile_run()
