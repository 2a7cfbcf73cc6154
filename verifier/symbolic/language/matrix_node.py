"""What the nodes of matrices have in common."""

from __future__ import annotations

from typing import Any

from sympy import Basic, Expr, MatrixExpr, sympify
from sympy.matrices import MatrixBase
from sympy.matrices.expressions.matexpr import MatrixElement

from verifier.errors import FormulaNotUnderstoodError, ShapesDoNotFitError


class MatrixNode(MatrixExpr):
    """A matrix that is made of another one, by default of the same shape. It prints as the helper that writes it."""

    spelled: str

    @property
    def matrix(self) -> MatrixExpr:
        """What it is made of."""
        return self.args[0]

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """The shape of the result."""
        return self.matrix.shape

    def _entry(self, i: Expr, j: Expr, **kwargs: Any) -> Expr:
        return MatrixElement(self, i, j)

    def _sympystr(self, printer: Any) -> str:
        return f"{self.spelled}({', '.join(printer.doprint(argument) for argument in self.args)})"


def matrix_of(helper: str, argument: Any) -> MatrixExpr:
    """The argument of a helper as a matrix expression. Raises `FormulaNotUnderstoodError` for anything else."""
    expression: Basic = sympify(argument, strict=True)
    if isinstance(expression, MatrixBase):
        return expression.as_immutable()
    if not isinstance(expression, MatrixExpr):
        raise FormulaNotUnderstoodError(expression, f"{helper} takes a matrix, of which a vector is one column or row")
    return expression


def square(helper: str, argument: Any) -> MatrixExpr:
    """The argument of a helper as a square matrix. Raises `ShapesDoNotFitError` where it is not square."""
    matrix = matrix_of(helper, argument)
    if matrix.shape[0] != matrix.shape[1]:
        raise ShapesDoNotFitError(f"{helper}({matrix})", matrix.shape, matrix.shape)
    return matrix
