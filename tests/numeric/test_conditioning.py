"""What stable code keeps to: the rounding of inputs, and of what is shifted by the largest entry."""

import numpy as np
import pytest
import torch
from sympy import IndexedBase, MatrixSymbol, Sum, exp, log, symbols

from verifier import logsumexp
from verifier.numeric.conditioning import IN_A_ROW, conditioning, shifted, stable_allowance, stable_budget
from verifier.symbolic.formula import formula_of
from verifier.trace.traced import trace

ROUNDOFF = 2.0**-24

i, n = symbols("i n", integer=True)
x = IndexedBase("x", shape=(n,))


def of_code(function, numbers):
    """The value of torch code, and how far it moves, relative to one roundoff."""
    tensor = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
    traced = trace(lambda given: [function(given["x"])], {"x": tensor})
    inputs = {name: np.asarray(array) for name, array in traced.constants.items()}
    value = function(tensor).detach().numpy()
    moves = conditioning(
        traced.program, {"x": np.asarray(numbers, dtype=float), **inputs}, {traced.output: value}, ROUNDOFF
    )
    return value, moves[traced.output] / ROUNDOFF


def reading_shifts(function):
    """The bodies of what reads a shift."""
    tensor = torch.tensor([3.0, 0.0, 1.0], dtype=torch.float64, requires_grad=True)
    traced = trace(lambda given: [function(given["x"])], {"x": tensor})
    return {str(definition.body) for definition in shifted(traced.program)}


def test_the_exponentials_read_the_shift_and_so_does_what_it_is_added_to_again():
    assert reading_shifts(lambda x: x.softmax(-1)) == {"exp(-a0 + a1)"}
    assert reading_shifts(lambda x: x.log_softmax(-1)) == {"exp(-a0 + a1)", "-a1 + a2 - log(a0)"}
    assert reading_shifts(lambda x: x.logsumexp(-1)) == {"exp(-a0 + a1)", "a1 + log(a0)"}


@pytest.mark.parametrize(
    "function", [lambda x: (x - x.amax()).exp(), lambda x: x - x.detach().max(), lambda x: x.exp() / x.exp().sum()]
)
def test_whoever_has_no_shift_of_torch_has_none(function):
    assert not reading_shifts(function)


def test_softmax_moves_no_further_than_with_its_inputs():
    value, moves = of_code(lambda x: 1 - x.softmax(-1)[0], [30.0, 0.0])
    assert moves < 40 * value  # 1e-13, and a roundoff of the shift would be 30


def test_the_logarithm_of_a_softmax_is_off_by_a_roundoff_of_the_shift():
    value, moves = of_code(lambda x: x.log_softmax(-1)[0], [30.0, 0.0])
    assert np.abs(value) < 1e-12 and 5 < moves < 60


def test_a_formula_may_be_shifted_too():
    assert len(shifted(formula_of(logsumexp(MatrixSymbol("X", 2, 3))).program)) == 2
    assert not shifted(formula_of(log(Sum(exp(x[i]), (i, 0, n - 1)))).program)


@pytest.mark.parametrize(
    ("roundoff", "bits", "little"), [(2.0**-53, 5, 5), (2.0**-24, 5, 5), (2.0**-11, 4.125, 1.375), (2.0**-8, 3, 1)]
)
def test_unstable_code_has_little_to_lose_where_there_are_few_bits(roundoff, bits, little):
    assert stable_budget(roundoff, 1) == 2**bits
    bracket, spread = np.array([1.0, 1.0]), np.array([6.0, 8.0])  # what all operators do, beside stable code
    np.testing.assert_allclose(stable_allowance(bracket, spread, roundoff, 1), [2.0**bits, 2.0**little])


def test_many_operators_are_felt_more():
    few, many = (stable_allowance(np.ones(1), np.array([8.0]), 2.0**-8, n * IN_A_ROW) for n in (1, 4))
    assert few == 2 and many == 2 * stable_budget(2.0**-8, IN_A_ROW)  # 8 times is no longer much
