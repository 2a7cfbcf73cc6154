"""Something in the chain rule is missing: a term, a path that is held constant, the mean in a term."""

import pytest
import torch
from accused import cause, mixed, positive, with_backward
from sympy import IndexedBase, MatrixSymbol, Rational, Sum, exp, hadamard_product, sqrt, symbols

from verifier import Detached, check, layer_norm, softmax, total

i, j, n = symbols("i j n", integer=True)
x, w = IndexedBase("x", shape=(n,)), IndexedBase("w", shape=(n,))
X = MatrixSymbol("X", 3, 4)
RMS = x[i] * w[i] / sqrt(Sum(x[j] ** 2, (j, 0, n - 1)) / n + Rational(1, 10**5))
MEANT = "if meant: .detach() it in formula="
TERM = "−(x[i]·Σ_j G[j]·w[j]·x[j])/(n·(1/100000 + (…"


def rms_norm(x, w):
    return x * w * torch.rsqrt((x * x).mean() + 1e-5)


def with_second_term(factor):
    def backward(g, x, w):
        scale = torch.rsqrt((x * x).mean() + 1e-5)
        return g * w * scale - factor * x * (g * w * x).mean() * scale**3, g * x * scale

    return backward


DTYPES = [torch.float64, torch.float32, torch.bfloat16]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (4, f"a factor of a term: it has 4 times {TERM} (4 is the length of x)"),
        (2, f"a factor of a term: it has 2 times {TERM}"),
        (0, "treated as a constant: nothing flows back through xᵀ·x; " + MEANT),
    ],
)
def test_a_term_of_the_rms_norm(factor, said, dtype):
    tensors = {"x": mixed(4, dtype=dtype), "w": mixed(4, seed=2, dtype=dtype)}
    assert cause(rms_norm, with_second_term(factor), tensors, RMS) == said


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("count", [2, 3, 4, 8])
def test_what_bfloat16_hides_of_a_cause_is_seen_in_float64(count, seed):
    """Where one entry of four is larger than what bfloat16 leaves open: one entry is a multiple of anything."""
    tensors = {name: mixed(count, seed=seed + k, dtype=torch.bfloat16) for k, name in ((0, "x"), (2, "w"))}
    said = f"the sign of a term: it has the opposite of {TERM}"
    assert cause(rms_norm, with_second_term(-1), tensors, RMS) == said


def test_a_cause_is_that_of_the_dtype_in_question():
    """What is wrong in another way in float64 says nothing of the narrower dtype."""

    def backward(g, x, w):
        factor = 4 if x.dtype == torch.bfloat16 else 2
        return with_second_term(factor)(g, x, w)

    tensors = {"x": mixed(4, dtype=torch.bfloat16), "w": mixed(4, seed=2, dtype=torch.bfloat16)}
    assert cause(rms_norm, backward, tensors, RMS) == (
        f"a factor of a term: it has 4 times {TERM} (4 is the length of x)"
    )


def test_a_cause_of_what_only_float64_shows():
    def backward(g, x, w):
        right = with_second_term(1)(g, x, w)
        return right[0] * (1 + 2**-20), right[1]

    tensors = {"x": mixed(4, dtype=torch.bfloat16), "w": mixed(4, seed=2, dtype=torch.bfloat16)}
    assert "factor" in str(cause(rms_norm, backward, tensors, RMS))


def test_a_term_that_is_off_by_what_is_no_factor():
    def backward(g, x, w):
        scale = torch.rsqrt((x * x).mean() + 1e-5)
        return g * w * scale - x * (g * w * x).mean() * scale**4, g * x * scale

    assert cause(rms_norm, backward, {"x": mixed(4), "w": mixed(4, seed=2)}, RMS, "x") is None


def normalize(X):
    return torch.nn.functional.layer_norm(X, (4,))


