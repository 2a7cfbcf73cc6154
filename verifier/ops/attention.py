"""Attention."""

from __future__ import annotations

from sympy import Expr, Integer, Piecewise, Rational, oo, sqrt, true

from verifier.op import Given, Operand, op, real, sample
from verifier.symbolic.arrangement import reshaped
from verifier.symbolic.complex_number import exactly
from verifier.symbolic.exponentials import exponentials
from verifier.symbolic.scope import Scope, broadcast
from verifier.symbolic.tensor import Tensor, total


def flash_attention(
    query: Operand,
    key: Operand,
    value: Operand,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    attn_mask: Operand | None = None,
    scale: float | None = None,
    scope: Scope,
) -> tuple[Tensor, Tensor]:
    """_scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, float dropout_p=0., ...)

    softmax(scale · query · keyᵀ + mask) · value over the last two axes, 0 where a query may attend to nothing; and the
    log-sum-exp of the scores, constant for autograd. There is no dropout. Where there are fewer keys and values
    than queries along the second axis, each serves as many neighbouring queries.
    """
    *batch, queries, width = query.shape
    keyed, valued = (shared(tensor, query.shape[1], scope) for tensor in (key, value))
    keys = keyed.shape[-2]
    factor = 1 / sqrt(width) if scale is None else exactly(scale)
    products = scope.settled(
        Tensor(
            (*batch, queries, keys),
            lambda *at: total(width, lambda e: query.entry(*at[:-1], e) * keyed.entry(*at[:-2], at[-1], e)),
        ),
        "products",
    )
    mask = None if attn_mask is None else broadcast(attn_mask, products.shape)

    def score(*at: Expr) -> Expr:
        entry = factor * products[at] if mask is None else factor * products[at] + added(mask.entry(*at))
        return Piecewise((entry, at[-1] <= at[-2]), (-oo, true), evaluate=False) if is_causal else entry

    def added(entry: Expr) -> Expr:
        if attn_mask is not None and attn_mask.dtype == "bool":
            return Piecewise((Integer(0), entry > Rational(1, 2)), (-oo, true), evaluate=False)
        return entry

    rows = exponentials(Tensor(products.shape, score), scope)
    weights = scope.settled(rows.safe_softmax(), "weights")
    output = Tensor(
        (*batch, queries, value.shape[-1]),
        lambda *at: total(keys, lambda k: weights.entry(*at[:-1], k) * valued.entry(*at[:-2], k, at[-1])),
    )
    return output, scope.detached(rows.logsumexp())


def shared(tensor: Tensor, heads: Expr, scope: Scope) -> Tensor:
    """The tensor with each part along its second axis so many times in a row that there are as many as `heads`."""
    batch, own, *rest = tensor.shape
    if own == heads:
        return tensor
    again = Tensor((batch, own, heads / own, *rest), lambda b, h, _, *at: tensor.entry(b, h, *at))
    return reshaped(again, [int(extent) for extent in (batch, heads, *rest)], scope)


NAME = "_scaled_dot_product_flash_attention_for_cpu"

OPS = (
    op(
        NAME,
        define=flash_attention,
        samples=(
            sample(NAME, real(1, 2, 3, 4), real(1, 2, 5, 4), real(1, 2, 5, 4), scale=0.3),
            sample(NAME, real(1, 1, 3, 2), real(1, 1, 3, 2), real(1, 1, 3, 2), 0.0, True),
            sample(NAME, real(1, 4, 3, 2), real(1, 2, 3, 2), real(1, 2, 3, 2)),
            sample(
                NAME,
                real(1, 1, 2, 2),
                real(1, 1, 3, 2),
                real(1, 1, 3, 2),
                attn_mask=Given([[0.5, float("-inf"), 0.0], [0.0, 1.0, float("-inf")]]),
            ),
        ),
    ),
)
