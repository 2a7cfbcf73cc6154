"""What is told of a hearing besides its findings: the digits lost, finite differences against the step, gaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from verifier.numeric.spread import budget
from verifier.point import FLOATING
from verifier.verdict.blame import DIFFERENCES, REVERSE, SYMBOLIC
from verifier.verdict.digits import digits_lost
from verifier.verdict.verdict import Curve, Digits
from verifier.witness import Array, Estimate, Question, Testimony

Said = Mapping[str, Testimony]


def digits_of(said: Said, value: Array, question: Question, dtype: str) -> Iterator[Digits]:
    """What reverse mode, and the function itself, lost in each tensor that a formula tells the truth of."""
    if SYMBOLIC not in said or REVERSE not in said:
        return
    roundoff, truth, found = FLOATING[dtype][0], said[SYMBOLIC], said[REVERSE]
    if truth.value is not None and question.value_allowance is not None:
        bracket = question.value_bracket
        honest = question.value_allowance if bracket is None else budget(roundoff) * bracket
        yield digits_lost(None, Estimate(value, honest), truth.value, roundoff)
    for name in question.wrt:
        if name in truth.gradients and name in question.allowance:
            yield digits_lost(name, found.gradients[name], truth.gradients[name], roundoff)


def curves_of(said: Said) -> Iterator[Curve]:
    """Finite differences against the step, measured from the symbolic derivative."""
    if SYMBOLIC not in said or DIFFERENCES not in said:
        return
    truth = said[SYMBOLIC].gradients
    for sweep in said[DIFFERENCES].sweeps:
        if sweep.input in truth:
            true = float(truth[sweep.input].value[sweep.index])
            errors = tuple(abs(value - true) for value in sweep.values)
            yield Curve(sweep.input, sweep.index, sweep.steps, errors, sweep.estimated_errors, sweep.chosen)


def unknown_entries(said: Said, wrt: tuple[str, ...]) -> dict[str, int]:
    """For each input, at how many entries the symbolic derivative was asked for and could not be told."""
    told = said[SYMBOLIC].gradients if SYMBOLIC in said else {}
    counts = {name: int(np.sum(~told[name].speaks)) for name in wrt if name in told}
    return {name: count for name, count in counts.items() if count}
