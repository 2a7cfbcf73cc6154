"""Softmax and its relatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Expr, exp

from verifier.op import Given, Operand, op, real, sample
from verifier.symbolic.arrangement import extents, sliced
from verifier.symbolic.axes import along, axes_of, kept, rows
from verifier.symbolic.exponentials import Rows, exponentials, log_sigmoid
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, total


def softmax(self: Operand, dim: int, half_to_float: bool, *, scope: Scope) -> Tensor:
    """_softmax(Tensor self, int dim, bool half_to_float) -> Tensor"""
    return _along(self, dim, Rows.softmax, scope)


def log_softmax(self: Operand, dim: int, half_to_float: bool, *, scope: Scope) -> Tensor:
    """_log_softmax(Tensor self, int dim, bool half_to_float) -> Tensor"""
    return _along(self, dim, Rows.log_softmax, scope)


def safe_softmax(self: Operand, dim: int, dtype: str | None = None, *, scope: Scope) -> Tensor:
    """_safe_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor"""
    return _along(self, dim, Rows.safe_softmax, scope)


def _along(tensor: Tensor, dim: int, function: Callable[[Rows], Tensor], scope: Scope) -> Tensor:
    """A function of rows along any axis."""
    if 0 in tensor.shape:
        return tensor
    return along(tensor, dim, lambda rows: function(exponentials(rows, scope)))


def logsumexp(self: Operand, dim: Sequence[int], keepdim: bool = False, *, scope: Scope) -> Tensor:
    """logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor"""
    axes = axes_of(dim, len(self.shape))
    sums = exponentials(rows(self, axes, scope), scope).logsumexp()
    return kept(sums, axes, keepdim)


def softmax_backward_data(
    grad_output: Operand, output: Operand, dim: int, input_dtype: str | None, *, scope: Scope
) -> Tensor:
    """_softmax_backward_data(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype) -> Tensor"""
    axis = dim % len(output.shape)

    def along(at: Sequence[Expr]) -> Expr:
        def product(k: Expr) -> Expr:
            place = (*at[:axis], k, *at[axis + 1 :])
            return grad_output.entry(*place) * output.entry(*place)

        return total(output.shape[axis], product)

    return Tensor(output.shape, lambda *at: output.entry(*at) * (grad_output.entry(*at) - along(at)))


def log_sigmoid_forward(self: Operand) -> tuple[Tensor, None]:
    """log_sigmoid_forward(Tensor self) -> (Tensor output, Tensor buffer)

    The buffer is not differentiable and depends on how torch computes.
    """
    return Tensor(self.shape, lambda *at: log_sigmoid(self.entry(*at))), None


def glu(self: Operand, dim: int = -1) -> Tensor:
    """glu(Tensor self, int dim=-1) -> Tensor"""
    axis = dim % len(self.shape)
    half = extents(self)[axis] // 2
    linear, gate = sliced(self, axis, 0, half), sliced(self, axis, half, half)
    return Tensor(linear.shape, lambda *at: linear.entry(*at) / (1 + exp(-gate.entry(*at))))


OPS = (
    op(
        "_softmax",
        define=softmax,
        samples=(sample("_softmax", real(2, 3), -1, False), sample("_softmax", real(2, 3, 2), 1, False)),
    ),
    op(
        "_log_softmax",
        define=log_softmax,
        samples=(sample("_log_softmax", real(2, 3), 0, False), sample("_log_softmax", real(), 0, False)),
    ),
    op(
        "_safe_softmax",
        define=safe_softmax,
        samples=(
            sample("_safe_softmax", real(2, 3), -1),
            sample("_safe_softmax", Given([[1.0, float("-inf")], [0.5, 2.0]], varies=True), 1),
        ),
    ),
    op(
        "logsumexp",
        define=logsumexp,
        samples=(
            sample("logsumexp", real(2, 3), [0]),
            sample("logsumexp", real(2, 3, 2), [0, -1], True),
            sample("logsumexp", real(), [0]),
        ),
    ),
    op(
        "_softmax_backward_data",
        define=softmax_backward_data,
        samples=(sample("_softmax_backward_data", real(2, 3), real(2, 3), -1, "float64"),),
    ),
    op("log_sigmoid_forward", define=log_sigmoid_forward, samples=(sample("log_sigmoid_forward", real(4)),)),
    op("glu", define=glu, samples=(sample("glu", real(2, 4)), sample("glu", real(4, 3), 0))),
)
