"""The right numbers in the wrong places, by the wrong input, or summed over the wrong axis."""

import pytest
import torch
from accused import cause, mixed, positive, with_backward
from sympy import IndexedBase, MatrixSymbol, Trace, symbols

from verifier import check

i, j, k, n, m = symbols("i j k n m", integer=True)
A, B = MatrixSymbol("A", 3, 3), MatrixSymbol("B", 3, 3)
X, Y = MatrixSymbol("X", 2, 3), MatrixSymbol("Y", 3, 2)
x, b = IndexedBase("x", shape=(n,)), IndexedBase("b", shape=(m,))
M, C = IndexedBase("M", shape=(n, m)), IndexedBase("C", shape=(n, m, k))

MISSING = "a missing conjugate: it is the gradient with the derivative in place of its conjugate"
CONJUGATE = "a conjugate: it is the conjugate of the true gradient"


def product(A, B):
    return A @ B


def square(x):
    return x * x


def squares():
    return {"A": positive(3, 3), "B": positive(3, 3, seed=1)}


@pytest.mark.parametrize(("times", "said"), [(1, ""), (-1, "minus "), (2, "2 times ")])
def test_a_transpose(times, said):
    backward = lambda g, A, B: (times * (g @ B.T).T, A.T @ g)
    assert cause(product, backward, squares(), A * B) == f"a transpose: it is {said}the transpose of the true gradient"


def test_a_transpose_in_the_shape_of_the_input():
    tensors = {"X": positive(2, 3), "Y": positive(3, 2, seed=1)}
    found = cause(product, lambda g, X, Y: ((g @ Y.T).T.reshape(2, 3), X.T @ g), tensors, X * Y)
    assert found == "a transpose: it is the transpose of the true gradient, in the shape of the input"


def test_permuted_axes_of_a_stack():
    a, c, d = symbols("a c d", integer=True)
    found = cause(square, lambda g, C: (2 * g * C).permute(1, 2, 0), {"C": mixed(2, 2, 2)}, C[a, c, d] ** 2)
    assert found == "permuted axes: it is the true gradient with its axes in the order (1, 2, 0)"


def test_flipped_and_rolled():
    assert cause(square, lambda g, x: (2 * g * x).flip(0), {"x": mixed(6)}, x[i] ** 2) == (
        "reversed: it is the true gradient flipped end to end"
    )
    assert cause(square, lambda g, M: -(2 * g * M).roll(1, 1), {"M": mixed(3, 4)}, M[i, j] ** 2) == (
        "shifted: it is minus the true gradient rolled by 1 along axis 1"
    )
    assert cause(square, lambda g, x: (2 * g * x).roll(-1), {"x": mixed(6)}, x[i] ** 2) == (
        "shifted: it is the true gradient rolled by -1 along axis 0"
    )


def test_other_permutations_are_not_named():
    order = torch.tensor([2, 0, 3, 1, 5, 4])
    assert cause(square, lambda g, x: (2 * g * x)[order], {"x": mixed(6)}, x[i] ** 2) is None


def test_a_symmetric_gradient_is_not_called_transposed():
    tensors = {"A": torch.eye(3, dtype=torch.float64).requires_grad_()}
    found = cause(lambda A: (A * A).sum(), lambda g, A: 4 * g * A, tensors, Trace(A.T * A))
    assert found == "a factor: it is 2 times the true gradient"


def test_exchanged_gradients():
    backward = lambda g, A, B: (A.T @ g, g @ B.T)
    assert cause(product, backward, squares(), A * B, "A") == (
        "exchanged: it is the gradient by B, and that by B is the gradient by A"
    )


def test_the_gradient_by_another_input():
    backward = lambda g, A, B: (g @ B.T, g @ B.T)
    assert cause(product, backward, squares(), A * B, "B") == "the gradient by another input: it is the gradient by A"


def test_an_input_that_is_read_transposed():
    backward = lambda g, A, B: (g @ B, A.T @ g)
    assert cause(product, backward, squares(), A * B) == "a transpose: it is the gradient with Bᵀ in place of B"


def test_inputs_that_are_read_in_each_others_place():
    tensors = {"x": mixed(5), "y": mixed(5, seed=1)}
    y = IndexedBase("y", shape=(n,))
    found = cause(lambda x, y: x * x * y, lambda g, x, y: (2 * g * x * y, g * y * y), tensors, x[i] ** 2 * y[i])
    assert found == "exchanged inputs: it is the gradient with x and y in each other's place"


def test_another_input_in_its_place_is_no_exchange():
    tensors = {"x": mixed(5), "y": mixed(5, seed=1)}
    y = IndexedBase("y", shape=(n,))
    assert cause(lambda x, y: x * x * y, lambda g, x, y: (2 * g * y * y, g * x * x), tensors, x[i] ** 2 * y[i]) is None


def biased(M, b):
    return M * M + b


def test_a_broadcast_axis_that_is_not_summed():
    tensors = {"M": mixed(5, 3), "b": positive(3)}
    formula = M[i, j] ** 2 + b[j]
    for place, said in ((0, "first"), (-1, "last")):
        backward = lambda g, M, b, place=place: (2 * g * M, g[place])
        assert cause(biased, backward, tensors, formula) == (
            f"a missing sum: it is the {said} term of the sum over axis 0 of the result"
        )


def test_a_mean_over_a_broadcast_axis():
    tensors = {"M": mixed(5, 3), "b": positive(3)}
    assert cause(biased, lambda g, M, b: (2 * g * M, g.mean(0)), tensors, M[i, j] ** 2 + b[j]) == (
        "a factor: it is 1/5 times the true gradient (5 is the extent of axis 0 of M)"
    )


def test_the_wrong_axis():
    tensors = {"M": mixed(3, 3), "b": positive(3)}
    assert cause(biased, lambda g, M, b: (2 * g * M, g.sum(1)), tensors, M[i, j] ** 2 + b[j]) == (
        "the wrong axis: it is summed over axis 1 of the result instead of axis 0"
    )


def test_a_middle_term_is_no_missing_sum():
    tensors = {"M": mixed(5, 3), "b": positive(3)}
    assert cause(biased, lambda g, M, b: (2 * g * M, g[2]), tensors, M[i, j] ** 2 + b[j]) is None


@pytest.mark.parametrize(
    ("forward", "backward", "said"),
    [
        (lambda z: z * z, lambda g, z: 2 * g * z, MISSING),
        (torch.exp, lambda g, z: g * z.exp(), MISSING),
        (lambda z: z.abs(), lambda g, z: g * z.conj() / z.abs(), CONJUGATE),
        (lambda z: z * z, lambda g, z: g * z.conj(), "a factor: it is 1/2 times the true gradient"),
        (lambda z: z * z, lambda g, z: 2 * g * z.conj() * (1 + z), None),
    ],
)
def test_a_conjugate(forward, backward, said):
    numbers = torch.tensor([1 + 2j, -0.5 + 0.25j, 0.75 - 1j], dtype=torch.complex128, requires_grad=True)
    verdict = check(with_backward(forward, backward), {"z": numbers})
    assert verdict.outcome == "wrong"
    assert verdict.findings[0].cause == said
