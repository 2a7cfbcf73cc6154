"""A transformer block as a `torch.nn.Module`, verified by `verifier.check` beside torch's own forward and backward.

    python benchmarks/large_models.py [--widths 28 92 288] [--tokens 128] [--heads 4] [--dtype float32] [--repeat 3]
                                      [--limit 20]

For each width: the parameters; torch's forward and backward, the best of several; the whole check, and its parts, each
in multiples of that:

- `derive`: trace the module, translate it, differentiate;
- `gradient`: the value and the gradient by every parameter, once, from the derived program in float64;
- `draws`: all evaluations with noise, from which every entry's tolerance comes;
- `/torch`: these two together, which is what comparing every entry costs;
- `differences`: finite differences along a few directions.

`check` and `peak` are the time of the whole check and the most memory that it holds at once, in multiples of torch's
time and of the parameters. `gradcheck` is the time of `torch.autograd.gradcheck` in float64, or the limit that it went
beyond, in seconds; a limit of 0 leaves it out. Times are those of the processor, the least of several, on one thread:
NumPy's BLAS, which reads how many it may have when it is loaded, is told so by starting again. A busy machine changes
their ratios by a tenth or two, and no more.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

import torch

import verifier
from verifier.numeric import spread
from verifier.trial import hearing, tracing
from verifier.witnesses import finite_differences

#: What the libraries that compute here read when they are loaded.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Block(torch.nn.Module):
    """x + attention(norm(x)), and then y + mlp(norm(y))."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.projections, self.joined = torch.nn.Linear(width, 3 * width), torch.nn.Linear(width, width)
        self.grown, self.shrunk = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The block on tokens by width."""
        tokens, width = x.shape
        parts = self.projections(self.before(x)).split(width, -1)
        query, key, value = (part.reshape(tokens, self.heads, -1).transpose(0, 1) for part in parts)
        mixed = torch.nn.functional.scaled_dot_product_attention(query, key, value)
        x = x + self.joined(mixed.transpose(0, 1).reshape(tokens, width))
        return x + self.shrunk(torch.nn.functional.gelu(self.grown(self.between(x))))


@dataclass(frozen=True)
class Row:
    """What one width took: seconds, and multiples of the parameters' memory."""

    parameters: int
    outcome: str
    torch: float
    check: float
    parts: Mapping[str, float]
    memory: float
    gradcheck: float | None


def measured(width: int, options: argparse.Namespace) -> Row:
    """All that is measured at one width."""
    torch.manual_seed(0)
    block = Block(width, options.heads).to(getattr(torch, options.dtype))
    x = torch.randn(options.tokens, width, dtype=getattr(torch, options.dtype))
    own = min(_seconds(lambda: _forward_and_backward(block, x)) for _ in range(options.repeat + 2))
    verifier.check(block, x)  # what is compiled is compiled
    rows = []
    for _ in range(options.repeat):
        with _parts() as parts:
            seconds = _seconds(lambda: verifier.check(block, x))
        rows.append((seconds, parts))
    seconds, parts = min(rows, key=lambda row: row[0])
    memory, verdict = _peak(lambda: verifier.check(block, x))
    held = sum(p.nbytes for p in block.parameters())
    count = sum(p.numel() for p in block.parameters())
    return Row(count, verdict.outcome, own, seconds, parts, memory / held, _gradcheck(block, x, options.limit))


def _forward_and_backward(block: Block, x: torch.Tensor) -> None:
    output = block(x)
    torch.autograd.grad(output, list(block.parameters()), torch.ones_like(output))


@contextmanager
def _parts() -> Iterator[dict[str, float]]:
    """The seconds that the parts of a check take while this lasts."""
    seconds: dict[str, float] = defaultdict(float)

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def run(*arguments: Any, **options: Any) -> Any:
            began = time.process_time()
            try:
                return function(*arguments, **options)
            finally:
                seconds[name] += time.process_time() - began

        return run

    watched = [
        ("derive", tracing, "trace"),
        ("derive", hearing, "reverse"),
        ("gradient and draws", spread.Measured, "moves"),
        ("draws", spread.Measured, "_noisy"),
        ("differences", finite_differences, "_testimony"),
    ]
    before = [(owner, name, getattr(owner, name)) for _, owner, name in watched]
    for (part, owner, name), (_, _, function) in zip(watched, before, strict=True):
        setattr(owner, name, timed(part, function))
    try:
        yield seconds
    finally:
        for owner, name, function in before:
            setattr(owner, name, function)


def _gradcheck(block: Block, x: torch.Tensor, limit: float) -> float | None:
    """The seconds that torch's own check takes; None beyond the limit, in seconds of the clock."""
    if not limit:
        return None
    names = [name for name, _ in block.named_parameters()]
    parameters = [p.detach().double().requires_grad_() for p in block.parameters()]
    point = x.double()

    def function(*given: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(block, dict(zip(names, given, strict=True)), (point,)).square().sum()

    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        return _seconds(lambda: torch.autograd.gradcheck(function, parameters))
    except TimeoutError:
        return None  # printed as longer than the limit
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def _peak(run: Callable[[], Any]) -> tuple[int, Any]:
    """The most memory that NumPy and Python held at once, in bytes, and the result."""
    tracemalloc.start()
    result = run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak, result


def main() -> None:
    """Print one row for each width."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=int, nargs="+", default=[28, 92, 288])
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--limit", type=float, default=5, help="seconds after which torch's gradcheck is stopped")
    options = parser.parse_args()
    if any(os.environ.get(name) != number for name, number in ONE_THREAD.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE_THREAD})
    torch.set_num_threads(1)
    print(f"{options.tokens} tokens, {options.heads} heads, {options.dtype}; torch in ms, the parts in multiples of it")
    print("parameters   torch  derive  gradient  draws  /torch  differences  check  peak  gradcheck  outcome")
    for width in options.widths:
        row = measured(width, options)
        times = {name: seconds / row.torch for name, seconds in row.parts.items()}
        every, draws = times["gradient and draws"], times["draws"]
        stopped = f"> {options.limit:.0f} s" if options.limit else "-"
        gradcheck = stopped if row.gradcheck is None else f"{row.gradcheck:.1f} s"
        print(
            f"{row.parameters:10,}  {row.torch * 1e3:6.1f}  {times['derive']:6.1f}  {every - draws:8.1f}  {draws:5.1f}"
            f"  {every:6.1f}  {times['differences']:11.0f}  {row.check / row.torch:5.0f}  {row.memory:4.0f}"
            f"  {gradcheck:>9}  {row.outcome}",
            flush=True,
        )


if __name__ == "__main__":
    main()
