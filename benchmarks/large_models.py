"""A transformer block verified entry by entry, beside torch's own forward and backward of it.

    python benchmarks/large_models.py [--widths 28 92 256 288] [--tokens 128] [--heads 4] [--repeat 5] [--gradcheck 60]

For each width: the gradient of every parameter of the block from its definitions in float64, and one draw of the noise
that its tolerance takes several of, beside torch's forward and backward of the same block in float64 and in float32,
all in turns in one run, the best of each. `all /64` and `all /32` are the gradient and all draws together, in multiples
of torch's times. `memory` is the largest amount that the gradient needs beside the parameters, in multiples of theirs,
and `off` the largest deviation from torch's float64 gradient, in multiples of that gradient's largest entry.
`gradcheck` is the time of `torch.autograd.gradcheck`, or the limit that it went beyond, in seconds.
"""

from __future__ import annotations

import argparse
import signal
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sympy import Expr, Float, Integer, erf, exp, sqrt

from verifier.numeric.evaluate import Exactly, evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.spread import DRAWS, Noise
from verifier.symbolic.comprehension import Read, comprehension, index, pointer, value
from verifier.symbolic.derivative import reverse
from verifier.symbolic.program import Builder, Program
from verifier.symbolic.selection import Argmax

Arrays = Mapping[str, NDArray[np.float64]]

I, J, K, L = (index(k) for k in range(4))
A, B, C, D, E = (value(k) for k in range(5))
EPSILON = Float(1e-5)


