"""The double backward on trial: honest ones agree, a wrong one is blamed at order 2, and what raises is said."""

from __future__ import annotations

import pytest
import torch
from accused import with_backward
from liars import BACKWARD, Product
from second_liars import DECLARED, HONEST, LIARS
from sympy import Determinant, Lambda, MatrixSymbol, Max, Symbol, Trace, exp, hadamard_product, log, sin, symbols

import verifier
from verifier import Case, Detached, logsumexp, norm, softmax, total
from verifier.errors import VerifierError
from verifier.verdict import wording

n, m = symbols("n m")
t = Symbol("t", real=True)
x, y = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1)
A, X, W = MatrixSymbol("A", n, n), MatrixSymbol("X", n, n), MatrixSymbol("W", n, m)
SIN_OF_EXP = x.applyfunc(Lambda(t, sin(exp(t))))


def random(*shape, dtype=torch.float64, seed=0):
    numbers = torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.3
    return numbers.to(dtype).requires_grad_()


AGREE = {
    "quadratic form": (lambda x, A: x @ A @ x, {"x": (3,), "A": (3, 3)}, (x.T * A * x)[0]),
    "log-sum-exp": (lambda x: torch.logsumexp(x, 0), {"x": (4,)}, logsumexp(x)),
    "softmax": (lambda x: torch.softmax(x, 0), {"x": (4,)}, softmax(x)),
    "cross-entropy": (
        lambda x, y: torch.logsumexp(x, 0) - x @ y,
        {"x": (4,), "y": (4,)},
        logsumexp(x) - (x.T * y)[0],
    ),
    "inverse": (
        lambda X, x, y: x @ torch.linalg.inv(X) @ y,
        {"X": (2, 2), "x": (2,), "y": (2,)},
        (x.T * X.inv() * y)[0],
    ),
    "determinant": (torch.det, {"X": (3, 3)}, Determinant(X)),
    "log-determinant": (lambda X: torch.logdet(X @ X.T), {"X": (2, 2)}, log(Determinant(X * X.T))),
    "norm": (lambda x: x.norm(), {"x": (4,)}, norm(x)),
    "half held": (lambda x: (x * x * x.detach()).sum(), {"x": (4,)}, total(hadamard_product(x, x, Detached(x)))),
    "matrix product": (Product.apply, {"X": (2, 2), "W": (2, 3)}, X * W),
    "linear": (torch.sum, {"x": (3,)}, total(x)),
    "trace": (lambda X, A: (X @ A @ X.T).trace(), {"X": (2, 2), "A": (2, 2)}, Trace(X * A * X.T)),
}


@pytest.mark.parametrize("name", AGREE)
def test_torch_agrees_with_the_formula(name):
    function, shapes, formula = AGREE[name]
    inputs = {name: random(*shape, seed=seed) for seed, (name, shape) in enumerate(shapes.items())}
    verdict = verifier.check(function, inputs, formula=formula, order=2)
    assert verdict.ok, str(verdict)
    heard = {(c.input, c.left, c.right) for c in verdict.comparisons if c.order == 2 and c.entries}
    everyone = ("symbolic", "reverse mode", "forward mode", "finite differences")
    pairs = {(left, right) for at, left in enumerate(everyone) for right in everyone[at + 1 :]}
    if function is Product.apply:  # torch has no forward mode through a Function's jvp and its backward at once
        pairs = {pair for pair in pairs if "forward mode" not in pair}
    assert heard >= {(name, *pair) for name in (*inputs, "cotangent") for pair in pairs}


def test_without_a_formula_the_modes_and_differences_are_compared():
    verdict = verifier.check(lambda x: x.exp().sin() * x.detach(), [random(3)], order=2)
    assert verdict.ok and any(c.right == "finite differences" and c.order == 2 for c in verdict.comparisons)


def test_float32_is_judged_in_its_own_precision():
    verdict = verifier.check(
        lambda x: x.exp().sin(), {"x": random(4, dtype=torch.float32)}, formula=SIN_OF_EXP, order=2
    )
    assert verdict.ok and verdict.dtype == "float32"


def test_at_a_kink_the_second_gradient_is_not_condemned():
    point = torch.tensor([0.0, 1.0, -1.0], dtype=torch.float64, requires_grad=True)
    relu = total(x.applyfunc(Lambda(t, Max(t, 0))))
    assert verifier.check(lambda x: x.relu().sum(), {"x": point}, formula=relu, order=2).outcome != "wrong"


@pytest.mark.parametrize("name", HONEST)
def test_honest_functions_agree(name):
    verdict = verifier.check(HONEST[name].apply, {"x": random(3)}, formula=SIN_OF_EXP, order=2)
    assert verdict.ok, str(verdict)


#: A relative millionth is rounding in float32.
TOLD = [
    (name, dtype)
    for name in LIARS
    for dtype in (torch.float64, torch.float32)
    if (name, dtype) != ("a millionth", torch.float32)
]


@pytest.mark.parametrize(("name", "dtype"), TOLD)
def test_a_lie_is_found_and_blamed_at_order_2(name, dtype):
    lie, wrong = LIARS[name]
    inputs = {"x": random(3, dtype=dtype)}
    assert verifier.check(lie.apply, inputs, formula=SIN_OF_EXP).ok
    verdict = verifier.check(lie.apply, inputs, formula=SIN_OF_EXP, order=2)
    assert verdict.outcome == "wrong"
    blamed = {(finding.blamed, finding.input, finding.order) for finding in verdict.findings}
    assert ("reverse mode", wrong, 2) in blamed
    assert {who for who, _, _ in blamed} <= {"reverse mode", "forward mode"}
    assert {where for _, where, _ in blamed} == {wrong}
    (finding,) = (finding for finding in verdict.findings if finding.blamed == "reverse mode")
    assert finding.index == (1,) if name == "one entry" else finding.entries == 3
    assert finding.position == (0 if wrong == "x" else None)
    assert f"the second gradient by {wrong} from reverse mode is wrong" in wording.charge(finding)


