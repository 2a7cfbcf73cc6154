"""Matrices whose entries are written out, as one matrix among others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sympy import Expr, ImmutableDenseMatrix, Integer, MatrixExpr, Tuple
from sympy.matrices.expressions.matexpr import MatrixElement


class Explicit(MatrixExpr):
    """A matrix with these entries, row by row: `Explicit(2, 2, (1, 2, 3, 4))`.

    SymPy's own explicit matrices multiply themselves out; this one stays as it is, as symbols do. `doit` gives
    SymPy's own.
    """

    def __new__(cls, rows: Expr | int, columns: Expr | int, entries: Iterable[Expr]) -> Explicit:
        """As many entries as rows times columns."""
        return MatrixExpr.__new__(cls, Integer(rows), Integer(columns), Tuple(*entries))

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """Numbers of rows and columns."""
        return self.args[0], self.args[1]

    @property
    def entries(self) -> tuple[Expr, ...]:
        """The entries, row by row."""
        return tuple(self.args[2])

    @property
    def is_diagonal(self) -> bool:
        """Whether it is square, and zero off the diagonal."""
        rows, columns = map(int, self.shape)
        off = (self.at(i, k) for i in range(rows) for k in range(columns) if i != k)
        return rows == columns > 1 and all(entry == 0 for entry in off)

    def at(self, row: Any, column: Any) -> Expr:
        """The entry at a row and a column that are numbers."""
        return self.args[2][int(row) * int(self.shape[1]) + int(column)]

    @property
    def diagonal_entries(self) -> list[Expr]:
        """The entries on the diagonal."""
        return [self.at(k, k) for k in range(min(map(int, self.shape)))]

    def mirrored(self) -> Explicit:
        """The transpose."""
        rows, columns = map(int, self.shape)
        return Explicit(columns, rows, [self.at(i, k) for k in range(columns) for i in range(rows)])

    def mapped(self, change: Callable[[Expr], Expr]) -> Explicit:
        """The matrix with every entry changed."""
        return Explicit(*self.shape, map(change, self.entries))

    def doit(self, **hints: Any) -> ImmutableDenseMatrix:
        """The same as one of SymPy's explicit matrices."""
        return ImmutableDenseMatrix(*self.shape, self.entries)

    def _entry(self, i: Expr, j: Expr, **kwargs: Any) -> Expr:
        known = getattr(i, "is_Integer", False) and getattr(j, "is_Integer", False)
        return self.at(i, j) if known else MatrixElement(self, i, j)

    def _eval_transpose(self) -> Explicit:
        return self.mirrored()

    def _sympystr(self, printer: Any) -> str:
        return printer.doprint(self.doit())