@dataclass(frozen=True)
class Sizes:
    """How large a block is; its width is a multiple of its heads."""

    tokens: int
    width: int
    heads: int

    @property
    def parameters(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the parameters."""
        d = self.width
        squares = dict.fromkeys(("query", "key", "value", "output"), (d, d))
        norms = dict.fromkeys(("scale1", "shift1", "scale2", "shift2", "shrink_bias"), (d,))
        return {**squares, "grow": (d, 4 * d), "grow_bias": (4 * d,), "shrink": (4 * d, d), **norms}


class Block:
    """The definitions of a block, collected into a program."""

    def __init__(self, sizes: Sizes) -> None:
        self.builder = Builder()
        self.sizes = sizes
        for name, shape in {"x": (sizes.tokens, sizes.width), **sizes.parameters}.items():
            self.builder.give(name, shape)

    def program(self) -> Program:
        """x + attention(norm(x)), and then y + mlp(norm(y)), as `out`."""
        t, d = self.sizes.tokens, self.sizes.width
        attended = self.attention(self.norm("x", "1"))
        middle = self.define("middle", (t, d), A + B, [("x", I, J), (attended, I, J)])
        hidden = self.product("hidden", self.norm(middle, "2"), "grow", (t, 4 * d, d), bias="grow_bias")
        active = self.define("active", (t, 4 * d), A * (1 + erf(A / sqrt(2))) / 2, [(hidden, I, J)])
        shrunk = self.product("shrunk", active, "shrink", (t, d, 4 * d), bias="shrink_bias")
        self.define("out", (t, d), A + B, [(middle, I, J), (shrunk, I, J)])
        return self.builder.build()

    def norm(self, x: str, number: str) -> str:
        """Layer norm over the last axis."""
        t, d = self.sizes.tokens, self.sizes.width
        mean = self.define(f"mean{number}", (t, d), A / d, [(x, I, J)], target=(I,))
        variance = self.define(f"variance{number}", (t, d), (A - B) ** 2 / d, [(x, I, J), (mean, I)], target=(I,))
        body = (A - B) / sqrt(C + EPSILON) * D + E
        reads = [(x, I, J), (mean, I), (variance, I), (f"scale{number}", J), (f"shift{number}", J)]
        return self.define(f"norm{number}", (t, d), body, reads)

    def attention(self, x: str) -> str:
        """Softmax attention in heads, each over its own part of the columns."""
        t, d, h = self.sizes.tokens, self.sizes.width, self.sizes.heads
        e = d // h
        queries, keys, values = (
            self.define(f"{name}s", (h, t, e, d), A * B, [(x, J, L), (name, L, I * e + K)], target=(I, J, K))
            for name in ("query", "key", "value")
        )
        scores = self.define("scores", (h, t, t, e), A * B / sqrt(e), [(queries, I, J, L), (keys, I, K, L)], (I, J, K))
        place = self.builder.define(Argmax(scores, (Integer(h), Integer(t))), "place")
        shift = Read(scores, (I, J, pointer(0)), detached=True)
        shifted = [Read(scores, (I, J, K)), shift]
        box = (Integer(h), Integer(t), Integer(t))
        powers = comprehension(box, (I, J, K), exp(A - B), shifted, box, [Read(place, (I, J))])
        weights = self.builder.define(powers, "weights")
        totals = self.define("totals", (h, t, t), A, [(weights, I, J, K)], target=(I, J))
        shares = self.define("shares", (h, t, t), A / B, [(weights, I, J, K), (totals, I, J)])
        mixed = self.define("mixed", (h, t, e, t), A * B, [(shares, I, J, L), (values, I, L, K)], target=(I, J, K))
        reads = [(mixed, K, I, L), ("output", K * e + L, J)]
        return self.define("attended", (t, d, h, e), A * B, reads, target=(I, J))

    def product(self, name: str, left: str, right: str, domain: tuple[int, int, int], bias: str) -> str:
        """left @ right + bias."""
        plain = self.define(f"plain_{name}", domain, A * B, [(left, I, K), (right, K, J)], target=(I, J))
        return self.define(name, domain[:2], A + B, [(plain, I, J), (bias, J)])

    def define(
        self,
        name: str,
        domain: tuple[int, ...],
        body: Expr,
        reads: list[tuple[str | Expr, ...]],
        target: tuple[Expr, ...] | None = None,
    ) -> str:
        """A comprehension over a domain; its target is the whole domain unless one is given."""
        target = tuple(index(k) for k in range(len(domain))) if target is None else target
        extents = tuple(map(Integer, domain))
        shape = [extents[int(str(place)[1:])] for place in target]
        read = [Read(str(tensor), tuple(at)) for tensor, *at in reads]
        return self.builder.define(comprehension(extents, target, body, read, shape), name)


def block_in_torch(x: torch.Tensor, heads: int, p: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """The same block as people write it."""
    t, d = x.shape
    normal = torch.nn.functional.layer_norm(x, (d,), p["scale1"], p["shift1"])
    q, k, v = ((normal @ p[name]).reshape(t, heads, -1).transpose(0, 1) for name in ("query", "key", "value"))
    shares = torch.softmax(q @ k.transpose(1, 2) / (d // heads) ** 0.5, -1)
    middle = x + (shares @ v).transpose(0, 1).reshape(t, d) @ p["output"]
    normal = torch.nn.functional.layer_norm(middle, (d,), p["scale2"], p["shift2"])
    active = torch.nn.functional.gelu(normal @ p["grow"] + p["grow_bias"])
    return middle + active @ p["shrink"] + p["shrink_bias"]


def draw(sizes: Sizes) -> dict[str, NDArray[np.float64]]:
    """Numbers for the parameters, the input and the cotangent of the output."""
    generator = np.random.default_rng(0)
    shapes = {**sizes.parameters, "x": (sizes.tokens, sizes.width), "cotangent": (sizes.tokens, sizes.width)}
    return {
        name: generator.normal(size=shape) * (1 if len(shape) == 1 or name in ("x", "cotangent") else shape[0] ** -0.5)
        for name, shape in shapes.items()
    }


def in_torch(sizes: Sizes, arrays: Arrays, dtype: torch.dtype) -> Callable[[], list[torch.Tensor]]:
    """Torch's forward and backward."""
    tensors = {name: torch.tensor(array, dtype=dtype) for name, array in arrays.items()}
    wrt = [tensors[name].requires_grad_() for name in sizes.parameters]

    def run() -> list[torch.Tensor]:
        out = block_in_torch(tensors["x"], sizes.heads, tensors)
        return list(torch.autograd.grad(out, wrt, tensors["cotangent"]))

    return run


@dataclass(frozen=True)
class Row:
    """What one width took, in seconds, multiples of the parameters' memory, and relative deviation."""

    parameters: int
    derivation: float
    gradient: float
    draw: float
    torch64: float
    torch32: float
    memory: float
    off: float
    gradcheck: float | None

    @property
    def everything(self) -> float:
        """The gradient and all draws."""
        return self.gradient + DRAWS * self.draw


def measured(sizes: Sizes, repeat: int, limit: float) -> Row:
    """All that is measured at one width; gradcheck runs up to a limit in seconds, not at all if that is 0."""
    arrays = draw(sizes)
    started = time.perf_counter()
    derivation = reverse(Block(sizes).program(), "out", sizes.parameters)
    derived = time.perf_counter() - started
    wanted = [str(derivation.gradients[name]) for name in sizes.parameters]
    noise = Noise(2.0**-24, np.random.default_rng(0))

    def gradient(noise: Exactly = Exactly()) -> Arrays:  # noqa: B008 - it has no state
        return evaluate(derivation.adjoint, arrays, wanted, Float64(), noise)

    runs = [gradient, lambda: gradient(noise), *(in_torch(sizes, arrays, t) for t in (torch.float64, torch.float32))]
    off = _deviation([gradient()[name] for name in wanted], runs[2]())
    times = np.min([[_seconds(run) for run in runs] for _ in range(repeat)], axis=0)
    return Row(
        parameters=sum(int(np.prod(shape)) for shape in sizes.parameters.values()),
        derivation=derived,
        gradient=times[0],
        draw=times[1],
        torch64=times[2],
        torch32=times[3],
        memory=_peak(gradient) / sum(arrays[name].nbytes for name in sizes.parameters),
        off=off,
        gradcheck=_gradcheck(sizes, arrays, limit),
    )


def _deviation(found: list[NDArray[np.float64]], truth: list[torch.Tensor]) -> float:
    pairs = [(ours, theirs.numpy()) for ours, theirs in zip(found, truth, strict=True)]
    return max(float(np.abs(ours - theirs).max() / np.abs(theirs).max()) for ours, theirs in pairs)


def _gradcheck(sizes: Sizes, arrays: Arrays, limit: float) -> float | None:
    """The seconds that torch's own check takes; None beyond the limit."""
    tensors = {name: torch.tensor(arrays[name], requires_grad=name in sizes.parameters) for name in arrays}

    def function(*parameters: torch.Tensor) -> torch.Tensor:
        named = dict(zip(sizes.parameters, parameters, strict=True))
        return (block_in_torch(tensors["x"], sizes.heads, named) * tensors["cotangent"]).sum()

    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, max(limit, 1e-3))
    try:
        return _seconds(lambda: torch.autograd.gradcheck(function, [tensors[name] for name in sizes.parameters]))
    except TimeoutError:
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _peak(run: Callable[[], object]) -> int:
    """The most memory that was held at once, in bytes."""
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def main() -> None:
    """Print one row for each width."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=int, nargs="+", default=[28, 92, 256, 288])
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--gradcheck", type=float, default=60, help="seconds after which torch's gradcheck is stopped")
    options = parser.parse_args()
    print(f"{options.tokens} tokens, {options.heads} heads, {DRAWS} draws; times in ms, memory in parameters")
    print(
        "parameters  derive  torch64  torch32  gradient   /64   /32    draw  all /64  all /32  memory  off    gradcheck"
    )
    for width in options.widths:
        row = measured(Sizes(options.tokens, width, options.heads), options.repeat, options.gradcheck)
        check = f"> {options.gradcheck:.0f} s" if row.gradcheck is None else f"{row.gradcheck:.1f} s"
        print(
            f"{row.parameters:10,}  {row.derivation * 1e3:6.0f}  {row.torch64 * 1e3:7.1f}  {row.torch32 * 1e3:7.1f}  "
            f"{row.gradient * 1e3:8.1f}  {row.gradient / row.torch64:4.1f}  {row.gradient / row.torch32:4.1f}  "
            f"{row.draw * 1e3:6.1f}  {row.everything / row.torch64:7.1f}  {row.everything / row.torch32:7.1f}  "
            f"{row.memory:6.1f}  {row.off:.0e}  {check:>9}"
        )


if __name__ == "__main__":
    main()
