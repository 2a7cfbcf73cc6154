"""Linear maps whose tensors have matrix notation: `[i, j, k, l] ↦ exponential_derivative(X, e[k]·e[l]ᵀ)[i, j]`.

What is linear in a direction is known from its values at the unit matrices. So this is how a Jacobian or a Hessian is
written where the direction goes through something that is no sum over indices, such as a Sylvester equation.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Basic, Integer, MatrixExpr

from verifier.errors import NoClosedFormError
from verifier.symbolic.notation import algebra
from verifier.symbolic.notation.closed_form import closed_form
from verifier.symbolic.notation.elements import element
from verifier.symbolic.notation.index_notation import fresh_indices
from verifier.symbolic.notation.letters import with_letters
from verifier.symbolic.notation.nodes import Entries, UnitVector, entries
from verifier.symbolic.notation.substitution import opened
from verifier.symbolic.program import Program, Shape


def unit_map(program: Program, tensor: str, symbols: Mapping[str, Basic], source: str) -> Basic:
    """M with tensor[t] = Σ M[t, s]·source[s]: the tensor at each unit matrix or vector of the source.

    Axes of extent 1 are left out. Raises `NoClosedFormError` where the tensor has no matrix notation.
    """
    columns = _axes(program.shapes[source])
    unit = _unit(program.shapes[source], columns)
    form = closed_form(program, tensor, {**symbols, source: unit})
    if isinstance(form, Entries):
        raise NoClosedFormError(tensor, "sum over indices of a matrix")
    rows = _axes(program.shapes[tensor])
    at = [i for i, _ in rows]
    entry = element(form, *at, *[Integer(0)] * (2 - len(at))) if isinstance(form, MatrixExpr) else form
    whole = entries(opened(entry), *rows, *columns)
    return with_letters(whole, {str(symbol) for symbol in form.free_symbols | unit.free_symbols})


def _axes(shape: Shape) -> list[tuple[Basic, Basic]]:
    """An index and the extent of each axis that is longer than 1."""
    extents = [extent for extent in shape if extent != 1]
    return list(zip(fresh_indices(len(extents)), extents, strict=True))


def _unit(shape: Shape, axes: list[tuple[Basic, Basic]]) -> MatrixExpr:
    """The matrix or column of this shape that is 1 at the indices of the axes, and else 0."""
    if len(axes) == 1:
        ((position, extent),) = axes
        column = UnitVector(extent, position)
        return algebra.transposed(column) if len(shape) == 2 and shape[0] == 1 else column
    if len(axes) != 2:
        raise NoClosedFormError("the Jacobian", "tensor")
    (row, rows), (column_at, columns) = axes
    return algebra.product(UnitVector(rows, row), algebra.transposed(UnitVector(columns, column_at)))
