"""Which terms of a sum of matrices are one term: equal but for the order of sums in them, or explicit matrices."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache

from sympy import Basic, Expr, HadamardProduct, Integer, MatAdd, MatMul, MatrixExpr, MatrixSymbol

from verifier.symbolic.language import Explicit
from verifier.symbolic.notation.substitution import Closed


@lru_cache(maxsize=4096)
def in_any_order(expression: Basic) -> Hashable:
    """The same for expressions that differ in the order of their sums and entrywise products only."""
    if isinstance(expression, Closed):
        return Closed, in_any_order(expression.content)
    if isinstance(expression, MatrixSymbol) or not expression.args:
        return expression
    arguments = map(in_any_order, expression.args)
    if isinstance(expression, MatAdd | HadamardProduct):
        return expression.func, frozenset(Counter(arguments).items())
    return expression.func, *arguments


def with_explicit_added(terms: Sequence[tuple[Expr, MatrixExpr]]) -> list[tuple[Expr, MatrixExpr]]:
    """Terms of a sum of multiples, where those that differ only in one explicit matrix of numbers are one."""
    if sum(matrix.has(Explicit) for _, matrix in terms) < 2:
        return list(terms)
    alike: dict[Hashable, list[tuple[Expr, MatrixExpr]]] = defaultdict(list)
    for coefficient, matrix in terms:
        before, given, after = _around_explicit(matrix)
        alike[coefficient.as_coeff_Mul()[1], before, after, getattr(given, "shape", matrix)].append(
            (coefficient, matrix)
        )
    return [term for group in alike.values() for term in (group if len(group) == 1 else _added(group))]


def _around_explicit(matrix: MatrixExpr) -> tuple[tuple[MatrixExpr, ...], Explicit | None, tuple[MatrixExpr, ...]]:
    """The one explicit matrix of numbers in a product, and the factors before and after it."""
    factors = matrix.args if isinstance(matrix, MatMul) else (matrix,)
    places = [k for k, factor in enumerate(factors) if isinstance(factor, Explicit) and not factor.free_symbols]
    if len(places) != 1:
        return factors, None, ()
    return factors[: places[0]], factors[places[0]], factors[places[0] + 1 :]


def _added(group: Sequence[tuple[Expr, MatrixExpr]]) -> Iterator[tuple[Expr, MatrixExpr]]:
    """Terms that differ in a number in front and in an explicit matrix, as one; nothing where they cancel."""
    before, first, after = _around_explicit(group[0][1])
    if first is None:
        yield from group
        return
    entries = [Integer(0)] * len(first.entries)
    for coefficient, matrix in group:
        number, given = coefficient.as_coeff_Mul()[0], _around_explicit(matrix)[1]
        if given is not None:
            entries = [total + number * entry for total, entry in zip(entries, given.entries, strict=True)]
    factors = [*before, Explicit(first.shape[0], first.shape[1], entries), *after]
    if any(entry != 0 for entry in entries):
        yield group[0][0].as_coeff_Mul()[1], MatMul(*factors) if len(factors) > 1 else factors[0]
