"""Pseudoinverses and least squares."""

from __future__ import annotations

from typing import Any

from sympy import Integer, Rational

from verifier.op import Operand, Sample, op, pairs, real, sample
from verifier.symbolic.axes import summed
from verifier.symbolic.complex_number import exactly, square_magnitude
from verifier.symbolic.matrices import column, in_batch, minus, product
from verifier.symbolic.scope import Scope, entrywise
from verifier.symbolic.systems import pseudoinverse
from verifier.symbolic.tensor import Tensor, scalar

ROUNDOFF = {"float64": Rational(1, 2**52), "float32": Rational(1, 2**23)}


def pinv(
    self: Operand,
    scope: Scope,
    atol: Operand | None = None,
    rtol: Operand | None = None,
    hermitian: bool = False,
) -> Tensor:
    """linalg_pinv.atol_rtol_tensor(Tensor self, *, Tensor? atol=None, Tensor? rtol=None, bool hermitian=False)"""
    none = scalar(exactly(0))
    default = smallest_ratio(self, self.dtype) if atol is None else none
    return pseudoinverse(self, none if atol is None else atol, default if rtol is None else rtol, scope)


def lstsq(self: Operand, b: Operand, rcond: float | None = None, *, driver: str | None = None, scope: Scope) -> Any:
    """linalg_lstsq(Tensor self, Tensor b, float? rcond=None, *, str? driver=None) -> (Tensor solution, ...)"""
    one = len(b.shape) == 1 or (len(self.shape) - 1 == len(b.shape) and b.shape == self.shape[:-1])
    right = column(b) if one else b
    ratio = smallest_ratio(self, self.dtype) if rcond is None else scalar(exactly(rcond))
    found = product(scope.settled(pseudoinverse(self, scalar(exactly(0)), ratio, scope)), right)
    found = scope.settled(found)
    solution = Tensor(found.shape[:-1], lambda *at: found[(*at, 0)]) if one else found
    rows, columns = self.shape[-2:]
    nothing = Tensor((0,), lambda k: Integer(0))
    if driver in (None, "gelsy") or rows <= columns:
        return solution, nothing, None, nothing
    left = scope.settled(product(self, found))
    squares = entrywise(square_magnitude, minus(left, in_batch(right, left.shape[:-2])))
    return solution, summed(squares, (len(squares.shape) - 2,)), None, nothing


def smallest_ratio(matrix: Tensor, dtype: str) -> Tensor:
    """The ratio to the largest singular value up to which one counts as 0, unless something else is said."""
    precision = {"complex128": "float64", "complex64": "float32"}.get(dtype, dtype)
    return scalar(ROUNDOFF[precision] * max(matrix.shape[-2:]))


OPS = (
    op(
        "linalg_pinv.atol_rtol_tensor",
        define=pinv,
        samples=(
            sample("linalg_pinv.atol_rtol_tensor", real(2, 3, 2)),
            sample("linalg_pinv.atol_rtol_tensor", real(2, 3)),
            sample("linalg_pinv.atol_rtol_tensor", pairs(3, 2)),
        ),
    ),
    op(
        "linalg_lstsq",
        define=lstsq,
        samples=(
            Sample("linalg_lstsq", (real(3, 2), real(3, 2)), only=(0,)),
            Sample("linalg_lstsq", (real(2, 3, 2), real(2, 3)), {"driver": "gelsd"}, only=(0, 1)),
        ),
    ),
)
