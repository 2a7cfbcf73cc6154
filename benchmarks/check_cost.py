"""What a check costs, against the number of inputs, side by side with torch.autograd.gradcheck in one run.

    python benchmarks/check_cost.py [--sizes 10 100 1000 10000 100000] [--limit 60]

The function is an RMS norm with weights, written as a custom autograd.Function with n inputs, and checked by its
formula. `calls` counts how often its forward and its backward ran. Each check is made twice: of the right backward,
which is timed, and of one that leaves a single entry of the gradient zero: `found` if it fails, `named` if it says
which entry it is. gradcheck is run as far as it gets within the limit (seconds, for each of its two modes in all):
what would go beyond it, by the growth that was seen, is left out. `ratio` is the time against this project's in the
same row. A first check of a small input loads what is loaded when it is needed, and is not shown.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from sympy import IndexedBase, Rational, Sum, sqrt, symbols
from torch.autograd.gradcheck import GradcheckError
from torch.autograd.gradcheck import gradcheck as torch_gradcheck

import verifier

EPSILON = 1e-5


@dataclass
class Norm:
    """An RMS norm of x with weights, whose backward zeroes one entry of the gradient if `zeroed` says which."""

    zeroed: int | None = None
    forwards: int = 0
    backwards: int = 0
    function: type[torch.autograd.Function] = field(init=False)

    def __post_init__(self) -> None:
        norm = self

        class RMSNorm(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, weight):  # type: ignore[no-untyped-def]  # torch leaves these open
                norm.forwards += 1
                scale = torch.rsqrt((x * x).mean() + EPSILON)
                ctx.save_for_backward(x, weight, scale)
                return x * scale * weight

            @staticmethod
            def backward(ctx, cotangent):  # type: ignore[no-untyped-def]  # torch leaves these open
                norm.backwards += 1
                x, weight, scale = ctx.saved_tensors
                along = (cotangent * weight * x).mean()
                gradient = cotangent * weight * scale - x * along * scale**3
                if norm.zeroed is not None:
                    gradient[norm.zeroed] = 0.0
                return gradient, cotangent * x * scale

        self.function = RMSNorm

    def __call__(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """The norm."""
        return self.function.apply(x, weight)


@dataclass(frozen=True)
class Row:
    """One check at one size; `why` tells why there is none."""

    seconds: float | None = None
    calls: str = ""
    found: str = ""
    why: str = ""


def main() -> None:
    """Print one row for each size and each way to check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000, 10_000, 100_000])
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for each mode of gradcheck, in all")
    arguments = parser.parse_args()
    slow, fast = Budget(arguments.limit, power=2), Budget(arguments.limit, power=1)
    row(ours, 10)
    print(f"{'n':>7}  {'check':16} {'seconds':>8} {'ratio':>7}  {'calls':>11}  one zeroed entry")
    for size in arguments.sizes:
        mine = row(ours, size)
        shown(size, "verifier.check", mine, mine)
        shown(size, "gradcheck, slow", slow.row(lambda norm, inputs: gradcheck(norm, inputs, fast=False), size), mine)
        shown(size, "gradcheck, fast", fast.row(lambda norm, inputs: gradcheck(norm, inputs, fast=True), size), mine)


def shown(size: int, name: str, one: Row, mine: Row) -> None:
    """Print one row."""
    if one.seconds is None:
        print(f"{size:7}  {name:16} {one.why}")
        return
    ratio = one.seconds / (mine.seconds or one.seconds)
    print(f"{size:7}  {name:16} {one.seconds:8.3f} {ratio:7.2f}  {one.calls:>11}  {one.found}", flush=True)


#: A way to check: whether the norm passes on these inputs, and what is said about it.
Check = Callable[[Norm, dict[str, torch.Tensor]], tuple[bool, str]]


def row(check: Check, size: int) -> Row:
    """The right norm timed, and the wrong one found or not."""
    right, wrong = Norm(), Norm(zeroed=size // 2)
    inputs = drawn(size)
    began = time.perf_counter()
    passes, said = check(right, inputs)
    seconds = time.perf_counter() - began
    if not passes:
        raise SystemExit(f"the right gradient of {size} inputs is called wrong: {said}")
    passes, said = check(wrong, drawn(size))
    named = said == f"x[{size // 2}]"
    found = "not found" if passes else "found and named" if named else "found, not named"
    return Row(seconds, f"{right.forwards} + {right.backwards}", found)


@dataclass
class Budget:
    """Seconds that are left, and a forecast: time grows with this power of the size at least."""

    left: float
    power: int
    size: int = 0
    seconds: float = 0.0

    def row(self, check: Check, size: int) -> Row:
        """A row, unless it would take longer than there is time left."""
        forecast = 2 * self.seconds * (size / self.size) ** self.power if self.size else 0.0
        if forecast > self.left:
            return Row(why=f"left out: {forecast:.0f} s by its growth, and {self.left:.0f} s are left")
        began = time.perf_counter()
        found = row(check, size)
        self.left -= time.perf_counter() - began
        self.size, self.seconds = size, found.seconds or 0.0
        return found


def ours(norm: Norm, inputs: dict[str, torch.Tensor]) -> tuple[bool, str]:
    """`verifier.check` by the formula; what it says is the entries that it accuses."""
    verdict = verifier.check(norm, inputs, formula=formula())
    accused = [f"{finding.input}{list(finding.index or ())}" for finding in verdict.findings]
    return verdict.ok, ", ".join(accused) or verdict.outcome


def formula() -> verifier.Formula:
    """The RMS norm."""
    i, j, n = symbols("i j n", integer=True)
    x, weight = IndexedBase("x", shape=(n,)), IndexedBase("weight", shape=(n,))
    return weight[i] * x[i] / sqrt(Sum(x[j] ** 2, (j, 0, n - 1)) / n + Rational(1, 10**5))


def gradcheck(norm: Norm, inputs: dict[str, torch.Tensor], *, fast: bool) -> tuple[bool, str]:
    """`torch.autograd.gradcheck` as it comes; it prints Jacobians, and leaves finding the entry to the reader."""
    try:
        return torch_gradcheck(norm, tuple(inputs.values()), fast_mode=fast), ""
    except GradcheckError:
        return False, "two Jacobians that differ"


def drawn(size: int) -> dict[str, torch.Tensor]:
    """Normally distributed inputs."""
    generator = torch.Generator().manual_seed(0)
    tensors = torch.randn(2, size, generator=generator, dtype=torch.float64)
    return {name: tensor.clone().requires_grad_() for name, tensor in zip(("x", "weight"), tensors, strict=True)}


if __name__ == "__main__":
    main()
