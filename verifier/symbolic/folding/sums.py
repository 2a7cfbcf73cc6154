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
    NDimArray,
    Pow,
)
from sympy.matrices import MatrixBase
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.tensor.array.expressions import Reshape

from verifier.symbolic.folding.numbers import Numbered, entry_of, number_slot, numbered, weighted
from verifier.symbolic.folding.positions import Pattern, Term, Tie, abstracted, bound, depth, skeleton, slot, ties
from verifier.symbolic.folding.products import folded_products

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
        case NDimArray() if len(node.shape) <= 2:
            matrix = ImmutableDenseMatrix(node.tolist())
            whole = _diagonal_matrix(matrix) or _whole_matrix(matrix)
            return node if whole is matrix else whole if len(node.shape) == 2 else Reshape(whole, node.shape)
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
    """Terms that are one but for numbers in them, as a sum with these numbers in explicit matrices."""
    alike: dict[str, list[Numbered]] = defaultdict(list)
    for term in terms:
        found = numbered(term)
        alike[skeleton(found.expression)].append(found)
    for group in alike.values():
        sum_of_all = _weighted_sum(group) if len({found.numbers for found in group}) > 1 else None
        yield from [found.original for found in group] if sum_of_all is None else [sum_of_all]


def _weighted_sum(group: Sequence[Numbered]) -> Expr | None:
    """The sum that terms with different numbers in them are; None where they are none."""
    terms = [abstracted(found.expression) for found in group]
    template = terms[0].template
    given = {term.positions: found.numbers for term, found in zip(terms, group, strict=True)}
    if len(given) < len(terms) or any(term.template != template for term in terms):
        return None
    pattern = next(_patterns(list(given), terms[0].extents), None)
    box = [] if pattern is None else list(pattern.box())
    if pattern is None or not 1 <= len(pattern.extents) <= 2 or len(box) < 2 or set(box) != given.keys():
        return None
    level = depth(template)
    indices = [bound(level, k) for k in range(len(pattern.extents))]
    weights, *inside = ([given[at][k] for at in box] for k in range(len(group[0].numbers)))
    body = pattern.at(template, indices).xreplace(
        {number_slot(k + 1): entry_of(numbers, indices, pattern.extents) for k, numbers in enumerate(inside)}
    )
    return weighted(body, indices, weights, pattern.extents)


def _complete(terms: list[tuple[Expr, Term]]) -> Iterator[Expr]:
    """Terms of one kind with their complete sums folded; the others as they are."""
    template, extents = terms[0][1].template, terms[0][1].extents
    left = {term.positions: expression for expression, term in terms if term.template == template}
    yield from (expression for expression, term in terms if term.template != template)
    for pattern in _patterns(list(left), extents):
        if not left:
            break
        box = set(pattern.box()) if prod(pattern.extents) <= len(left) else set()
        if len(box) > 1 and all(at in left and pattern.written_out(template, at) == left[at] for at in box):
            left = {at: expression for at, expression in left.items() if at not in box}
            yield pattern.summed(template)
    yield from left.values()


def _patterns(positions: Sequence[tuple[int, ...]], extents: Sequence[int]) -> Iterator[Pattern]:
    """A pattern that may hold all of the positions, then those that may hold some, with the most terms first."""
    columns = list(zip(*positions, strict=True))
    plain: dict[tuple[int, ...], int] = {}
    sizes: list[int] = []
    slots: list[Tie] = []
    for column in columns:
        start, size = min(column), len(set(column))
        if size == 1:
            slots.append((None, start))
            continue
        running = tuple(position - start for position in column)
        if running not in plain:
            plain[running] = len(plain)
            sizes.append(max(running) + 1)
        slots.append((plain[running], start))
    pattern = Pattern(tuple(slots), tuple(sizes))
    if pattern.is_whole(extents):
        yield pattern
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
