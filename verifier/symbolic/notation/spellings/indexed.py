"""Index notation: entries, sums over indices, tensors given entry by entry."""

from __future__ import annotations

from typing import Any

from sympy import Eq, Expr, Idx, Indexed, IndexedBase, Or, Product, Sum
from sympy.functions.special.tensor_functions import KroneckerDelta
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.tensor.array.expressions import ArrayElement, ArraySymbol

from verifier.symbolic.notation import layout
from verifier.symbolic.notation.layout import (
    BigOperator,
    Binding,
    Fenced,
    Layout,
    Name,
    Sign,
    Word,
    held,
    joined,
    row,
    separated,
)
from verifier.symbolic.notation.nodes import Entries
from verifier.symbolic.notation.pieces import Pieces
from verifier.symbolic.notation.spelling import Spelling


def tensor(node: IndexedBase | ArraySymbol | Idx, spelling: Spelling) -> Layout:
    """The name of a tensor or of an index."""
    return Name(str(node.args[0]))


def entry(node: Indexed, spelling: Spelling) -> Layout:
    """An entry of a tensor."""
    return layout.Indexed(spelling.spell(node.base), tuple(spelling.all(node.indices)))


def array_entry(node: ArrayElement, spelling: Spelling) -> Layout:
    """An entry of an array."""
    return layout.Indexed(Name(str(node.name)), tuple(spelling.all(node.indices)))


def matrix_entry(node: MatrixElement, spelling: Spelling) -> Layout:
    """An entry of a matrix expression; the only entry of a 1×1 matrix is that matrix, a column has one index."""
    if node.parent.shape == (1, 1):
        # In a row of its own, so that (xᵀ·A·x)·A·x does not become one product of matrices.
        only = spelling.spell(node.parent)
        return row(only, binding=only.binding)
    is_column = node.parent.shape[1] == 1 and node.indices[1] == 0
    indices = node.indices[:1] if is_column else node.indices
    return layout.Indexed(held(spelling.spell(node.parent), Binding.ATOM), tuple(spelling.all(indices)))


def delta(node: KroneckerDelta, spelling: Spelling) -> Layout:
    """Kronecker's delta."""
    return layout.Indexed(Word("δ"), tuple(spelling.all(node.args[:2])))


def _over_index(sign: str) -> Any:
    def spelled(node: Sum | Product, spelling: Spelling) -> Layout:
        summand, omitted = _without_some(node)
        body = spelling.spell(summand)
        for limit in node.limits:
            under, above = _limits(limit, summand, spelling)
            if omitted:
                under = separated([row(under, Sign("≠"), spelling.spell(place)) for place in omitted])
            body = BigOperator(sign, under, above, held(body, Binding.BIG_OPERATOR))
        return body

    return spelled


def _without_some(node: Sum | Product) -> tuple[Expr, list[Expr]]:
    """What is multiplied, and the places that are left out: the factor there is 1."""
    match node.function.args if isinstance(node.function, Pieces) and isinstance(node, Product) else ():
        case (one, rest) if one[0] == 1:
            index, places = node.limits[0][0], Or.make_args(one[1])
            if all(isinstance(place, Eq) and index in place.args for place in places):
                omitted = [next(other for other in place.args if other != index) for place in places]
                return rest[0], sorted(omitted, key=str)
    return node.function, []


def _limits(limit: Any, summand: Expr, spelling: Spelling) -> tuple[Layout, Layout | None]:
    """What stands under and over a sum; the index alone where it runs along a whole axis of an entry."""
    index = spelling.spell(limit[0])
    if len(limit) == 1 or _runs_along_an_axis(limit, summand):
        return index, None
    if limit[1] == 0:
        return row(index, Sign("<"), spelling.spell(limit[2] + 1)), None
    return row(index, Sign("="), spelling.spell(limit[1])), spelling.spell(limit[2])


def _runs_along_an_axis(limit: Any, summand: Expr) -> bool:
    """Whether an index stands alone on an axis of an entry that is as long as the sum."""
    index, low, high = limit
    entries = summand.atoms(Indexed, MatrixElement)
    return low == 0 and any(at == index and extent == high + 1 for e in entries for at, extent in _axes(e))


def _axes(entry: Indexed | MatrixElement) -> list[tuple[Expr, Expr]]:
    shape = entry.parent.shape if isinstance(entry, MatrixElement) else entry.base.shape
    return list(zip(entry.indices, shape or [], strict=False))


def entries(node: Entries, spelling: Spelling) -> Layout:
    """A tensor given entry by entry; axes of extent 1 are not written."""
    indices = spelling.all(index for index, extent in node.axes if extent != 1)
    return joined([Fenced(separated(indices), "[", "]"), spelling.spell(node.expression)], "↦", Binding.MAP)


NODES = {
    IndexedBase: tensor,
    ArraySymbol: tensor,
    Idx: tensor,
    Indexed: entry,
    ArrayElement: array_entry,
    MatrixElement: matrix_entry,
    KroneckerDelta: delta,
    Sum: _over_index("Σ"),
    Product: _over_index("Π"),
    Entries: entries,
}
