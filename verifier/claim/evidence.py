"""How strong the evidence for a claim is: proven, not refuted, refuted, or nothing could be told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from verifier.claim.numbers import Enclosed, Exact, Numbers
from verifier.claim.sides import Extents, Sides
from verifier.claim.sizes import in_words, tried_sizes
from verifier.numeric.degree import degree
from verifier.numeric.rational_nodes import NotRational
from verifier.numeric.rationals import BITS, NoValue

Standing = Literal["proven", "not refuted", "refuted", "undecided"]

#: Random points at each size in balls; in fractions one is enough.
POINTS = 3

#: Scalar operations at one point up to which fractions, and balls, are used.
MOST_EXACT = 100_000
MOST_BALLS = 1_000_000


@dataclass(frozen=True)
class Evidence:
    """What was found at random points.

    equal, unequal, silent: the sizes at which the two sides are the same, are not, and at which nothing could be
    told since one of them has no value there.
    chance: bounds the probability that a wrong claim passes as proven; None in balls.
    points and apart: in balls, how many points there were, and how far apart the sides may be at any, in units of
    the largest entry.
    opaque: whether functions that are not rational had random values.
    """

    standing: Standing
    numbers: Numbers
    equal: tuple[Extents, ...] = ()
    unequal: tuple[Extents, ...] = ()
    silent: tuple[Extents, ...] = ()
    chance: float | None = None
    points: int = 0
    apart: float = 0.0
    opaque: bool = False

    @property
    def sentence(self) -> str:
        """What exactly was shown."""
        return _SENTENCES[self.standing](self)


def evidence(sides: Sides, seed: int = 0) -> Evidence:
    """The evidence for or against a claim: in fractions if they can tell, else in balls."""
    sizes = tried_sizes(sides)
    if all(sides.work(extents) <= MOST_EXACT for extents in sizes):
        try:
            found = _in_fractions(sides, sizes, seed)
        except NotRational:
            found = None
        if found is not None:
            return found
    affordable = [extents for extents in sizes if sides.work(extents) <= MOST_BALLS]
    return _in_balls(sides, affordable, seed)


def _in_fractions(sides: Sides, sizes: Sequence[Extents], seed: int) -> Evidence | None:
    """One random point at each size; None where this does not tell.

    Sides that differ with random values for opaque functions may be equal with the true ones: sin² + cos², say.
    """
    numbers = Exact(seed)
    equal, unequal, silent, chances = [], [], [], []
    for extents in sizes:
        try:
            pair = numbers.pair(sides, numbers.point(sides, extents, f"{seed} {in_words(extents)}"), extents)
        except NoValue:
            silent.append(extents)
            continue
        if not pair.same and numbers.rationals.opaque:
            return None
        (equal if pair.same else unequal).append(extents)
        chances.append(_chance(sides, extents, len(numbers.rationals.opaque)))
    if not chances:
        return None
    standing: Standing = "refuted" if unequal else "proven"
    found = (tuple(equal), tuple(unequal), tuple(silent))
    return Evidence(standing, numbers, *found, chance=max(chances), opaque=bool(numbers.rationals.opaque))


def _chance(sides: Sides, extents: Extents, opaque: int) -> float:
    """By Schwartz and Zippel; two arguments of opaque functions may also coincide by chance."""
    claimed = degree(sides.claim.program, sides.claim.output, extents)
    tensor, derivation = sides.derivation.gradients[sides.name], sides.derivation
    total, arguments = claimed.tensor, claimed.arguments
    if tensor is not None:
        derived = degree(derivation.adjoint, tensor, extents, [derivation.cotangent])
        total, arguments = total + derived.tensor, max(arguments, derived.arguments)
    return max(1, total + opaque**2 * arguments) / 2**BITS


def _in_balls(sides: Sides, sizes: Sequence[Extents], seed: int) -> Evidence:
    numbers = Enclosed()
    equal, unequal, silent = [], [], []
    points, apart = 0, 0.0
    for extents in sizes:
        verdicts = []
        for attempt in range(POINTS):
            try:
                pair = numbers.pair(
                    sides, numbers.point(sides, extents, f"{seed} {in_words(extents)} {attempt}"), extents
                )
            except NoValue:
                continue
            verdicts.append(pair.same)
            if pair.same:
                points, apart = points + 1, max(apart, pair.apart)
        (unequal if False in verdicts else equal if verdicts and None not in verdicts else silent).append(extents)
    standing: Standing = "refuted" if unequal else "not refuted" if equal else "undecided"
    return Evidence(standing, numbers, tuple(equal), tuple(unequal), tuple(silent), points=points, apart=apart)


def _proven(found: Evidence) -> str:
    functions = ", whatever functions stand for those that are not rational" if found.opaque else ""
    bound = f"in exact fractions, with a chance of error below {_up(found.chance or 1.0)}"
    if found.equal == ({},):
        return f"equal for all inputs{functions}: compared at a random point {bound}"
    return (
        f"equal for all inputs of the sizes {_listed(found.equal)}{functions}: compared at a random point of each size "
        f"{bound}{_without_value(found)}; no other sizes were tried"
    )


def _not_refuted(found: Evidence) -> str:
    where = "" if found.equal == ({},) else f" of the sizes {_listed(found.equal)}"
    within = f"to {_up(found.apart)} of the largest entry" if found.apart else "exactly"
    return f"equal {within} at {found.points} random points{where}, in ball arithmetic{_without_value(found)}; that is evidence, and no proof"


def _refuted(found: Evidence) -> str:
    if not found.equal:
        return "differs from the derived gradient" + ("" if {} in found.unequal else " at every size tried")
    return f"differs from the derived gradient at {_listed(found.unequal)}, and is the same at {_listed(found.equal)}"


def _undecided(found: Evidence) -> str:
    return "could not be compared: at no point that was tried do both it and the derived gradient have a value"


_SENTENCES = {"proven": _proven, "not refuted": _not_refuted, "refuted": _refuted, "undecided": _undecided}


def _without_value(found: Evidence) -> str:
    return f"; nothing could be told at {_listed(found.silent)}" if found.silent else ""


def _listed(sizes: Sequence[Extents]) -> str:
    """Sizes in a row: `(n, m) = (2, 3), (1, 2)`."""
    names = ", ".join(map(str, sizes[0]))
    values = [", ".join(map(str, extents.values())) for extents in sizes]
    if len(sizes[0]) == 1:
        return f"{names} = {', '.join(values)}"
    return f"({names}) = {', '.join(f'({value})' for value in values)}"


def _up(number: float) -> str:
    """The next power of ten, which is not below the number."""
    return f"1e{math.ceil(math.log10(number))}" if number > 0 else "0"
