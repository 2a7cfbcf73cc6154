"""`Detached`: values through which no derivative passes."""

from __future__ import annotations

from typing import Any

from sympy import Basic, Expr, MatrixExpr, sympify
from sympy.matrices import MatrixBase


class Detached(Expr):
    """A value through which no derivative passes, as torch's `detach`. Takes scalars and matrices.

    For a matrix it is a `DetachedMatrix`.
    """

    is_commutative = True
    is_real = True

    def __new__(cls, expression: Any) -> Basic:
        """A detached scalar, or a `DetachedMatrix`."""
        expression = sympify(expression, strict=True)
        if isinstance(expression, MatrixExpr | MatrixBase):
            return DetachedMatrix(expression)
        return Expr.__new__(cls, expression)

    @property
    def expression(self) -> Expr:
        """What is detached."""
        return self.args[0]


class DetachedMatrix(MatrixExpr):
    """A matrix through which no derivative passes. Write `Detached(X)`."""

    @property
    def expression(self) -> MatrixExpr:
        """What is detached."""
        return self.args[0]

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """The matrix's shape."""
        return self.args[0].shape

    def _entry(self, i: Expr, j: Expr, **kwargs: Any) -> Expr:
        return Detached(self.expression._entry(i, j, **kwargs))

    def _sympystr(self, printer: Any) -> str:
        return f"Detached({printer.doprint(self.expression)})"
