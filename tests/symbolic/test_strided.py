"""Strided reads and their transposes, against torch, in every arithmetic and to second order."""

import numpy as np
import pytest
import torch
from derivatives import at_once_and_exactly
from loops import assert_near
from sympy import Integer
from torch_oracle import cubed, draw, program_against_torch

from verifier.numeric.evaluate import Exactly, evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.spread import Noise
from verifier.symbolic.assembly import Assembly, Part, assembly
from verifier.symbolic.program import Builder
from verifier.symbolic.region import Region, row_major, whole
from verifier.symbolic.reshape import Reshape
from verifier.symbolic.strided import Accumulated, Strided

REGIONS = {
    "all": ((2, 3), Region(0, (2, 3), (3, 1))),
    "select": ((3, 4), Region(2, (3,), (4,))),
    "a slice with a step": ((3, 5), Region(1, (3, 2), (5, 2))),
    "transposed": ((3, 4), Region(0, (4, 3), (1, 4))),
    "diagonal": ((3, 3), Region(0, (3,), (4,))),
    "one entry": ((3, 3), Region(5, (), ())),
    "expanded": ((3,), Region(0, (2, 3), (0, 1))),
    "an expanded scalar": ((), Region(0, (2, 3), (0, 0))),
    "overlapping windows": ((7,), Region(0, (5, 3), (1, 1))),
    "windows with a step": ((9,), Region(0, (4, 3), (2, 1))),
    "windows of windows": ((3, 6), Region(0, (3, 2, 4, 2), (6, 2, 1, 0))),
    "distinct but not plainly": ((20,), Region(0, (2, 3), (3, 2))),
    "crossing": ((20,), Region(1, (3, 3), (3, 2))),
    "backwards": ((6,), Region(5, (3,), (-2,))),
    "a long axis of length one": ((4,), Region(1, (1, 3), (100, 1))),
    "nothing": ((4,), Region(2, (0, 2), (1, 1))),
    "nothing of nothing": ((0, 4), Region(0, (4, 0), (1, 4))),
}


def read(x, region):
    """The entries of a region, by an indexing whose gradient torch adds up."""
    return x.reshape(-1)[torch.as_tensor(region.places())]


@pytest.mark.parametrize("name", REGIONS)
def test_strided_reads(name):
    shape, region = REGIONS[name]
    function = lambda x: read(x**3, region) ** 2
    program = cubed(Strided("cube", region), shape)
    program_against_torch(program, "out", function, {"x": draw(*shape)}, evaluated=at_once_and_exactly)


@pytest.mark.parametrize("name", REGIONS)
def test_accumulated_writes(name):
    shape, region = REGIONS[name]

    def function(x):
        flat = torch.zeros(int(np.prod(shape)), dtype=x.dtype)
        return flat.index_put((torch.as_tensor(region.places()),), x**3, accumulate=True).reshape(shape) ** 2

    program = cubed(Accumulated("cube", region, tuple(map(Integer, shape))), region.shape)
    program_against_torch(program, "out", function, {"x": draw(*region.shape)}, evaluated=at_once_and_exactly)


def test_many_overlaps_are_scattered():
    region = Region(0, (300, 300), (1, 1))
    program = cubed(Accumulated("cube", region, (Integer(599),)), region.shape)
    x = draw(300, 300)
    expected = np.zeros(599)
    np.add.at(expected, region.places(), x**3)
    assert_near(evaluate(program, {"x": x}, ["out"], Float64())["out"], expected**2, 1e-12)


def test_views_are_not_copied():
    builder = Builder()
    builder.give("x", (4, 6))
    builder.define(Reshape("x", (Integer(24),)), "flat")
    builder.define(Strided("flat", Region(1, (3, 5), (2, 1))), "out")
    x = draw(4, 6)
    found = evaluate(builder.build(), {"x": x}, ["out"], Float64())["out"]
    assert np.shares_memory(found, x) and not found.flags.writeable


@pytest.mark.parametrize(
    "definition",
    [
        Reshape("x", (Integer(2), Integer(3))),
        Strided("x", REGIONS["expanded"][1]),
        Accumulated("x", whole((6,)), (Integer(6),)),
    ],
    ids=["reshape", "strided", "accumulated"],
)
def test_moving_entries_rounds_nothing(definition):
    builder = Builder()
    builder.give("x", (6,))
    builder.define(definition, "out")
    exact, noisy = (
        evaluate(builder.build(), {"x": draw(6)}, ["out"], Float64(), noise) for noise in (Exactly(), Noise(0.1))
    )
    assert np.array_equal(exact["out"], noisy["out"])


def test_adding_up_rounds():
    builder = Builder()
    builder.give("x", (2, 3))
    builder.define(Accumulated("x", Region(0, (2, 3), (0, 1)), (Integer(3),)), "out")
    noisy = evaluate(builder.build(), {"x": draw(2, 3)}, ["out"], Float64(), Noise(0.1))
    assert not np.any(noisy["out"] == draw(2, 3).sum(0))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4), (2, 1, 3), (0, 2)])
def test_row_major_strides_are_torchs(shape):
    if 0 not in shape:
        assert row_major(shape) == torch.zeros(shape).stride()
    assert np.array_equal(whole(shape).places().ravel(), np.arange(np.prod(shape)))


def test_wrong_adjoints_are_seen():
    """The oracle of this file: a strided read whose adjoint writes over instead of adding."""

    class Overwriting(Strided):
        def adjoints(self, name, cotangent, active, builder):
            first = Region(self.region.offset, self.region.shape[1:], self.region.strides[1:])
            row = builder.define(Strided(cotangent, Region(0, (3,), (1,))), "row")
            yield self.tensor, builder.define(Assembly((3,), (Part(first, row),)), "adjoint")

    program = cubed(Overwriting("cube", Region(0, (2, 3), (0, 1))), (3,))
    with pytest.raises(AssertionError):
        program_against_torch(program, "out", lambda x: (x**3).expand(2, 3) ** 2, {"x": draw(3)})


@pytest.mark.parametrize(
    "region", [Region(0, (2, 3), (3, 2)), Region(-1, (2,), (1,)), Region(1, (3,), (-1,)), Region(6, (1,), (1,))]
)
def test_regions_stay_inside(region):
    """Beyond the end of a tensor there is other memory."""
    for definition in (Strided("x", region), Accumulated("y", region, (Integer(6),))):
        builder = Builder()
        builder.give(definition.tensor, (6,) if definition.tensor == "x" else region.shape)
        builder.define(definition, "out")
        with pytest.raises(ValueError, match="outside of a tensor with 6 entries"):
            evaluate(
                builder.build(),
                {definition.tensor: draw(*map(int, builder.shape(definition.tensor)))},
                ["out"],
                Float64(),
            )
    with pytest.raises(ValueError, match="outside of a tensor with 6 entries"):
        assembly((2, 3), [Part(region, "x")])
