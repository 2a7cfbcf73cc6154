"""Numbers that differ from term to term of a sum: an explicit matrix has one for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, reduce

from sympy import Add, Basic, Expr, Indexed, MatrixExpr, Mul, Pow, Rational, Sum, Symbol, gcd
from sympy.matrices.expressions.matexpr import MatrixElement

from verifier.symbolic.comprehension import Canonical
from verifier.symbolic.language import Explicit


@dataclass(frozen=True)
class Numbered:
    """A term with slots for its numbers: `expression` times numbers[0], in which the others have slots of their own."""

    original: Expr
    expression: Expr
    numbers: tuple[Expr, ...]


def numbered(term: Expr) -> Numbered:
    """A term without the number in front, and without those that are added or multiplied inside of it."""
    front, rest = _primitive(term)
    numbers: list[Expr] = [front]

    def put(node: Basic) -> Basic:
        if isinstance(node, Rational):
            numbers.append(node)
            return number_slot(len(numbers) - 1)
        if isinstance(node, MatrixElement | Indexed | MatrixExpr | Sum) or not node.args:
            return node
        if isinstance(node, Pow):
            return put(node.base) ** node.exp
        return node.func(*map(put, sorted(node.args, key=_looks) if isinstance(node, Add | Mul) else node.args))

    return Numbered(term, put(rest) if rest != 1 else rest, tuple(numbers))


def _primitive(term: Expr) -> tuple[Expr, Expr]:
    """A product as a number and factors without numbers that all of their terms share."""
    number, rest = term.as_coeff_Mul()
    factors = []
    for factor in Mul.make_args(rest):
        base, exponent = factor.as_base_exp()
        if isinstance(base, Add) and exponent.is_Integer:
            content, base = base.primitive()
            number, factor = number * content**exponent, base**exponent
        factors.append(factor)
    return number, Mul(*factors)


@lru_cache(maxsize=65536)
def _looks(node: Basic) -> str:
    """What an expression looks like when one sees neither numbers nor positions."""
    if isinstance(node, Rational):
        return "#"
    if isinstance(node, MatrixElement | Indexed):
        return f"{node.args[0]}[]"
    if not node.args or isinstance(node, MatrixExpr):
        return str(node)
    parts = sorted(map(_looks, node.args)) if isinstance(node, Add | Mul) else map(_looks, node.args)
    return f"{type(node).__name__}({', '.join(parts)})"


def weighted(body: Expr, indices: Sequence[Symbol], weights: Sequence[Expr], extents: Sequence[int]) -> Expr:
    """The sum of a body over one or two indices, times a number for each of their values, row by row."""
    shared = reduce(gcd, map(abs, weights))
    entry = entry_of([weight / shared for weight in weights], indices, extents)
    sign, entry = entry.as_coeff_Mul()
    return sign * shared * Sum(entry * body, *((i, 0, n - 1) for i, n in zip(indices, extents, strict=True)))


def entry_of(numbers: Sequence[Expr], indices: Sequence[Symbol], extents: Sequence[int]) -> Expr:
    """The number at one or two indices, where there is one for each of their values, row by row."""
    if len(set(numbers)) == 1:
        return numbers[0]
    sign = -1 if all(number <= 0 for number in numbers) else 1
    rows, columns = (*extents, 1)[:2]
    matrix = Explicit(rows, columns, [sign * number for number in numbers])
    return sign * MatrixElement(matrix, *(*indices, 0)[:2])


@cache
def number_slot(position: int) -> Symbol:
    """What stands for a number."""
    return Canonical(f"n{position}", real=True)
