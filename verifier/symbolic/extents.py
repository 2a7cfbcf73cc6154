"""Which symbols of a formula are extents and indices, and the shapes of tensors that were given without one."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Basic, Dummy, Expr, Indexed, IndexedBase, Integer, Max, Product, Sum, Symbol
from sympy.tensor.indexed import Idx

from verifier.errors import FormulaNotUnderstoodError

Ranges = dict[Symbol, tuple[Expr, Expr]]


def extent_symbols(expression: Basic) -> set[Symbol]:
    """The symbols that occur in shapes and in the limits of sums."""
    found: set[Basic] = set()
    for node in _walk(expression):
        if isinstance(node, Sum | Product):
            found |= set().union(*(bound.free_symbols for limit in node.limits for bound in limit[1:]))
        shape = _shape(node)
        found |= set().union(*(extent.free_symbols for extent in shape))
    return {symbol for symbol in found if isinstance(symbol, Symbol)}


def free_indices(expression: Basic) -> dict[Symbol, Expr]:
    """The symbols that index a tensor and are bound by no sum, with their extents."""
    found: dict[Symbol, Expr] = {}
    for entry, ranges in _entries(expression, {}):
        for axis, at in enumerate(entry.indices):
            for symbol in _index_symbols(at) - ranges.keys():
                if isinstance(symbol, Idx) and symbol.upper is not None:
                    found[symbol] = symbol.upper - symbol.lower + 1
                elif at == symbol and entry.base.shape is not None:
                    found.setdefault(symbol, entry.base.shape[axis])
    return found


def with_shapes(expression: Basic) -> Basic:
    """The expression with a shape for every `IndexedBase`: as large as its indices reach."""
    entries = list(_entries(expression, {}))
    shapeless = {entry.base for entry, _ in entries if entry.base.shape is None}
    replaced = {
        base: IndexedBase(base.label, shape=_reach([(e, r) for e, r in entries if e.base == base]))
        for base in shapeless
    }
    return expression.xreplace(
        {entry: Indexed(replaced[entry.base], *entry.indices) for entry, _ in entries if entry.base in replaced}
    )


def _reach(entries: list[tuple[Indexed, Ranges]]) -> tuple[Expr, ...]:
    orders = {len(entry.indices) for entry, _ in entries}
    if len(orders) > 1:
        raise FormulaNotUnderstoodError(entries[0][0].base, "it is used with different numbers of indices")
    axes = range(orders.pop())
    return tuple(
        _furthest([_largest(entry.indices[axis], ranges, entry) + 1 for entry, ranges in entries]) for axis in axes
    )


def _furthest(reaches: list[Expr]) -> Expr:
    """The largest of several extents; a symbol in an extent is at least 1, or there would be nothing to index."""
    positive = {s: Dummy(integer=True, positive=True) for s in set().union(*(reach.free_symbols for reach in reaches))}
    return Max(*(reach.xreplace(positive) for reach in reaches)).xreplace({d: s for s, d in positive.items()})


def _largest(at: Expr, ranges: Ranges, entry: Indexed) -> Expr:
    for symbol in at.free_symbols & ranges.keys():
        low, high = ranges[symbol]
        at = at.subs(symbol, high if at.coeff(symbol).is_nonnegative else low)
    if any(isinstance(symbol, Idx) and symbol.upper is None for symbol in at.free_symbols):
        raise FormulaNotUnderstoodError(entry, "give the IndexedBase a shape: IndexedBase(name, shape=(n,))")
    return at.subs({s: s.upper for s in at.free_symbols if isinstance(s, Idx)})


def _entries(node: Basic, ranges: Ranges) -> Iterator[tuple[Indexed, Ranges]]:
    """Every entry of an IndexedBase with the ranges of the indices that are bound where it stands."""
    if isinstance(node, Sum | Product):
        ranges = ranges | {index: (low, high) for index, low, high in node.limits}
    if isinstance(node, Indexed):
        yield node, ranges
    for argument in node.args:
        yield from _entries(argument, ranges)


def _index_symbols(at: Expr) -> set[Symbol]:
    """The symbols of an index expression; what indexes a tensor inside of it counts for that tensor."""
    return {
        s for s in at.xreplace(dict.fromkeys(at.atoms(Indexed), Integer(0))).free_symbols if isinstance(s, Symbol | Idx)
    }


def _walk(node: Basic) -> Iterator[Basic]:
    yield node
    for argument in node.args:
        yield from _walk(argument)


def _shape(node: Basic) -> tuple[Expr, ...]:
    try:
        shape = getattr(node, "shape", None)
    except (AttributeError, NotImplementedError, TypeError):
        return ()
    return tuple(extent for extent in shape or () if isinstance(extent, Expr))
