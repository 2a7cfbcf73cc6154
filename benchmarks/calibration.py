"""Where the budget of an honest implementation lies: bits lost by torch's own operators, and by code that loses digits.

    python benchmarks/calibration.py [--seeds 3] [-k PATTERN]

For every operator, at ordinary and at extreme inputs, in the four floating dtypes: the largest number of bits that any
entry of the value or of a gradient has lost, and where, as `verifier.numeric.spread` counts them. Of several drawn
points the worst counts for torch's own operators, and the best for the digit losers, which compute the same functions
in a way that is right in exact arithmetic. `exact` is without any error, and a dash marks dtypes that cannot hold the
inputs or results. The reference is proven, in balls. The last lines give the gap, in which the budget has to lie.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from calibration_losers import losers
from calibration_samples import DTYPES, Sample, elementwise, structured

from verifier.numeric.enclose import enclose
from verifier.numeric.spread import brackets, budget
from verifier.point import FLOATING, rounded
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.program import shaped
from verifier.verdict.digits import bits_lost


def bits(sample: Sample, dtype: str, seed: int) -> tuple[float, str]:
    """The most bits lost at one drawn point, and in which tensor."""
    generator = np.random.default_rng(seed)
    numbers = {name: rounded(np.asarray(draw(generator)), dtype) for name, draw in sample.inputs.items()}
    tensors = {
        name: torch.tensor(array, dtype=getattr(torch, dtype), requires_grad=True) for name, array in numbers.items()
    }
    value = sample.function(*tensors.values())
    signs = generator.choice([-1.0, 1.0], tuple(value.shape))
    cotangent = rounded(np.asarray(generator.uniform(0.5, 1.5, tuple(value.shape)) * signs), dtype)
    value.backward(torch.tensor(cotangent, dtype=value.dtype))
    seen = {"value": value.detach(), **{name: tensor.grad for name, tensor in tensors.items()}}
    formula = formula_of(sample.formula)
    derivation = reverse(formula.program, formula.output, list(numbers))
    arrays = shaped(derivation.adjoint, {**numbers, derivation.cotangent: cotangent})
    wanted = {"value": derivation.output, **{n: g for n, g in derivation.gradients.items() if g is not None}}
    honest = brackets(derivation.adjoint, arrays, list(wanted.values()), *FLOATING[dtype])
    truth = enclose(derivation.adjoint, arrays, list(wanted.values())).estimates
    lost = {}
    for name, tensor in wanted.items():
        found = seen[name]
        assert found is not None
        given = found.double().numpy().reshape(truth[tensor].value.shape)
        lost[name] = float(np.max(bits_lost(np.abs(given - truth[tensor].value), honest[tensor])))
    return max((most, name) for name, most in lost.items())


def main() -> None:
    """Print both groups and the gap between them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-k", dest="pattern", default="", help="only samples whose name holds this")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    honest = printed("torch's own", [*elementwise(), *structured()], arguments, max)
    losers_ = printed("digit losers", losers(), arguments, min)
    print(f"\n{'torch loses at most':40}" + "".join(f"{max(honest[dtype]):9.1f}       " for dtype in DTYPES))
    print(f"{'digit losers lose at least':40}" + "".join(f"{min(losers_[dtype]):9.1f}       " for dtype in DTYPES))
    print(f"{'the budget':40}" + "".join(f"{math.log2(budget(FLOATING[dtype][0])):9.1f}       " for dtype in DTYPES))


def printed(
    title: str, samples: Iterable[Sample], arguments: argparse.Namespace, choose: Callable[..., Any]
) -> dict[str, list[float]]:
    """The bits lost by each sample, printed as they are measured, by dtype."""
    found: dict[str, list[float]] = {dtype: [math.nan] for dtype in DTYPES}
    print(f"\n{title:40}" + "".join(f"{dtype:>16}" for dtype in DTYPES))
    for sample in (sample for sample in samples if arguments.pattern in sample.name):
        cells = []
        for dtype in DTYPES:
            if dtype not in sample.dtypes:
                cells.append(f"{'–':>9}       ")
                continue
            most, where = choose(bits(sample, dtype, seed) for seed in range(arguments.seeds))
            found[dtype] = [number for number in (*found[dtype], most) if not math.isnan(number)]
            cells.append(f"{'exact':>9}       " if math.isinf(most) else f"{most:9.1f} {where[:6]:6}")
        print(f"{sample.name:40}" + "".join(cells), flush=True)
    return found


if __name__ == "__main__":
    main()
