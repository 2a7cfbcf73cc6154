"""The same candidate at the same numbers in float64, where what its own dtype hides is plain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch

from verifier.candidate.candidate import Candidate, as_float64
from verifier.errors import CandidateError
from verifier.point import FLOATING
from verifier.trace.narrowing import Narrowing
from verifier.witness import Abstains, Array, Question, Testimony, Witness


@dataclass(frozen=True)
class Wider:
    """A candidate that computes in float64 instead of its own dtype, and what it said there.

    `dtype` is the coarsest dtype that it goes through on the way: float64 unless it converts by itself. `value` is
    its value, and `said` is the testimony of the witness that was asked.
    """

    candidate: Candidate
    dtype: str
    value: Array
    said: Testimony


#: What a mode says in a wider dtype, the question with what is allowed there, and what the others say of it.
InWider = tuple[Wider, Question, Mapping[str, Testimony]]


def widened(question: Question, own: str, witness: Witness, *, steady: bool = False) -> Wider | None:
    """What a mode of autograd says of the candidate in float64; None if nothing more can be seen there.

    `own` is the coarsest dtype that the candidate is asked in. It may be float64 already; or the candidate may not
    take float64, not answer in it, or convert everything to a dtype that is no finer than its own. `steady` says that
    it gave the same bits at each call, and need not be watched again.
    """
    candidate = question.candidate
    if candidate is None or own == "float64":
        return None
    floating = {name: torch.float64 for name, dtype in candidate.dtypes.items() if dtype.is_floating_point}
    wide = replace(candidate, dtypes={**candidate.dtypes, **floating})
    narrowing = Narrowing()
    try:
        with narrowing:
            output = wide.call(wide.tensors(question.inputs, question.wrt))
            if output.dtype != torch.float64:
                return None
            said = witness.testify(replace(question, candidate=wide, watched=not steady))
    except (Abstains, CandidateError):
        return None  # many functions run in their own dtype alone
    coarsest = _coarsest("float64", narrowing)
    return Wider(wide, coarsest, as_float64(output), said) if FLOATING[coarsest][0] < FLOATING[own][0] else None


def narrowed(question: Question, own: str, witness: Witness) -> str | None:
    """The coarsest dtype that a mode of autograd goes through, if it is coarser than `own`; else None."""
    candidate = question.candidate
    if candidate is None:
        return None
    narrowing = Narrowing()
    try:
        with narrowing:
            candidate.call(candidate.tensors(question.inputs, question.wrt))
            witness.testify(question)
    except (Abstains, CandidateError):
        return None  # what it raised was told when it was heard
    coarsest = _coarsest(own, narrowing)
    return None if coarsest == own else coarsest


def _coarsest(own: str, narrowing: Narrowing) -> str:
    names = {own, *(str(dtype).removeprefix("torch.") for dtype in narrowing.dtypes)}
    return max(names & FLOATING.keys(), key=lambda name: FLOATING[name][0])
