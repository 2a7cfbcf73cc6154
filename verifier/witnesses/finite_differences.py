"""The gradient from the function's values alone: no derivative formula of torch or of ours has any part in it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch

from verifier.candidate.moved import Moved, few_threads
from verifier.numeric.differences import Difference, differentiate
from verifier.numeric.directions import asked_along, asked_jointly
from verifier.witness import Array, Estimate, Joint, Question, Sweep, Testimony, Witness

#: An odd 11-bit number: steps are this times a power of two. The points are then hit exactly, and a function whose
#: period is a power of two is not sampled in its own rhythm.
STEP = 1447 / 2**11

#: How far below an entry's own size the steps go before a sweep may end, and how far above it they start at most.
BELOW, ABOVE = 2.0**-8, 2.0**40

#: An error is small enough if it is this share of what an honest gradient may be off by.
SHARE = 2.0**-6

#: Constants that the code makes are others in a wider dtype: by this share of what an honest gradient may be off by.
CONSTANTS = 2.0**-2

#: Entries smaller than this are moved as if they were as large: what they could be divided into is no number any more.
SMALLEST = 2.0**-900


def testify(question: Question) -> Testimony:
    """One sweep of steps per entry, or per direction of a large input; see `verifier.numeric.differences`.

    The function runs in float64 where it can. What autograd takes for a constant is held; see `verifier.trace.frozen`.
    What else the code makes, such as a table of angles, it makes anew there, and more precisely.

    Raises:
        Abstains: the function's value is not finite at the point itself.
    """
    question = question.of_parts
    moved = Moved.of(question)
    with few_threads(moved.numbers):
        return _testimony(moved, question)


def _testimony(moved: Moved, question: Question) -> Testimony:
    estimates, slopes, sweeps, notes = {}, {}, [], []
    if moved.frozen.held:
        notes.append(f"finite differences hold {moved.frozen.held} detached or random values where they were")
    anew = CONSTANTS if moved.dtype is torch.float64 and question.has_rounded_constants else 0.0
    if question.joint is not None:
        notes.append(asked_jointly(question, "finite differences"))
        joint = _joint_slopes(moved, question.joint)
        allowed = [question.allowed_along(direction) for direction in question.joint.directions]
        return Testimony({}, notes=tuple(notes), joint=_widened(joint, anew, np.array(allowed)))
    for name in question.wrt:
        shape, size = question.inputs[name].shape, question.inputs[name].size
        differences = {int(flat): _at_entry(moved, name, int(flat)) for flat in question.entries(name)}
        estimates[name] = _estimate(shape, differences)
        if name in question.allowance:
            estimates[name] = _widened(estimates[name], anew, question.allowance[name])
        notes += _remarks({_entry(name, shape, flat): found for flat, found in differences.items()})
        if name in question.directions:
            lines = [_along_direction(moved, name, direction) for direction in question.directions[name]]
            told = Estimate(np.array([d.value for d in lines]), np.array([d.error for d in lines]))
            allowed = [question.allowed_along({name: direction}) for direction in question.directions[name]]
            slopes[name] = _widened(told, anew, np.array(allowed))
            notes.append(asked_along(name, size, len(differences), len(lines), "finite differences"))
            notes += _remarks({f"direction {k + 1} of {name}": found for k, found in enumerate(lines)})
        sweeps += _sweep_to_show(moved, name, differences)
    return Testimony(estimates, notes=tuple(notes), sweeps=tuple(sweeps), slopes=slopes)


def _at_entry(moved: Moved, name: str, flat: int, *, to_the_end: bool = False) -> Difference:
    values = moved.question.inputs[name]
    allowance = moved.question.allowance.get(name)
    entry = float(values.flat[flat])
    coarsest = _coarsest(entry, np.abs(values))
    return differentiate(
        moved.along_entry(name, flat),
        coarsest,
        look_down_to=max(BELOW * (abs(entry) or BELOW * coarsest), SMALLEST),
        point=entry,
        roundoff=moved.roundoff_of(name),
        enough=0.0 if allowance is None else SHARE * float(allowance.flat[flat]),
        to_the_end=to_the_end,
    )


def _along_direction(moved: Moved, name: str, direction: Array) -> Difference:
    """Along a direction steps are relative to every entry; the first one leaves every sign as it is."""
    return differentiate(
        moved.along({name: direction}),
        STEP / 8,
        look_down_to=BELOW,
        point=1.0,
        roundoff=moved.roundoff_of(name),
        enough=SHARE * moved.question.allowed_along({name: direction}),
    )


def _joint_slopes(moved: Moved, joint: Joint) -> Estimate:
    """Along directions of several inputs, of which the slopes are known already."""
    found = [
        differentiate(
            moved.along(direction),
            STEP / 8,
            look_down_to=BELOW,
            point=1.0,
            roundoff=max(moved.roundoff_of(name) for name in direction),
            enough=SHARE * moved.question.allowed_along(direction),
            expected=(float(slope), float(error)),
        )
        for direction, slope, error in zip(joint.directions, joint.slopes.value, joint.slopes.error, strict=True)
    ]
    return Estimate(np.array([d.value for d in found]), np.array([d.error for d in found]))


def _coarsest(entry: float, magnitudes: Array) -> float:
    """A first step for one entry, of the size of the input's entries and at least 1, as far as the entry allows."""
    typical = float(np.median(magnitudes[magnitudes > 0])) if (magnitudes > 0).any() else 1.0
    size = max(1.0, abs(entry), typical)
    if entry:
        size = min(size, ABOVE * max(abs(entry), SMALLEST))
    return STEP * 2.0 ** (math.ceil(math.log2(size)) - 3)