@pytest.mark.parametrize("name", ["saved intermediate", "factor"])
def test_a_lie_is_found_without_a_formula_as_well(name):
    verdict = verifier.check(LIARS[name][0].apply, {"x": random(3)}, order=2)
    assert not verdict.ok and {f.order for f in verdict.findings} == {2}


@pytest.mark.parametrize("name", ["saved intermediate", "under no_grad"])
@pytest.mark.parametrize("formula", [SIN_OF_EXP, None])
def test_a_double_backward_that_is_silently_none_is_wrong(name, formula):
    given = {} if formula is None else {"formula": formula}
    verdict = verifier.check(LIARS[name][0].apply, {"x": random(3)}, order=2, **given)
    assert verdict.outcome == "wrong"
    (finding,) = (finding for finding in verdict.findings if finding.blamed == "reverse mode")
    assert (finding.input, finding.order, finding.values["reverse mode"]) == ("x", 2, 0.0)
    assert finding.error == pytest.approx(abs(finding.values["finite differences"]), rel=1e-9)
    assert finding.cause.startswith("the first gradient was computed from x without a graph: save inputs")


def test_a_double_backward_that_loses_digits_is_inaccurate_without_a_formula():
    """At neighbouring inputs the traced formula of the first gradient is followed too, and the errors flicker."""
    slope = with_backward(lambda x: 3 * x**2, lambda g, x: g * 6 * ((x + 1e6) - 1e6))
    cube = with_backward(lambda x: x**3, lambda g, x: g * slope(x))
    verdict = verifier.check(cube, {"x": random(3)}, order=2)
    assert verdict.outcome == "inaccurate", str(verdict)
    assert {(f.input, f.order, f.blamed) for f in verdict.findings} == {("x", 2, "reverse mode")}


def test_a_double_backward_of_a_linear_function_is_rightly_none():
    assert verifier.check(lambda x: 3 * x, {"x": random(3)}, order=2).ok


def test_a_backward_that_declares_itself_is_a_note():
    verdict = verifier.check(DECLARED.apply, {"x": random(3)}, formula=SIN_OF_EXP, order=2)
    assert verdict.ok, str(verdict)
    assert verdict.notes[-1] == "second gradient: not checked, for a backward in it is declared once_differentiable"
    assert {c.order for c in verdict.comparisons} == {1}


def test_a_double_backward_that_raises_is_undecided():
    class Raising(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, cotangent):
            if torch.is_grad_enabled():
                raise RuntimeError("not twice")
            return cotangent

    verdict = verifier.check(Raising.apply, {"x": random(3)}, formula=x, order=2)
    assert verdict.outcome == "undecided"
    assert verdict.reason == "second gradient: it cannot be computed: RuntimeError (not twice)"


def test_a_backward_that_draws_random_numbers_for_a_second_one_is_another_one_with_a_graph():
    class Noisy(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, cotangent):
            return cotangent + torch.rand_like(cotangent) * torch.is_grad_enabled()

    verdict = verifier.check(Noisy.apply, {"x": random(3)}, formula=x, order=2)
    (finding,) = verdict.findings
    assert (finding.outcome, finding.blamed, finding.order) == ("wrong", "reverse mode", 2)
    assert finding.reason == "with a graph for a second backward, the first gradient is another one than without"


def test_nothing_is_asked_where_the_first_gradient_is_wrong():
    lie = BACKWARD["scaled"][0]
    verdict = verifier.check(lambda X, W: lie.apply(X, W), [random(2, 2), random(2, 3)], formula=X * W, order=2)
    assert verdict.outcome == "wrong" and {f.order for f in verdict.findings} == {1}
    assert verdict.notes[-1] == "the second gradient was not asked for: the first is not right"


def test_a_first_gradient_that_is_another_one_with_a_graph():
    class Fickle(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 3 * x

        @staticmethod
        def backward(ctx, cotangent):
            return cotangent * (2 if torch.is_grad_enabled() else 3)

    verdict = verifier.check(Fickle.apply, {"x": random(3)}, formula=3 * x, order=2)
    (finding,) = verdict.findings
    assert (finding.outcome, finding.blamed, finding.input, finding.order) == ("wrong", "reverse mode", None, 2)
    assert finding.reason == "with a graph for a second backward, the first gradient is another one than without"


def test_the_report_says_which_order():
    inputs = {"x": random(3), "A": random(3, 3, seed=1)}
    verdict = verifier.check(lambda x, A: x @ A @ x, inputs, formula=(x.T * A * x)[0], order=2)
    said = str(verdict)
    assert "second gradient by A  v_x·xᵀ + x·v_xᵀ" in said
    assert "first gradient along" in said and "second gradient by x  symbolic" in said
    assert {name: form.plain for name, form in verdict.second_gradients.items()} == {
        "x": "V_A·x + A·v_x + V_Aᵀ·x + Aᵀ·v_x",
        "A": "v_x·xᵀ + x·v_xᵀ",
    }
    assert {c.order for c in verdict.comparisons} == {1, 2}


def test_an_order_that_is_not_verified():
    with pytest.raises(VerifierError) as caught:
        verifier.check(torch.sum, [random(3)], order=3)
    assert str(caught.value) == "order is 3: give 1 for the gradient, or 2 for the double backward as well"


def test_cases_have_an_order():
    assert verifier.verify(Case("squares", total(X * X), order=2)).second_gradients["X"].plain.count("V") > 0
    assert not verifier.verify(Case("squares", total(X * X))).second_gradients