def layer_norm_without(*, mean, variance):
    def backward(g, X):
        scale = torch.sqrt(X.var(1, unbiased=False, keepdim=True) + 1e-5)
        normalized = (X - X.mean(1, keepdim=True)) / scale
        centred = g if mean else g - g.mean(1, keepdim=True)
        return (centred if variance else centred - normalized * (g * normalized).mean(1, keepdim=True)) / scale

    return backward


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ({"mean": False, "variance": True}, "(1/16)·(4·X − X·1)∘²·1"),
        ({"mean": True, "variance": False}, "X·1"),
        ({"mean": True, "variance": True}, "(1/16)·(4·X − X·1)∘²·1 and X·1"),
    ],
)
def test_what_a_layer_norm_forgets(missing, said):
    found = cause(normalize, layer_norm_without(**missing), {"X": mixed(3, 4)}, layer_norm(X))
    assert found == f"treated as a constant: nothing flows back through {said}; {MEANT}"


def test_a_right_layer_norm_is_not_accused():
    backward = layer_norm_without(mean=False, variance=False)
    assert check(with_backward(normalize, backward), {"X": mixed(3, 4)}, formula=layer_norm(X)).ok


def test_softmax_without_its_sum():
    found = cause(lambda X: torch.softmax(X, 1), lambda g, X: g * torch.softmax(X, 1), {"X": mixed(3, 4)}, softmax(X))
    assert found == "treated as a constant: nothing flows back through exp∘(X)·1; " + MEANT


def test_the_product_rule():
    tensors = {"x": mixed(6)}
    formula = x[i] * exp(x[i])
    forward = lambda x: x * x.exp()
    assert cause(forward, lambda g, x: g * x.exp(), tensors, formula) == "a missing term: it lacks exp(x[i])·G[i]·x[i]"
    assert cause(forward, lambda g, x: g * x * x.exp(), tensors, formula) == "a missing term: it lacks exp(x[i])·G[i]"
    assert cause(forward, lambda g, x: g * (1 - x) * x.exp(), tensors, formula) == (
        "the sign of a term: it has the opposite of exp(x[i])·G[i]·x[i]"
    )


def test_a_missing_term_has_to_explain_every_entry():
    def backward(g, x):
        gradient = g * x.exp()
        gradient[0] *= 1 + 1e-6
        return gradient

    assert cause(lambda x: x * x.exp(), backward, {"x": mixed(6)}, x[i] * exp(x[i])) is None


def test_a_detach_that_the_formula_does_not_know():
    """Reverse mode, forward mode and finite differences side against the formula: the function's gradient is held."""
    inner = lambda x: (x * x).sum()
    verdict = check(lambda x: x * inner(x).detach(), {"x": positive(4)}, formula=x[i] * Sum(x[j] ** 2, (j, 0, n - 1)))
    (finding,) = verdict.findings
    assert finding.blamed == "symbolic"
    assert finding.cause == "a missing term: the function's gradient lacks 2·(Gᵀ·x)·x"


def test_a_detach_that_only_the_formula_has():
    verdict = check(lambda X: (X * X).sum(), {"X": mixed(3, 4)}, formula=total(hadamard_product(X, Detached(X))))
    assert verdict.findings[0].cause == "a factor: the function's gradient is 2 times the formula's"


def held(factor):
    """x times a factor of it that the backward takes for constant, by what the code itself says."""
    point = {"x": (positive(4) / 4).detach().requires_grad_()}
    return check(with_backward(lambda x: x * factor(x), lambda g, x: g * factor(x)), point).findings[0].cause


def test_of_all_that_explains_it_the_shortest_is_quoted():
    assert (
        held(lambda x: (x * x).sum().exp().sin())
        == "treated as a constant: nothing flows back through x[i]²; if meant: .detach() it in formula="
    )


def test_what_has_no_name_for_the_reader_is_not_quoted():
    weights = torch.arange(1.0, 5.0, dtype=torch.float64)
    assert held(lambda x: (x * weights).sum().exp()) == (
        "treated as a constant: nothing flows back through what lies between; if meant: .detach() it in formula="
    )
