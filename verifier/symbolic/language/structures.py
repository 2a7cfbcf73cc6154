"""Structured variables: matrices of which only a part is free.

A structured variable stands for the projection of its input onto the structure: `symmetric("S", n)` is (S + Sᵀ)/2. So
its gradient G is projected too: it is the one G of the structure with df = <G, dS> for every dS of the structure, as
geometers have it and as gradient descent within the structure needs it. With respect to the free entries alone (those
with row ≤ column of a symmetric matrix) the derivatives are G + Gᵀ − diag(G), which the Matrix Cookbook calls the
gradient (its section 2.8): off the diagonal one free entry moves two entries of the matrix, and so is twice as large.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Basic, Expr, MatrixExpr, MatrixSymbol, sympify
from sympy.matrices.expressions.matexpr import MatrixElement


class Structured(MatrixExpr):
    """A square matrix symbol of which only a part is free. It prints as the symbol."""

    #: The projection as a reader has it, and what it does to a gradient.
    convention: str

    @property
    def symbol(self) -> MatrixSymbol:
        """The input, whose projection this is."""
        return self.args[0]

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """The shape of the symbol."""
        return self.symbol.shape

    @property
    def name(self) -> str:
        """The name of the symbol."""
        return str(self.symbol.name)

    def _entry(self, i: Expr, j: Expr, **kwargs: Any) -> Expr:
        return MatrixElement(self, i, j)

    def _sympystr(self, printer: Any) -> str:
        return self.name


class Symmetric(Structured):
    """A symmetric matrix; write `symmetric(name, n)`."""

    convention = "is symmetric: its gradient is the symmetric part (G + Gᵀ)/2 of the gradient G by all entries"

    def _eval_transpose(self) -> MatrixExpr:
        return self


class Diagonal(Structured):
    """A diagonal matrix; write `diagonal(name, n)`."""

    convention = "is diagonal: its gradient is that by all entries, with those off the diagonal set to 0"

    def _eval_transpose(self) -> MatrixExpr:
        return self


class LowerTriangular(Structured):
    """A lower triangular matrix; write `lower_triangular(name, n)`."""

    convention = "is lower triangular: its gradient is that by all entries, with those above the diagonal set to 0"


def symmetric(name: str, extent: Any) -> Symmetric:
    """A symmetric matrix variable."""
    return _variable(Symmetric, name, extent)


def diagonal(name: str, extent: Any) -> Diagonal:
    """A diagonal matrix variable."""
    return _variable(Diagonal, name, extent)


def lower_triangular(name: str, extent: Any) -> LowerTriangular:
    """A lower triangular matrix variable; its transpose is an upper triangular one."""
    return _variable(LowerTriangular, name, extent)


def conventions(expression: Basic) -> tuple[str, ...]:
    """One sentence for each structured variable of a formula, saying what its gradient is."""
    variables = sorted(expression.atoms(Structured), key=str)
    return tuple(f"{variable.name} {variable.convention}" for variable in variables)


def _variable(kind: Callable[[MatrixSymbol], Any], name: str, extent: Any) -> Any:
    extent = sympify(extent, strict=True)
    return kind(MatrixSymbol(name, extent, extent))
