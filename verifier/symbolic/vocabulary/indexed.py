"""Index notation: entries of tensors of any order, and sums over indices."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Dummy, Expr, Indexed, Product, Sum, Symbol
from sympy.tensor.array.expressions import ArrayElement, ArraySymbol

from verifier.errors import FormulaNotUnderstoodError
from verifier.symbolic.tensor import Entry, Tensor, multiplied, named, scalar, total
from verifier.symbolic.translator import Translator

#: `total` or `multiplied`.
Operator = Callable[[Expr, Callable[[Expr], Expr]], Expr]


def entry(node: Indexed, translator: Translator) -> Tensor:
    """An entry of an `IndexedBase`."""
    return scalar(Entry(str(node.base.label), map(translator.index, node.indices)))


def array(node: ArraySymbol, translator: Translator) -> Tensor:
    """A tensor that is an input."""
    return named(str(node.name), node.shape)


def array_entry(node: ArrayElement, translator: Translator) -> Tensor:
    """An entry of an `ArraySymbol`."""
    return scalar(Entry(str(node.name), map(translator.index, node.indices)))


def summation(node: Sum, translator: Translator) -> Tensor:
    """A sum over one or more indices; SymPy lists the innermost first."""
    return scalar(_over(total, node, translator))


def product(node: Product, translator: Translator) -> Tensor:
    """A product over one or more indices."""
    return scalar(_over(multiplied, node, translator))


def _over(operator: Operator, node: Sum | Product, translator: Translator) -> Expr:
    indices = {index for index, *_ in node.limits}
    for _, low, high in node.limits:
        if any(symbol in indices or isinstance(symbol, Dummy) for symbol in (high - low).free_symbols):
            raise FormulaNotUnderstoodError(
                node,
                "the limits of a sum must not depend on other indices; "
                "sum over the whole range, with a Piecewise that is 0 outside",
            )

    def nested(body: Expr, limits: Sequence[tuple[Symbol, Expr, Expr]]) -> Expr:
        if not limits:
            return translator.entry(body)
        index, low, high = limits[-1]
        return operator(high - low + 1, lambda j: nested(translator.bind(body, index, low + j), limits[:-1]))

    return nested(node.function, node.limits)


NODES = {Indexed: entry, ArraySymbol: array, ArrayElement: array_entry, Sum: summation, Product: product}
