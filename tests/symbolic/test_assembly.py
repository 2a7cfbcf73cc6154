"""Assemblies against torch's cat, stack, pad and writes in place, in every arithmetic and to second order."""

import numpy as np
import pytest
import torch
from derivatives import at_once_and_exactly
from sympy import Integer, Rational, S, exp, sqrt
from torch_oracle import draw, program_against_torch

from verifier.numeric.degree import degree
from verifier.numeric.evaluate import Exactly, evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.spread import Noise
from verifier.symbolic.assembly import Assembly, Part, assembly
from verifier.symbolic.comprehension import Read, comprehension, index, value
from verifier.symbolic.derivative import reverse
from verifier.symbolic.program import Builder
from verifier.symbolic.region import Region, whole
from verifier.symbolic.strided import Strided


def program_for(parts, extents, fill, **shapes):
    """Squares of tensors assembled, and cubed after it."""
    builder = Builder()
    squares = {}
    for name, shape in shapes.items():
        builder.give(name, shape)
        at, whole_shape = tuple(index(k) for k in range(len(shape))), tuple(map(Integer, shape))
        square = comprehension(whole_shape, at, value(0) ** 2, [Read(name, at)], whole_shape)
        squares[name] = builder.define(square, f"square_{name}")
    together = assembly(extents, [Part(p.region, squares.get(p.tensor), p.detached) for p in parts], fill)
    builder.define(together, "together")
    at = tuple(index(k) for k in range(len(extents)))
    builder.define(comprehension(together.shape, at, value(0) ** 3, [Read("together", at)], together.shape), "out")
    return builder.build()


def rows(first, count, width):
    return Region(first * width, (count, width), (width, 1))


def columns(first, count, height, width):
    return Region(first, (height, count), (width, 1))


def written(base, *writes):
    """A clone of a tensor with writes in place."""
    out = base.clone()
    for write in writes:
        write(out)
    return out


X, Y, Z = draw(2, 3), draw(4, 3, seed=1), draw(3, seed=2)
CASES = {
    "cat of rows": (
        [Part(rows(0, 2, 3), "x"), Part(rows(2, 4, 3), "y")],
        (6, 3),
        lambda x, y: torch.cat([x, y]),
        {"x": X, "y": Y},
    ),
    "cat of columns": (
        [Part(columns(0, 3, 4, 7), "y"), Part(columns(3, 1, 4, 7)), Part(columns(4, 3, 4, 7), "y")],
        (4, 7),
        lambda y: torch.cat([y, torch.zeros(4, 1), y], 1),
        {"y": Y},
    ),
    "stack": (
        [Part(Region(0, (3,), (2,)), "z"), Part(Region(1, (3,), (2,)), "z")],
        (3, 2),
        lambda z: torch.stack([z, z], 1),
        {"z": Z},
    ),
    "a row of a matrix": (
        [Part(whole((4, 3)), "y"), Part(Region(6, (3,), (1,)), "z")],
        (4, 3),
        lambda y, z: written(y, lambda out: out[2].copy_(z)),
        {"y": Y, "z": Z},
    ),
    "written over twice": (
        [Part(whole((4, 3)), "y"), Part(Region(6, (3,), (1,)), "z"), Part(Region(1, (3,), (3,)))],
        (4, 3),
        lambda y, z: written(y, lambda out: out[2].copy_(z), lambda out: out[:3, 1].zero_()),
        {"y": Y, "z": Z},
    ),
    "a diagonal": (
        [Part(whole((4, 3)), "y"), Part(Region(0, (3,), (4,)), "z")],
        (4, 3),
        lambda y, z: written(y, lambda out: out.diagonal().copy_(z)),
        {"y": Y, "z": Z},
    ),
    "a transposed view": (
        [Part(whole((4, 3)), "y"), Part(Region(0, (3, 2), (1, 3)), "w")],
        (4, 3),
        lambda y, w: written(y, lambda out: out[:2].T.copy_(w)),
        {"y": Y, "w": draw(3, 2, seed=4)},
    ),
    "a detached part": (
        [Part(whole((4, 3)), "y"), Part(Region(0, (3,), (1,)), "z", detached=True), Part(Region(3, (3,), (1,)), "z")],
        (4, 3),
        lambda y, z: written(y, lambda out: out[0].copy_(z.detach()), lambda out: out[1].copy_(z)),
        {"y": Y, "z": Z},
    ),
    "one entry": (
        [Part(whole((3,)), "z"), Part(Region(1, (), ()), "s")],
        (3,),
        lambda z, s: written(z, lambda out: out[1].copy_(s)),
        {"z": Z, "s": draw()},
    ),
    "a scalar": ([Part(whole(()), "s")], (), lambda s: s.clone(), {"s": draw()}),
    "an empty part": (
        [Part(Region(3, (0,), (1,)), "e"), Part(whole((3,)), "z"), Part(Region(3, (0,), (1,)), "e")],
        (3,),
        lambda z: z.clone(),
        {"z": Z},
    ),
}


def squared(function):
    return lambda **tensors: function(**{name: tensor**2 for name, tensor in tensors.items()}) ** 3


@pytest.mark.parametrize("name", CASES)
def test_against_torch(name):
    parts, extents, function, inputs = CASES[name]
    program = program_for(parts, extents, Integer(0), **{n: array.shape for n, array in inputs.items()})
    program_against_torch(program, "out", squared(function), inputs, evaluated=at_once_and_exactly)


