"""`total` and `mean`."""

from __future__ import annotations

from typing import Any

from sympy import Expr, IndexedBase, Integer, MatrixExpr, Mul, Sum, Symbol, sympify
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
