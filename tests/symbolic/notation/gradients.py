"""Gradients of formulas, as closed forms and compared with the program that they came from."""

from __future__ import annotations

from typing import Any

import numpy as np
from by_definition import evaluated, value
from sympy import IndexedBase, Integer, MatrixSymbol, symbols

from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.notation import closed_form, render

n, m, k = symbols("n m k", integer=True, positive=True)
EXTENTS = {"n": 3, "m": 4, "k": 2}


def cases_of(formula: Any) -> dict[str, tuple[Any, str | None, dict[str, Any]]]:
    """For each input of a formula, the program of the gradient by it, the tensor, and what the inputs are."""
    formula = formula_of(formula)
    derivation = reverse(formula.program, formula.output, list(formula.symbols))
    symbols = {**formula.symbols, derivation.cotangent: _cotangent(formula.program.shapes[formula.output])}
    return {name: (derivation.adjoint, tensor, symbols) for name, tensor in derivation.gradients.items()}


def gradients(formula: Any) -> dict[str, Any]:
    """The closed form of the gradient of <cotangent, formula> by each input; every one is checked on the way."""
    found = {}
    for name, (program, tensor, inputs) in cases_of(formula).items():
        found[name] = closed_form(program, tensor, inputs) if tensor else None
        if tensor:
            check(program, tensor, found[name])
    return found


def plain_gradients(formula: Any) -> dict[str, str | None]:
    """The same in plain text."""
    return {name: form if form is None else render(form).plain for name, form in gradients(formula).items()}


def check(program: Any, tensor: str, form: Any, extents: dict[str, int] = EXTENTS, seed: int = 0) -> None:
    """That a closed form has the values of the tensor that it came from, at a random point."""
    rng = np.random.default_rng(seed)
    env: dict[str, Any] = dict(extents)
    for name, shape in program.inputs:
        shape = tuple(int(value(extent, extents)) for extent in shape)
        env[name] = rng.uniform(0.5, 1.5, shape) if name != "cotangent" or shape else np.array(1.0)
    expected = evaluated(program, tensor, env)
    actual = np.asarray(value(form, env))
    assert actual.size == expected.size, (form, actual.shape, expected.shape)
    np.testing.assert_allclose(
        actual.reshape(expected.shape), expected, rtol=1e-10, atol=1e-12, err_msg=render(form).plain
    )


def _cotangent(shape: tuple[Any, ...]) -> Any:
    if not shape:
        return Integer(1)
    return MatrixSymbol("cotangent", *shape) if len(shape) == 2 else IndexedBase("cotangent", shape=shape)
