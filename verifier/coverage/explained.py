"""Entries of the database that cannot agree, and why: defects of torch.

Each is reproduced, with its proof, in `docs/findings.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """Why an entry differs, and in what: its values, reverse or forward mode. It explains nothing else."""

    reason: str
    faults: frozenset[str]


def _because(reason: str, *faults: str) -> Explanation:
    return Explanation(f"{reason}: docs/findings.md", frozenset(faults))


POLYGAMMA = "torch's trigamma is off by 8e-10"
TWICE = "torch gives the whole gradient to each of those that name one place, though one of them stays"

#: What is known, by the name of the entry.
EXPLAINED: Mapping[str, Explanation] = {
    **{f"polygamma.polygamma_n_{n}": _because(POLYGAMMA, "values") for n in range(5)},
    "special.polygamma.special_polygamma_n_0": _because(POLYGAMMA, "values"),
    "digamma": _because(POLYGAMMA, "reverse", "forward"),
    "cholesky_inverse": _because("torch's forward mode is wrong", "forward"),
    "as_strided_scatter": _because("torch's gradient by self is masked the wrong way round", "reverse"),
    "logcumsumexp": _because("torch's forward mode underflows", "forward"),
    "nn.functional.ctc_loss": _because("torch's gradient loses digits", "reverse"),
    "nn.functional.hardsigmoid": _because("torch computes a coefficient in float32", "reverse", "forward"),
    "scatter_reduce.prod": _because("torch's forward mode says 0", "forward"),
    "special.log_ndtr": _because("torch's gradient loses digits in the left tail", "reverse", "forward"),
    "linalg.householder_product": _because("torch's gradients divide by 1 - tau·|v|²", "reverse", "forward"),
    **{f"nn.functional.max_unpool{n}d": _because(TWICE, "reverse") for n in (1, 2, 3)},
}
