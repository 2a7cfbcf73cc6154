"""Programs evaluated by plain Python loops, and differentiated by differences: the oracle of the core's tests."""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np
from sympy import lambdify

from verifier.symbolic.comprehension import index, pointer, value
from verifier.symbolic.program import Builder, bind_extents


def program_of(definition, **inputs):
    """A program that defines `out`, and inputs of the arrays' shapes."""
    builder = Builder()
    for name, array in inputs.items():
        builder.give(name, np.shape(array))
    builder.define(definition, "out")
    return builder.build()


def loops(program, inputs, wanted):
    """The tensor `wanted`, entry by entry."""
    extents = bind_extents(program, {name: np.shape(array) for name, array in inputs.items()})
    known = {name: np.asarray(array) for name, array in inputs.items()}
    for name, definition in program.needed_for([wanted]):
        known[name] = _comprehended(definition, known, extents)
    return known[wanted]


def _comprehended(definition, known, extents):
    shape = [int(n.subs(extents)) for n in definition.shape]
    out = np.zeros(shape)
    symbols = [index(k) for k in range(len(definition.domain))]
    pointers = [pointer(k) for k in range(len(definition.pointers))]
    values = [value(k) for k in range(len(definition.reads))]
    others = tuple(extents)
    body = _compiled(definition.body, (*symbols, *pointers, *values, *others))
    for at in itertools.product(*(range(int(n.subs(extents))) for n in definition.domain)):

        def place(expressions, pointed, at=at):
            arguments = (*symbols, *pointers[: len(pointed)], *others)
            return tuple(int(_compiled(e, arguments)(*at, *pointed, *extents.values())) for e in expressions)

        pointed = [int(known[read.tensor][place(read.index, ())]) for read in definition.pointers]
        target = place(definition.target, pointed)
        if not _inside(target, shape):
            continue
        read = []
        for one in definition.reads:
            entry = place(one.index, pointed)
            array = known[one.tensor]
            read.append(float(array[entry]) if _inside(entry, array.shape) else float(one.fill))
        out[target] += body(*at, *pointed, *read, *extents.values())
    return out


def _inside(at, shape):
    return all(0 <= k < n for k, n in zip(at, shape, strict=True))


@cache
def _compiled(expression, symbols):
    return lambdify(list(symbols), expression, "math", dummify=True)


def slopes(function, point, step=2.0**-9):
    """The gradient of a scalar function by differences of fourth order, and how good that is."""
    point = np.asarray(point, dtype=float)
    found = np.zeros(point.shape)
    for at in np.ndindex(point.shape):

        def moved(steps, at=at):
            there = point.copy()
            there[at] += steps * step
            return float(function(there))

        found[at] = (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * step)
    return found


def assert_near(left, right, relative=1e-8):
    left, right = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    assert left.shape == right.shape
    scale = max(1.0, float(np.max(np.abs(right), initial=0.0)))
    worst = float(np.max(np.abs(left - right), initial=0.0))
    assert worst <= relative * scale and not math.isnan(worst), (left, right)
