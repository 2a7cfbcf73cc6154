"""Reads and writes through pointers and by indices that are not affine, against NumPy's own indexing."""

import time

import numpy as np
import pytest
from derivatives import A0, A1, I0, I1, I2, P0, P1, at_once, draw, whole
from loops import assert_near, program_of
from sympy import Integer, floor

from verifier.errors import IndexOutsideError
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.reading import Grid, split_axes
from verifier.symbolic.comprehension import Read, comprehension
from verifier.symbolic.derivative import reverse

X = draw(5, 3, 4)
K, M = np.array([4, 0, 4, 2]), np.array([[1, 0], [2, 2], [0, 1], [1, 1]])


def value_of(domain, target, body, reads, shape, pointers, **inputs):
    program = program_of(comprehension(domain, target, body, reads, shape, pointers), **inputs)
    return at_once(program, inputs, "out")


def test_rows():
    found = value_of(
        whole(4, 3, 4), (I0, I1, I2), A0, [Read("x", (P0, I1, I2))], whole(4, 3, 4), [Read("k", (I0,))], x=X, k=K
    )
    assert_near(found, X[K])


def test_a_middle_axis_and_another_order():
    reads, pointers = [Read("x", (I2, P0, I1))], [Read("m", (I0, Integer(1)))]
    found = value_of(whole(4, 4, 5), (I1, I0, I2), A0, reads, whole(4, 4, 5), pointers, x=X, m=M)
    assert_near(found, np.transpose(X[:, M[:, 1], :], (2, 1, 0)))


def test_two_pointers_over_two_indices():
    reads, pointers = [Read("x", (P1, P0, I2))], [Read("m", (I0, I1)), Read("k", (I0,))]
    found = value_of(whole(4, 2, 4), (I0, I1, I2), A0, reads, whole(4, 2, 4), pointers, x=X, m=M, k=K)
    assert_near(found, X[K[:, None], M])


def test_an_index_beside_its_pointer_is_not_plain():
    """x[k[i], i]: the second axis is moved together with the first."""
    found = value_of(whole(4), (I0,), A0, [Read("y", (P0, I0))], whole(4), [Read("k", (I0,))], y=X[:, 0], k=K)
    assert_near(found, X[K, 0, np.arange(4)])


def test_part_of_an_axis_is_not_plain():
    reads = [Read("x", (P0, I1, I2))]
    found = value_of(whole(4, 2, 4), (I0, I1, I2), A0, reads, whole(4, 2, 4), [Read("k", (I0,))], x=X, k=K)
    assert_near(found, X[K, :2])


def test_filled_rows():
    reads = [Read("x", (P0 - 1, I1, I2), Integer(7))]
    found = value_of(whole(4, 3, 4), (I0, I1, I2), A0, reads, whole(4, 3, 4), [Read("k", (I0,))], x=X, k=K)
    expected = X[K - 1]
    expected[K == 0] = 7
    assert_near(found, expected)


def test_rows_added_and_sums_on_the_way():
    """Terms are summed over what the target does not use; targets outside are dropped."""
    terms = draw(4, 3, 2)
    found = value_of(
        whole(4, 3, 2), (I1, P0 - 1), A0, [Read("t", (I0, I1, I2))], whole(3, 5), [Read("k", (I0,))], t=terms, k=K
    )
    expected = np.zeros((3, 5))
    for place, row in zip(K - 1, terms.sum(2), strict=True):
        if place >= 0:
            expected[:, place] += row
    assert_near(found, expected)


def test_a_scatter_of_single_terms():
    found = value_of(
        whole(4, 2),
        (P0, floor(P1 / 2)),
        A0 * A1,
        [Read("u", (I0, I1)), Read("v", (I0,))],
        whole(5, 2),
        [Read("k", (I0,)), Read("m", (I0, I1))],
        u=draw(4, 2),
        v=draw(4, seed=3),
        k=K,
        m=M,
    )
    expected = np.zeros((5, 2))
    np.add.at(expected, (K[:, None], M // 2), draw(4, 2) * draw(4, seed=3)[:, None])
    assert_near(found, expected)


def test_axes_are_split_by_what_moves_them():
    grid = Grid((4, 3, 1), {}, (K.reshape(4, 1, 1),))
    split = split_axes((I1, P0, I2, I0 - I0), (3, 5, 1, 2), grid)
    assert (split.plain, split.others, split.moving) == ({0: 1, 2: 2}, (1, 3), (0,))
    assert [list(i) for i in split.at] == [list(K), [0, 0, 0, 0]]
    assert list(split.inside([3, 2])) == [False, True, False, True]


@pytest.mark.parametrize("shape", [(0, 4), (3, 0)])
def test_nothing_to_read(shape):
    table, places = draw(5, shape[1]), np.zeros(shape[0], dtype=int)
    program = program_of(
        comprehension(whole(*shape), (I0, I1), A0**2, [Read("w", (P0, I1))], whole(*shape), [Read("k", (I0,))]),
        w=table,
        k=places,
    )
    derivation = reverse(program, "out", ["w"])
    told = {"w": table, "k": places, derivation.cotangent: np.zeros(shape)}
    assert_near(at_once(derivation.adjoint, told, derivation.gradients["w"]), np.zeros(table.shape))


def test_an_embedding_and_its_gradient_cost_what_numpy_takes():
    table, places, cotangent = draw(3000, 128), np.random.default_rng(0).integers(0, 3000, 2000), draw(2000, 128)
    shape = whole(2000, 128)
    definition = comprehension(shape, (I0, I1), A0, [Read("w", (P0, I1))], shape, [Read("k", (I0,))])
    program = program_of(definition, w=table, k=places)
    derivation = reverse(program, "out", ["w"])
    told = {"w": table, "k": places, derivation.cotangent: cotangent}

    def added():
        out = np.zeros(table.shape)
        np.add.at(out, places, cotangent)
        return out

    pairs = [
        (lambda: evaluate(program, told, ["out"], Float64())["out"], lambda: table[places]),
        (lambda: evaluate(derivation.adjoint, told, [*derivation.gradients.values()], Float64()), added),
    ]
    for ours, theirs in pairs:
        best = np.min([[_seconds(ours), _seconds(theirs)] for _ in range(9)], axis=0)
        assert best[0] < 4 * best[1] + 1e-3


def _seconds(function):
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def test_a_pointer_that_leaves_its_tensor():
    reads, shape = [Read("x", (P0, I1, I1))], whole(4, 3)
    pointers = [Read("k", (I0 - 1,), Integer(3))]
    found = value_of(shape, (I0, I1), A0, reads, shape, pointers, x=X, k=K)
    assert_near(found, X[[3, *K[:3]]][:, [0, 1, 2], [0, 1, 2]])
    with pytest.raises(IndexOutsideError):
        value_of(shape, (I0, I1), A0, reads, shape, [Read("k", (I0 - 1,))], x=X, k=K)
