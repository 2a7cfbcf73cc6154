"""Programs: names, extents from shapes, and shapes up to extents of 1."""

import numpy as np
import pytest
from sympy import Integer, Symbol

from verifier.errors import ShapeMismatchError
from verifier.symbolic.comprehension import Read, comprehension, index, value
from verifier.symbolic.derivative import reverse
from verifier.symbolic.program import Builder, Program, bind_extents, shaped

n, m = Symbol("n"), Symbol("m")


def inputs(**shapes):
    return Program(tuple(shapes.items()), ())


@pytest.mark.parametrize(
    ("shapes", "actual", "bound"),
    [
        ({"x": (n, m)}, {"x": (2, 3)}, {n: 2, m: 3}),
        ({"x": (n, n), "y": (m,)}, {"x": (4, 4), "y": (1,)}, {n: 4, m: 1}),
        ({"x": (n + 1,)}, {"x": (5,)}, {n: 4}),
        ({"x": (2 * n - 1, n)}, {"x": (5, 3)}, {n: 3}),
        ({"x": (2 * n,)}, {"x": (6,)}, {n: 3}),
        ({"x": (n + m,), "y": (m,)}, {"x": (5,), "y": (2,)}, {m: 2}),
        ({"y": (m,), "x": (n + m,)}, {"x": (5,), "y": (2,)}, {n: 3, m: 2}),
        ({"x": (n**2,)}, {"x": (9,)}, {}),
        ({"x": (Integer(3),)}, {"x": (3,)}, {}),
        ({"x": (n,), "y": (m,)}, {"x": (7,)}, {n: 7}),
    ],
)
def test_extents_from_shapes(shapes, actual, bound):
    assert bind_extents(inputs(**shapes), actual) == bound


@pytest.mark.parametrize(
    ("shapes", "actual", "sentence"),
    [
        (
            {"X": (n, m)},
            {"X": (3,)},
            "input X has shape 3, but the formula says n×m: give a tensor of that shape, or change the symbol's",
        ),
        (
            {"X": (n, n)},
            {"X": (2, 3)},
            "input X has shape 2×3, but the formula says 3×3: give a tensor of that shape, or change the symbol's",
        ),
        (
            {"W": (n, m), "X": (m, Integer(4))},
            {"W": (2, 3), "X": (2, 4)},
            "input X has shape 2×4, but the formula says 3×4: give a tensor of that shape, or change the symbol's",
        ),
        (
            {"s": ()},
            {"s": (2,)},
            "input s has shape 2, but the formula says () (a scalar): "
            "give a tensor of that shape, or change the symbol's",
        ),
        (
            {"x": (n,), "y": (n + 1,)},
            {"x": (3,), "y": (3,)},
            "input y has shape 3, but the formula says 4: give a tensor of that shape, or change the symbol's",
        ),
    ],
)
def test_shapes_that_do_not_fit(shapes, actual, sentence):
    with pytest.raises(ShapeMismatchError) as caught:
        bind_extents(inputs(**shapes), actual)
    assert str(caught.value) == sentence


def test_two_numbers_for_one_extent():
    with pytest.raises(ShapeMismatchError):
        bind_extents(inputs(x=(2 * n,), y=(n,)), {"x": (5,), "y": (2,)})


@pytest.mark.parametrize(
    ("shape", "actual", "fitted"),
    [
        ((n, Integer(1)), (3,), (3, 1)),
        ((Integer(1), n), (3,), (1, 3)),
        ((n,), (3, 1), (3,)),
        ((), (1, 1), ()),
        ((Integer(1), Integer(1)), (), (1, 1)),
        ((n, m), (2, 3), (2, 3)),
        ((n, m), (3,), (3,)),
        ((n, Integer(1)), (1, 3), (1, 3)),
        ((n,), (2, 3), (2, 3)),
        ((n, Integer(1)), (1,), (1, 1)),
        ((n,), (1, 1), (1,)),
        ((n, m), (1, 1), (1, 1)),
    ],
)
def test_extents_of_one_may_be_left_out(shape, actual, fitted):
    program = inputs(x=shape)
    found = shaped(program, {"x": np.zeros(actual), "other": np.zeros(3)})
    assert {name: array.shape for name, array in found.items()} == {"x": fitted}


def chain():
    builder = Builder()
    builder.give("x", (4,))
    i, a = index(0), value(0)
    names = ["x"]
    for number in range(3):
        square = comprehension((Integer(4),), (i,), a**2 + number, [Read(names[-1], (i,))], (Integer(4),))
        names.append(builder.define(square, "t"))
    return builder.build()


def test_definitions_of_the_same_wish_get_different_names():
    assert [name for name, _ in chain().definitions] == ["t", "t_2", "t_3"]


def test_only_what_is_needed_is_evaluated():
    assert [name for name, _ in chain().needed_for(["t_2"])] == ["t", "t_2"]
    assert chain().needed_for(["x"]) == []


def test_what_depends_on_what():
    assert chain().dependent_on(["t_2"]) == {"t_2", "t_3"}
    assert chain().dependent_on(["x"]) == {"x", "t", "t_2", "t_3"}


def test_given_names_are_kept_apart_too():
    builder = Builder(chain())
    assert [builder.give("t", ()), builder.give("x", (2,)), builder.give("y", (2,))] == ["t_4", "x_2", "y"]
    assert builder.shape("x_2") == (2,) and builder.shape("t") == (4,)


def test_a_program_is_derived_once():
    def derived(name):
        x = [Read("x", (index(0),))]
        body = comprehension((Integer(3),), (index(0),), value(0) ** 2, x, (Integer(3),))
        return reverse(Program((("x", (Integer(3),)),), ((name, body),)), name, ["x"])

    assert derived("out") is derived("out") and derived("out") is not derived("other")