@pytest.mark.parametrize("fill", [Integer(0), Rational(3, 2), Integer(-2)])
def test_padding_with_a_constant(fill):
    inside = Region(1 * 6 + 2, (2, 3), (6, 1))
    program = program_for([Part(inside, "x")], (4, 6), fill, x=(2, 3))

    def function(x):
        return torch.nn.functional.pad(x, (2, 1, 1, 1), value=float(fill))

    program_against_torch(program, "out", squared(function), {"x": X}, evaluated=at_once_and_exactly)


def test_what_is_overwritten_has_no_derivative_even_where_that_is_infinite():
    builder = Builder()
    builder.give("z", (3,))
    at = (index(0),)
    root = comprehension((Integer(3),), at, sqrt(value(0)), [Read("z", at)], (Integer(3),))
    parts = [Part(whole((3,)), builder.define(root, "root")), Part(Region(0, (1,), (1,)))]
    builder.define(assembly((3,), parts), "out")
    derivation = reverse(builder.build(), "out", ["root"])
    told = {"z": np.array([0.0, 1.0, 4.0]), derivation.cotangent: np.array([np.inf, 2.0, 3.0])}
    gradient = derivation.gradients["root"]
    assert np.array_equal(evaluate(derivation.adjoint, told, [gradient], Float64())[gradient], [0.0, 2.0, 3.0])


def test_a_mask_of_infinities():
    """The exponential of -∞ is exactly 0, in balls too, and so is its derivative."""
    builder = Builder()
    builder.give("z", (3,))
    builder.define(assembly((5,), [Part(Region(1, (3,), (1,)), "z")], S.NegativeInfinity), "masked")
    at = (index(0),)
    builder.define(comprehension((Integer(5),), at, exp(value(0)), [Read("masked", at)], (Integer(5),)), "out")

    def function(z):
        return torch.nn.functional.pad(z, (1, 1), value=-torch.inf).exp()

    program_against_torch(builder.build(), "out", function, {"z": Z})


def test_parts_that_leave_no_trace_are_dropped():
    row = Part(Region(0, (3,), (1,)), "z")
    everything = Part(whole((2, 3)), "x")
    zeros = Part(Region(3, (3,), (1,)))
    assert assembly((2, 3), [row, everything, row], Integer(5)) == assembly((2, 3), [everything, row])
    assert assembly((2, 3), [zeros, row]) == assembly((2, 3), [row])
    assert assembly((2, 3), [zeros, row], Integer(1)).parts == (zeros, row)
    assert assembly((2, 3), [row, zeros]).parts == (row, zeros)
    assert assembly((2, 3), [Part(whole((2, 3)))], Integer(1)) == assembly((2, 3), [])


def test_cat_needs_no_masks():
    """Nothing is written over, so each part's adjoint is a read of the cotangent itself."""
    program = program_for(*CASES["cat of columns"][:2], Integer(0), y=(4, 3))
    derivation = reverse(program, "together", ["square_y"])
    added = derivation.adjoint.definitions[len(program.definitions) :]
    assert [type(d) for _, d in added[:-1]] == [Strided, Strided]
    assert {d.tensor for _, d in added[:-1]} == {derivation.cotangent}


def test_a_part_that_is_written_over_has_no_adjoint():
    program = program_for([Part(rows(0, 1, 3), "z"), Part(rows(0, 2, 3), "x")], (2, 3), Integer(0), z=(1, 3), x=(2, 3))
    assert reverse(program, "together", ["square_z"]).gradients["square_z"] is None
    program = program_for([Part(rows(0, 1, 3), "z", detached=True)], (2, 3), Integer(0), z=(1, 3))
    assert reverse(program, "together", ["square_z"]).gradients["square_z"] is None


def test_writing_a_place_twice_is_refused():
    with pytest.raises(ValueError, match="names a place twice"):
        assembly((4,), [Part(Region(0, (2, 3), (1, 1)), "x")])
    assert assembly((8,), [Part(Region(0, (2, 3), (3, 2)), "x")]).operands == ("x",)


def test_writing_rounds_nothing():
    program = program_for(*CASES["written over twice"][:2], Integer(0), y=(4, 3), z=(3,))
    given = {"square_y": Y, "square_z": Z}
    inner = Builder()
    for name, array in given.items():
        inner.give(name, array.shape)
    inner.define(program.defined["together"], "out")
    exact, noisy = (
        evaluate(inner.build(), given, ["out"], Float64(), noise)["out"] for noise in (Exactly(), Noise(0.1))
    )
    assert np.array_equal(exact, noisy)


@pytest.mark.parametrize(("fill", "expected"), [(Integer(3), 4), (sqrt(Integer(2)), 5)])
def test_degrees_add_up_over_the_tensors(fill, expected):
    """Each square has degree 2, and the assembly that of a common denominator; a root of 2 is an opaque value."""
    program = program_for(CASES["cat of rows"][0], (6, 3), fill, x=(2, 3), y=(4, 3))
    assert degree(program, "together", {}, {}).tensor == expected


def test_wrong_adjoints_are_seen():
    """The oracle of this file: an assembly that forgets what is written over."""

    class Forgetful(Assembly):
        def adjoints(self, name, cotangent, active, builder):
            for part in self.parts:
                yield part.tensor, builder.define(Strided(cotangent, part.region), "adjoint")

    parts, extents, function, inputs = CASES["a row of a matrix"]
    program = program_for(parts, extents, Integer(0), **{n: array.shape for n, array in inputs.items()})
    liar = Forgetful(*(getattr(program.defined["together"], field) for field in ("extents", "parts", "fill")))
    wrong = type(program)(program.inputs, tuple((n, liar if n == "together" else d) for n, d in program.definitions))
    with pytest.raises(AssertionError):
        program_against_torch(wrong, "out", squared(function), inputs, evaluated=at_once_and_exactly)
