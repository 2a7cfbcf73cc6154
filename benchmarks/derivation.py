"""Deriving the Matrix Cookbook three ways, side by side in one run.

    python benchmarks/derivation.py [--sizes 3 10 30] [--limit 2]

For every claimed gradient in cases/matrix_cookbook*.py: this project (`verifier.derive`), `sympy.diff` on the matrix
expression, and SymPy's derivative of every component of the expression written out. At each size the result is
evaluated and compared with torch autograd: `right`, `wrong` (silently), `no answer` (an exception, an unevaluated
derivative, or nothing that can be evaluated), `too slow` (beyond the limit in seconds). Times are medians of those
that ended within the limit; `ratio` is against this project in the same row of the same run.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sympy import Basic, Derivative, Expr, Integer, MatrixSymbol, diff, lambdify

from verifier.discover import find_case_files, load_cases
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.in_torch import torch_function
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.program import Program
from verifier.verify import derive

#: The relative distance from autograd, in float64, up to which a gradient counts as right.
CLOSE = 1e-6

#: What integer inputs are, such as the exponent of a matrix.
WHOLE = 3

OURS, MATRIX, COMPONENTS = "verifier.derive", "sympy.diff", "sympy, by components"


class TooSlowError(Exception):
    """A derivation went beyond the limit."""


@dataclass(frozen=True)
class Task:
    """A scalar formula and the matrix that it is differentiated by."""

    name: str
    expression: Expr
    by: MatrixSymbol


def main() -> None:
    """Print one table for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[3, 10, 30])
    parser.add_argument("--limit", type=float, default=2.0, help="seconds for one derivation")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for size in arguments.sizes:
        tasks = list(cookbook(size))
        print(f"\n{len(tasks)} gradients at {size}×{size}")
        print(f"{'':22}{'right':>8}{'wrong':>8}{'no answer':>11}{'too slow':>10}{'median':>12}{'ratio':>8}")
        own = None
        for method, derived in METHODS.items():
            outcomes, median = measured(tasks, derived, arguments.limit)
            own = own or median
            counts = [outcomes[kind] for kind in ("right", "wrong", "no answer", "too slow")]
            cells = f"{counts[0]:8}{counts[1]:8}{counts[2]:11}{counts[3]:10}"
            print(f"{method:22}{cells}{median * 1000:9.1f} ms{median / own:8.1f}")


def cookbook(size: int) -> Iterator[Task]:
    """The cookbook's claims whose formula is written in SymPy alone, with every extent that is a symbol at `size`."""
    files = [file for file in find_case_files([Path("cases")]) if file.name.startswith("matrix_cookbook")]
    for case in (case for file in files for case in load_cases(file)):
        formula = getattr(case, "formula", None)
        if not isinstance(formula, Basic) or any(type(n).__module__.startswith("verifier") for n in nodes(formula)):
            continue
        for by in getattr(case, "claims", {}):
            if isinstance(by, MatrixSymbol) and type(by) is MatrixSymbol:
                extents = {s for symbol in formula.atoms(MatrixSymbol) for n in symbol.shape for s in n.free_symbols}
                sized = dict.fromkeys(extents, Integer(size))
                yield Task(case.name, formula.xreplace(sized), by.xreplace(sized))


def nodes(expression: Basic) -> Iterator[Basic]:
    """Every node of an expression."""
    yield expression
    for argument in expression.args:
        yield from nodes(argument)


