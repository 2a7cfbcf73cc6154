"""The gradient from the function's values alone: no derivative formula of torch or of ours has any part in it."""

from __future__ import annotations

import math

import numpy as np

from verifier.moved import Moved, few_threads
from verifier.numeric.differences import Difference, differentiate
from verifier.numeric.subset import entries_to_ask, thinned_out
from verifier.witness import Array, Estimate, Question, Sweep, Testimony, Witness

#: Entries asked for in all; fewer where a single evaluation is large.
ENTRIES, FEWEST = 256, 16

#: Numbers that the function may read and write, per evaluation, for all the entries that are asked for.
WORK = 2**22

#: An odd 11-bit number: steps are this times a power of two. The points are then hit exactly, and a function whose
#: period is a power of two is not sampled in its own rhythm.
STEP = 1447 / 2**11

#: How far below an entry's own size the steps go before a sweep may end, and how far above it they start at most.
BELOW, ABOVE = 2.0**-8, 2.0**40


def testify(question: Question) -> Testimony:
    """One sweep of steps per entry; see `verifier.numeric.differences`.

    The function runs in float64 where it can. What autograd takes for a constant is held; see `verifier.trace.frozen`.

    Raises:
        Abstains: the function's value is not finite at the point itself.
    """
    moved = Moved.of(question)
    with few_threads(moved.numbers):
        return _testimony(moved, question)


def _testimony(moved: Moved, question: Question) -> Testimony:
    sizes = {name: question.inputs[name].size for name in question.wrt}
    limit = max(FEWEST, min(ENTRIES, WORK // max(1, moved.numbers)))
    asked = entries_to_ask(sizes, limit, question.focus)
    estimates, sweeps, notes = {}, [], list(thinned_out(asked, sizes, "finite differences"))
    if moved.frozen.held:
        notes.append(f"finite differences hold {moved.frozen.held} detached or random values where they were")
    for name in question.wrt:
        shape = question.inputs[name].shape
        differences = {int(flat): _difference(moved, name, int(flat)) for flat in asked[name]}
        estimates[name] = _estimate(shape, differences)
        notes += _silences(name, shape, differences) + _kinks(name, shape, differences)
        sweeps += _sweep_to_show(moved, name, differences)
    return Testimony(estimates, notes=tuple(notes), sweeps=tuple(sweeps))


def _difference(moved: Moved, name: str, flat: int, *, to_the_end: bool = False) -> Difference:
    values = moved.question.inputs[name]
    entry = float(values.flat[flat])
    coarsest = _coarsest(entry, np.abs(values))
    return differentiate(
        moved.line(name, flat),
        coarsest,
        look_down_to=BELOW * (abs(entry) or BELOW * coarsest),
        point=entry,
        roundoff=moved.roundoff_of(name),
        to_the_end=to_the_end,
    )


def _coarsest(entry: float, magnitudes: Array) -> float:
    """A first step for one entry, of the size of the input's entries and at least 1, as far as the entry allows."""
    typical = float(np.median(magnitudes[magnitudes > 0])) if (magnitudes > 0).any() else 1.0
    size = max(1.0, abs(entry), typical)
    if entry:
        size = min(size, ABOVE * abs(entry))
    return STEP * 2.0 ** (math.ceil(math.log2(size)) - 3)


def _estimate(shape: tuple[int, ...], differences: dict[int, Difference]) -> Estimate:
    estimate = Estimate.nothing(shape)
    for flat, difference in differences.items():
        estimate.value.flat[flat], estimate.error.flat[flat] = difference.value, difference.error
    return estimate


def _silences(name: str, shape: tuple[int, ...], differences: dict[int, Difference]) -> list[str]:
    """One sentence for each reason why entries have no estimate, with the first of them."""
    silent: dict[str, list[int]] = {}
    for flat, difference in differences.items():
        reason = _why_silent(difference)
        if reason is not None:
            silent.setdefault(reason, []).append(flat)
    return [
        f"finite differences say nothing about {_entries(name, shape, flats)}: {reason}"
        for reason, flats in silent.items()
    ]


def _why_silent(difference: Difference) -> str | None:
    if not difference.steps:
        return "the function has too few values beside the point, or takes another path there"
    if difference.diverges:
        return "the slopes grow without end as the step shrinks"
    return None


def _kinks(name: str, shape: tuple[int, ...], differences: dict[int, Difference]) -> list[str]:
    kinks = [flat for flat, difference in differences.items() if difference.kink > 0]
    borders = [flat for flat, difference in differences.items() if difference.one_sided and difference.steps]
    notes = []
    if kinks:
        first = differences[kinks[0]]
        slopes = f"{first.left:.6g} on its left and {first.right:.6g} on its right"
        notes.append(f"the function has a kink at {_entries(name, shape, kinks)}: its slope is {slopes}")
    if borders:
        notes.append(f"finite differences are one-sided at {_entries(name, shape, borders)}: a border of the domain")
    return notes


def _entries(name: str, shape: tuple[int, ...], flats: list[int]) -> str:
    index = ", ".join(str(i) for i in np.unravel_index(flats[0], shape))
    first = f"{name}[{index}]" if shape else name
    return first if len(flats) == 1 else f"{first} and {len(flats) - 1} more"


def _sweep_to_show(moved: Moved, name: str, differences: dict[int, Difference]) -> list[Sweep]:
    """The whole sweep, past the best step, at the entry of largest gradient."""
    said = [flat for flat, difference in differences.items() if difference.error < math.inf]
    if not said:
        return []
    flat = max(said, key=lambda entry: abs(differences[entry].value))
    whole = _difference(moved, name, flat, to_the_end=True)
    values = moved.question.inputs[name]
    unit = abs(float(values.flat[flat])) or 1.0
    return [
        Sweep(
            input=name,
            index=tuple(int(i) for i in np.unravel_index(flat, values.shape)),
            steps=tuple(step / unit for step in whole.steps),
            values=whole.values,
            estimated_errors=whole.errors,
            chosen=whole.chosen,
        )
    ]


WITNESS = Witness(
    name="finite differences",
    order=3,
    needs="candidate",
    describes="differences of the function's own values, in float64 where it runs in that, at the step of least "
    "estimated truncation and rounding error",
    testify=testify,
)
