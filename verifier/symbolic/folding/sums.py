"""Additions that run over all positions of tensors, as sums over indices.

An addition whose terms differ only in the positions that they read, and that together read every position of a box,
becomes `Sum` over that box, from the inside out. A sum is only taken for complete if writing it out again gives the
very terms that it replaces, each once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import prod

from sympy import (
    Abs,
    Add,
    Basic,
    Determinant,
    Expr,
    FunctionMatrix,
    ImmutableDenseMatrix,
    Indexed,
    Integer,
    Lambda,
    MatrixExpr,
    Pow,
)
from sympy.matrices import MatrixBase
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.matexpr import MatrixElement

from verifier.symbolic.folding.numbers import weighted
from verifier.symbolic.folding.positions import Pattern, Term, abstracted, bound, depth, skeleton, slot, ties
from verifier.symbolic.folding.products import folded_products
from verifier.symbolic.language import Explicit

#: Terms that read more positions than this are folded only where every position is plainly an index or a number.
MOST_SLOTS = 4
#: Determinants of explicit matrices that are no larger are written out.
LARGEST_DETERMINANT = 3


def folded_sums(node: Basic, *, weigh: bool = True) -> Basic:
    """The same expression with `Sum` where an addition runs over all positions of entries of tensors.

    weigh: whether numbers in front of the terms may be different ones.
    """
    if isinstance(node, MatrixElement | Indexed) or not node.args:
        return node
    arguments = [folded_sums(argument, weigh=weigh) for argument in node.args]
    if any(new is not old for new, old in zip(arguments, node.args, strict=True)):
        node = node.func(*arguments)
    match node:
        case Add() if not isinstance(node, MatrixExpr):
            return _addition(node, weigh)
        case Pow() if isinstance(node.base, Abs) and node.exp.is_even:
            return node.base.args[0] ** node.exp  # formulas are over the real numbers
        case Determinant() if isinstance(node.arg, MatrixBase) and node.arg.rows <= LARGEST_DETERMINANT:
            return node.arg.det(method="laplace")
        case MatrixBase():
            return _diagonal_matrix(node) or _whole_matrix(node)
        case _:
            return node


def _addition(addition: Add, weigh: bool) -> Expr:
    """An addition with its complete sums folded, first those of products in which one tensor stands twice."""
    alike: dict[str, list[Expr]] = defaultdict(list)
    for term in Add.make_args(folded_products(addition)):
        alike[skeleton(term)].append(term)
    kept: list[Expr] = []
    for terms in alike.values():
        kept += _complete([(term, abstracted(term)) for term in terms]) if len(terms) > 1 else terms
    if weigh:
        kept = list(_weighted_sums(kept))
    return Add(*kept) if len(kept) < len(addition.args) else addition


def _weighted_sums(terms: Sequence[Expr]) -> Iterator[Expr]:
    """Terms that are one but for numbers in front of them, as a sum with these numbers in an explicit matrix."""
    alike: dict[str, list[tuple[Expr, Expr]]] = defaultdict(list)
    for term in terms:
        number, rest = term.as_coeff_Mul()
        alike[skeleton(rest)].append((number, rest))
    for group in alike.values():
        found = _weighted_sum(group) if len({number for number, _ in group}) > 1 else None
        yield from [number * rest for number, rest in group] if found is None else [found]


def _weighted_sum(group: Sequence[tuple[Expr, Expr]]) -> Expr | None:
    """The sum that terms with different rational numbers in front of them are; None where they are none."""
    terms = [(number, abstracted(rest)) for number, rest in group]
    template = terms[0][1].template
    weights = {term.positions: number for number, term in terms if term.template == template and number.is_Rational}
    if len(weights) < len(terms):
        return None
    pattern = next(_patterns(list(weights), terms[0][1].extents))
    box = list(pattern.box())
    if not 1 <= len(pattern.extents) <= 2 or len(box) < 2 or set(box) != weights.keys():
        return None
    level = depth(template)
    indices = [bound(level, k) for k in range(len(pattern.extents))]
    rows, columns = (*pattern.extents, 1)[:2]
    return weighted(pattern.at(template, indices), indices, Explicit(rows, columns, [weights[at] for at in box]))


def _complete(terms: list[tuple[Expr, Term]]) -> Iterator[Expr]:
    """Terms of one kind with their complete sums folded; the others as they are."""
    template, extents = terms[0][1].template, terms[0][1].extents
    left = {term.positions: expression for expression, term in terms if term.template == template}
    yield from (expression for expression, term in terms if term.template != template)
    for pattern in _patterns(list(left), extents):
        box = set(pattern.box())
        if len(box) > 1 and all(at in left and pattern.written_out(template, at) == left[at] for at in box):
            left = {at: expression for at, expression in left.items() if at not in box}
            yield pattern.summed(template)
    yield from left.values()


def _patterns(positions: Sequence[tuple[int, ...]], extents: Sequence[int]) -> Iterator[Pattern]:
    """A pattern that may hold all of the positions, then those that may hold some, with the most terms first."""
    columns = list(zip(*positions, strict=True))
    plain: dict[tuple[tuple[int, ...], int], int] = {}
    slots = []
    for column, extent in zip(columns, extents, strict=True):
        constant = len(set(column)) == 1
        slots.append(-1 - column[0] if constant else plain.setdefault((column, extent), len(plain)))
    yield Pattern(tuple(slots), tuple(extent for _, extent in plain))
    if len(extents) <= MOST_SLOTS:
        yield from sorted(ties([set(column) for column in columns], extents), key=lambda p: -prod(p.extents))


def _diagonal_matrix(node: MatrixBase) -> Basic | None:
    """A matrix whose diagonal is one function of the row, and which is zero elsewhere, as that diagonal."""
    if not (node.rows == node.cols > 1 and node.is_diagonal() and node.free_symbols):
        return None
    column = _whole_matrix(ImmutableDenseMatrix(node.rows, 1, node.diagonal()))
    return DiagMatrix(column) if isinstance(column, FunctionMatrix) else None


def _whole_matrix(node: MatrixBase) -> Basic:
    """A matrix whose entries are one function of row and column, as that function."""
    entries = {(i, k): node[i, k] for i in range(node.rows) for k in range(node.cols)}
    if len(entries) < 2 or len(set(map(skeleton, entries.values()))) > 1:
        return node
    terms = {at: abstracted(entry) for at, entry in entries.items()}
    template = terms[0, 0].template
    row, column = bound(depth(template), 0), bound(depth(template), 1)
    tied: dict[Basic, Basic] = {}
    for k in range(len(terms[0, 0].positions)):
        index = _follows({at: term.positions[k] for at, term in terms.items()}, row, column)
        if index is None:
            return node
        tied[slot(k)] = index
    body = template.xreplace(tied)
    if any(body.xreplace({row: Integer(i), column: Integer(k)}) != entry for (i, k), entry in entries.items()):
        return node
    return FunctionMatrix(node.rows, node.cols, Lambda((row, column), body))


def _follows(positions: dict[tuple[int, int], int], row: Expr, column: Expr) -> Expr | None:
    """What a position is in terms of the row and the column of an entry; None where it is neither, nor fixed."""
    if all(at[0] == position for at, position in positions.items()):
        return row
    if all(at[1] == position for at, position in positions.items()):
        return column
    fixed = set(positions.values())
    return Integer(fixed.pop()) if len(fixed) == 1 else None