def measured(tasks: list[Task], method: Callable[[Task], Any], limit: float) -> tuple[Counter[str], float]:
    """How the tasks come out, and the median time of those within the limit."""
    outcomes: Counter[str] = Counter()
    times = []
    for task in tasks:
        began = time.perf_counter()
        try:
            with limited(limit):
                result = method(task)
            times.append(time.perf_counter() - began)
            with limited(10 * limit):
                outcomes["right" if is_right(task, result) else "wrong"] += 1
        except TooSlowError:
            outcomes["too slow"] += 1
        except Exception:  # SymPy raises all kinds where it has no rule, and each is counted
            outcomes["no answer"] += 1
    return outcomes, statistics.median(times) if times else float("nan")


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises `TooSlowError` inside of the block after so many seconds."""

    def stop(*_: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def ours(task: Task) -> Any:
    """The closed form, read again as a formula and evaluated; one in index notation, from its program."""
    form = derive(task.expression, task.by)
    if isinstance(form, Expr):
        read = formula_of(form, formula_of(task.expression).symbols)
        return lambda inputs: _evaluated(read.program, read.output, inputs)
    formula = formula_of(task.expression)
    derivation = reverse(formula.program, formula.output, [task.by.name])
    ones = np.ones([int(n) for n in derivation.adjoint.shapes[derivation.cotangent]])
    tensor = derivation.gradients[task.by.name]
    return lambda inputs: _evaluated(derivation.adjoint, tensor, {**inputs, derivation.cotangent: ones})


def _evaluated(program: Program, tensor: str | None, inputs: dict[str, Any]) -> Any:
    if tensor is None:
        return np.zeros(())
    return evaluate(program, {name: inputs[name] for name, _ in program.inputs}, [tensor], Float64())[tensor]


def by_matrices(task: Task) -> Any:
    """SymPy's own derivative of a matrix expression."""
    result = diff(task.expression, task.by)
    if any(isinstance(node, Derivative) for node in nodes(result)):
        raise NotImplementedError
    return evaluator(result)


def by_components(task: Task) -> Any:
    """The expression written out in components, differentiated by each of them."""
    explicit = task.expression.doit()
    explicit = explicit.as_explicit() if hasattr(explicit, "as_explicit") else explicit
    components = explicit.xreplace({s: s.as_explicit() for s in explicit.atoms(MatrixSymbol)}).doit()
    entries = [[diff(components, task.by[i, k]) for k in range(task.by.cols)] for i in range(task.by.rows)]
    functions = [[evaluator(entry) for entry in row] for row in entries]
    return lambda inputs: np.array([[function(inputs) for function in row] for row in functions], dtype=float)


def evaluator(result: Any) -> Callable[[dict[str, Any]], Any]:
    """A SymPy result as a function of arrays by name."""
    symbols = sorted(getattr(result, "free_symbols", set()), key=str)
    function = lambdify(symbols, result, "numpy")
    return lambda inputs: function(*(inputs[str(symbol)] for symbol in symbols))


METHODS: dict[str, Callable[[Task], Any]] = {OURS: ours, MATRIX: by_matrices, COMPONENTS: by_components}


def is_right(task: Task, gradient: Callable[[dict[str, Any]], Any]) -> bool:
    """Whether a gradient is autograd's, at a point where the matrices are regular."""
    inputs, truth = autograd(task)
    found = np.asarray(gradient(inputs), dtype=float)
    if found.size != truth.size:
        return False
    size = np.abs(truth).max(initial=1e-30)
    return bool(np.allclose(found.reshape(truth.shape), truth, rtol=CLOSE, atol=CLOSE * size))


def autograd(task: Task) -> tuple[dict[str, Any], Any]:
    """A point, and torch's gradient there of the formula run in torch."""
    formula = formula_of(task.expression)
    generator = np.random.default_rng(0)
    inputs = {name: _regular([int(n) for n in shape], generator) for name, shape in formula.program.inputs}
    inputs |= {
        name: np.array(WHOLE) for name, symbol in formula.symbols.items() if getattr(symbol, "is_integer", False)
    }
    tensors = {name: torch.tensor(array, requires_grad=array.dtype == float) for name, array in inputs.items()}
    result = torch_function(formula.program, formula.output)(**tensors)
    (found,) = torch.autograd.grad(result.sum(), [tensors[task.by.name]], allow_unused=True)
    return inputs, np.zeros(task.by.shape) if found is None else found.numpy()


def _regular(shape: list[int], generator: np.random.Generator) -> Any:
    drawn = generator.uniform(0.1, 1.0, shape) / max([1, *shape])
    return drawn + np.eye(shape[0], shape[1]) if len(shape) == 2 else drawn


if __name__ == "__main__":
    main()
