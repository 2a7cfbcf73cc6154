"""Softmax and log-sum-exp along the last axis, shifted by the largest entry so that nothing overflows.

The shift cancels, and so it is held constant: right to every order. Rows of -inf alone are not shifted.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from sympy import Abs, Expr, Integer, Piecewise, exp, log, true
from sympy.codegen.cfunctions import log1p

from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, total

#: The largest finite number of float64.
LARGEST = int(sys.float_info.max)


@dataclass(frozen=True)
class Rows:
    """The exponentials of rows after a shift; for each row its largest entry, the shift, the sum of exponentials."""

    rows: Tensor
    largest: Tensor
    shift: Tensor
    exponentials: Tensor
    sums: Tensor

    def softmax(self) -> Tensor:
        """exp(x_j) / Σ exp(x_k); NaN in rows of -inf alone."""
        return Tensor(self.rows.shape, lambda *at: self.exponentials[at] / self.sums[at[:-1]])

    def safe_softmax(self) -> Tensor:
        """The softmax, and 0 in rows of -inf alone."""

        def entry(*at: Expr) -> Expr:
            something = self.largest[at[:-1]] >= -LARGEST
            return Piecewise(
                (self.exponentials[at] / self.sums[at[:-1]], something), (Integer(0), true), evaluate=False
            )

        return Tensor(self.rows.shape, entry)

    def log_softmax(self) -> Tensor:
        """x_j - log Σ exp(x_k)."""
        return Tensor(self.rows.shape, lambda *at: self.rows[at] - self.shift[at[:-1]] - log(self.sums[at[:-1]]))

    def logsumexp(self) -> Tensor:
        """log Σ exp(x_k)."""
        return Tensor(self.sums.shape, lambda *at: log(self.sums[at]) + self.shift[at])


def exponentials(rows: Tensor, scope: Scope) -> Rows:
    """What softmax and its relatives are made of. The last axis must not be empty."""
    rows = scope.settled(rows)
    largest = scope.settled(scope.shift(rows), "largest")
    finite = Tensor(
        largest.shape, lambda *at: Piecewise((largest[at], Abs(largest[at]) <= LARGEST), (Integer(0), true))
    )
    shift = scope.detached(finite)
    powers = scope.settled(Tensor(rows.shape, lambda *at: exp(rows[at] - shift[at[:-1]])), "exponentials")
    sums = Tensor(shift.shape, lambda *at: total(rows.shape[-1], lambda k: powers[(*at, k)]))
    return Rows(rows, largest, shift, powers, scope.settled(sums, "sums"))


def log_sigmoid(x: Expr) -> Expr:
    """log(1 / (1 + exp(-x))), in two pieces so that neither exponential overflows; they are one function."""
    return Piecewise((-log1p(exp(-x)), x > 0), (x - log1p(exp(x)), true), evaluate=False)
