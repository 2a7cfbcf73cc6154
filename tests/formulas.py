"""Formulas evaluated as the verifier understands them, and by SymPy on matrices of single symbols: an oracle."""

from __future__ import annotations

import itertools

import numpy as np
from derivatives import at_once
from loops import assert_near
from sympy import Expr, Matrix, MatrixSymbol, Symbol, diff, lambdify

from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import Total, total


def value_of(expression, **inputs):
    """The formula's value, the same in all arithmetics."""
    formula = formula_of(expression)
    return at_once(formula.program, {n: np.asarray(v) for n, v in inputs.items()}, formula.output)


def gradients_of(expression, weights=None, **inputs):
    """The gradient of <cotangent, formula> by every floating-point input; zeros where there is no path."""
    formula = formula_of(expression)
    inputs = {n: np.asarray(v) for n, v in inputs.items()}
    wrt = [n for n, v in inputs.items() if v.dtype.kind == "f"]
    derivation = reverse(formula.program, formula.output, wrt)
    told = {**inputs, derivation.cotangent: np.asarray(1.0 if weights is None else weights, dtype=float)}
    return {
        name: at_once(derivation.adjoint, told, tensor) if tensor else np.zeros(inputs[name].shape)
        for name, tensor in derivation.gradients.items()
    }


def summed(matrix):
    """`total` of a matrix expression, or the sum of the entries of an explicit matrix."""
    return total(matrix) if isinstance(matrix, MatrixSymbol) or not hasattr(matrix, "flat") else sum(matrix.flat())


def check_formula(build, low=0.3, high=1.7, **shapes):
    """`build(X, Y, ...)` as a formula against the same build on explicit matrices: value and every gradient."""
    generator = np.random.default_rng(7)
    symbols = {n: Symbol(n, real=True) if shape == () else MatrixSymbol(n, *shape) for n, shape in shapes.items()}
    numbers = {n: generator.uniform(low, high, shape) for n, shape in shapes.items()}
    explicit, point = {}, {}
    for name, shape in shapes.items():
        entries = {at: Symbol(f"{name}_{'_'.join(map(str, at))}", real=True) for at in np.ndindex(shape)}
        explicit[name] = entries[()] if shape == () else Matrix(*shape, lambda i, k, e=entries: e[int(i), int(k)])
        point |= {entries[at]: float(numbers[name][at]) for at in entries}
    entries = _entries(build(**explicit))
    ours = build(**symbols)
    value = value_of(ours, **numbers)
    evaluate = lambdify(list(point), list(entries.values()), "mpmath")
    assert_near(value.reshape(-1), [float(v) for v in evaluate(*point.values())], 1e-12)
    cotangent = generator.normal(size=value.shape)
    weighted = sum(float(c) * e for c, e in zip(cotangent.reshape(-1), entries.values(), strict=True))
    for name, gradient in gradients_of(ours, cotangent, **numbers).items():
        flat = [explicit[name]] if shapes[name] == () else explicit[name].flat()
        slopes = lambdify(list(point), [diff(weighted, entry) for entry in flat], "mpmath")(*point.values())
        assert_near(gradient.reshape(-1), [float(s) for s in slopes], 1e-11)


def _entries(expression):
    expression = expression.doit()
    if isinstance(expression, Expr) and not hasattr(expression, "shape"):
        return {(): expression}
    matrix = expression if hasattr(expression, "flat") else expression.as_explicit().doit()
    return {at: matrix[at] for at in itertools.product(*map(range, matrix.shape))}


__all__ = ["Total", "check_formula", "gradients_of", "summed", "value_of"]
