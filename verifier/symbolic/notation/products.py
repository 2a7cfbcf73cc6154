"""Products over an index, and the products of all factors but one that are their derivatives."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Eq, Expr, Integer, Tuple, true
from sympy import Product as ProductOver

from verifier.errors import NoClosedFormError
from verifier.symbolic.notation.index_notation import fresh_indices
from verifier.symbolic.notation.operands import Operands
from verifier.symbolic.notation.pieces import Pieces
from verifier.symbolic.product import Product


def product_entry(definition: Product, at: Sequence[Expr], operands: Operands) -> Expr:
    """An entry of a product or of its first derivative; raises `NoClosedFormError` for higher ones."""
    if definition.order > 1:
        raise NoClosedFormError(definition.factors, type(definition).__name__)
    (j,) = fresh_indices(1)
    batch, omitted = at[: len(definition.batch)], at[len(definition.batch) :]
    factor = operands.entry(definition.factors, (*batch, j))
    for k in omitted:
        factor = Pieces(Tuple(Integer(1), Eq(j, k)), Tuple(factor, true))
    return ProductOver(factor, (j, Integer(0), definition.extent - 1))