def _estimate(shape: tuple[int, ...], differences: dict[int, Difference]) -> Estimate:
    estimate = Estimate.nothing(shape)
    for flat, difference in differences.items():
        estimate.value.flat[flat], estimate.error.flat[flat] = difference.value, difference.error
    return estimate


def _widened(estimate: Estimate, share: float, allowed: Array) -> Estimate:
    return Estimate(estimate.value, estimate.error + share * allowed) if share else estimate


def _remarks(differences: Mapping[str, Difference]) -> list[str]:
    """What there is to say of differences, by the place that each was taken at: silences, kinks and borders."""
    silent: dict[str, list[str]] = {}
    for place, difference in differences.items():
        reason = _why_silent(difference)
        if reason is not None:
            silent.setdefault(reason, []).append(place)
    notes = [f"finite differences say nothing about {_first(places)}: {reason}" for reason, places in silent.items()]
    kinks = [place for place, difference in differences.items() if difference.kink > 0]
    borders = [place for place, difference in differences.items() if difference.one_sided and difference.steps]
    if kinks:
        first = differences[kinks[0]]
        slopes = f"{first.left:.6g} on its left and {first.right:.6g} on its right"
        notes.append(f"the function has a kink at {_first(kinks)}: its slope is {slopes}")
    if borders:
        notes.append(f"finite differences are one-sided at {_first(borders)}: a border of the domain")
    return notes


def _why_silent(difference: Difference) -> str | None:
    if not difference.steps:
        return "the function has too few values beside the point, or takes another path there"
    if difference.diverges:
        return "the slopes grow without end as the step shrinks"
    return None


def _first(places: list[str]) -> str:
    return places[0] if len(places) == 1 else f"{places[0]} and {len(places) - 1} more"


def _entry(name: str, shape: tuple[int, ...], flat: int) -> str:
    index = ", ".join(str(i) for i in np.unravel_index(flat, shape))
    return f"{name}[{index}]" if shape else name


def _sweep_to_show(moved: Moved, name: str, differences: dict[int, Difference]) -> list[Sweep]:
    """The whole sweep, past the best step, at the entry of largest gradient."""
    said = [flat for flat, difference in differences.items() if difference.error < math.inf]
    if not said:
        return []
    flat = max(said, key=lambda entry: abs(differences[entry].value))
    whole = _at_entry(moved, name, flat, to_the_end=True)
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
