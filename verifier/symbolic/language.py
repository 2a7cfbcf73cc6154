"""What a formula may hold beside SymPy's own: `total`, `mean` and `Detached`."""

from __future__ import annotations

from typing import Any

from sympy import Basic, Expr, IndexedBase, Integer, MatrixExpr, Mul, Sum, Symbol, sympify
from sympy.matrices import MatrixBase

from verifier.errors import FormulaNotUnderstoodError


class Total(Expr):
    """The sum of all entries of a matrix: a real scalar. Write `total(X)`."""

    is_commutative = True
    is_real = True

    @property
    def matrix(self) -> MatrixExpr:
        """What is summed."""
        return self.args[0]

    def _sympystr(self, printer: Any) -> str:
        return f"total({printer.doprint(self.matrix)})"


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


def total(tensor: Any) -> Expr:
    """The sum of all entries of a matrix expression, or of an `IndexedBase` that has a shape."""
    if isinstance(tensor, IndexedBase):
        return _summed(tensor)
    tensor = sympify(tensor, strict=True)
    if not isinstance(tensor, MatrixExpr | MatrixBase):
        raise FormulaNotUnderstoodError(tensor, "total and mean take a matrix or an IndexedBase with a shape")
    return Total(tensor)


def mean(tensor: Any) -> Expr:
    """The mean of all entries of a matrix expression, or of an `IndexedBase` that has a shape."""
    return total(tensor) / Mul(*tensor.shape)


def _summed(base: IndexedBase) -> Expr:
    if base.shape is None:
        raise FormulaNotUnderstoodError(base, "an IndexedBase needs a shape here: IndexedBase(name, shape=(n,))")
    indices = [Symbol(f"i_{base.label}_{k}", integer=True) for k in range(len(base.shape))]
    return Sum(base[tuple(indices)], *((i, Integer(0), n - 1) for i, n in zip(indices, base.shape, strict=True)))
