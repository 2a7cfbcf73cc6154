"""How strong the evidence for a claim is: proven, not refuted, refuted, or nothing could be told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from verifier.claim.numbers import Enclosed, Exact, Numbers, Pair, is_whole
from verifier.claim.sides import Extents, Point, Sides
from verifier.claim.sizes import in_words, tried_sizes
from verifier.numeric.degree import degree
from verifier.numeric.rational_nodes import NotRational
from verifier.numeric.rationals import BITS, NoValue
from verifier.verdict.verdict import Standing

#: Random points at each size in balls; in fractions one is enough.
POINTS = 3

#: Scalar operations at one point up to which the sides are compared.
MOST_WORK = 1_000_000


@dataclass(frozen=True)
class Evidence:
    """What was found at random points.

    equal, unequal, silent: the sizes at which the two sides are the same, are not, and at which nothing could be
    told since one of them has no value there.
    chance: bounds the probability that a wrong claim passes as proven; None in balls.
    points and apart: in balls, how many points there were, and how far apart the sides may be at any, in units of
    the largest entry.
    opaque: whether functions that are not rational had random values.
    whole: the inputs that hold whole numbers, of which only some are tried.
    refuting: a random point at which the two sides differ, and its sizes.
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
    whole: tuple[str, ...] = ()
    refuting: tuple[Point, Extents] | None = None

    @property
    def sentence(self) -> str:
        """What exactly was shown."""
        return _SENTENCES[self.standing](self)


def evidence(sides: Sides, seed: int = 0) -> Evidence:
    """The evidence for or against a claim: in fractions if they can tell, else in balls."""
    sizes = [extents for extents in tried_sizes(sides) if sides.work(extents) <= MOST_WORK]
    found = None
    with suppress(NotRational):  # balls tell then
        found = _in_fractions(sides, sizes, seed)
    if found is None:
        found = _in_balls(sides, sizes, seed)
    return replace(found, whole=tuple(name for name in sides.formula.symbols if is_whole(sides, name)))


def _in_fractions(sides: Sides, sizes: Sequence[Extents], seed: int) -> Evidence | None:
    """One random point at each size; None where this does not tell.

    Sides that differ with random values for opaque functions may be equal with the true ones: log x² and 2·log x, say.
    """
    numbers = Exact(seed)
    trials = [_tried(sides, numbers, extents, seed) for extents in sizes]
    found = _gathered(numbers, trials)
    opaque = len(numbers.rationals.opaque)
    if found.standing == "undecided" or (found.standing == "refuted" and opaque):
        return None
    if found.standing == "refuted":
        return found
    chance = max(_chance(sides, point, tried.extents, opaque) for tried in trials for point, _ in tried.seen)
    return replace(found, standing="proven", chance=chance, opaque=opaque > 0)


def _in_balls(sides: Sides, sizes: Sequence[Extents], seed: int) -> Evidence:
    numbers = Enclosed()
    return _gathered(numbers, [_tried(sides, numbers, extents, seed) for extents in sizes])


@dataclass(frozen=True)
class _Tried:
    """The random points of one size that have a value, and the two sides there."""

    extents: Extents
    seen: tuple[tuple[Point, Pair], ...]

    @property
    def same(self) -> bool | None:
        """Whether the sides are equal at all of these points; None where that cannot be told."""
        told = [pair.same for _, pair in self.seen]
        return False if False in told else None if None in told or not told else True


def _tried(sides: Sides, numbers: Numbers, extents: Extents, seed: int) -> _Tried:
    """Fractions need one random point, unless whole numbers are drawn from a few."""
    once = isinstance(numbers, Exact) and not any(is_whole(sides, name) for name in sides.formula.symbols)
    seen = []
    for attempt in range(1 if once else POINTS):
        with suppress(NoValue):  # a point without a value is no point; a size with none is silent
            seen.append(numbers.sample(sides, extents, f"{seed} {in_words(extents)} {attempt}"))
    return _Tried(extents, tuple(seen))


def _gathered(numbers: Numbers, trials: Sequence[_Tried]) -> Evidence:
    equal, unequal, silent = (
        _in_order(tried.extents for tried in trials if tried.same is same) for same in (True, False, None)
    )
    pairs = [pair for tried in trials for _, pair in tried.seen if tried.same]
    differing = [(point, t.extents) for t in trials for point, pair in t.seen if pair.same is False]
    return Evidence(
        "refuted" if unequal else "not refuted" if equal else "undecided",
        numbers,
        equal,
        unequal,
        silent,
        points=len(pairs),
        apart=max((pair.apart for pair in pairs), default=0.0),
        refuting=differing[0] if differing else None,
    )


def _in_order(sizes: Iterable[Extents]) -> tuple[Extents, ...]:
    return tuple(sorted(sizes, key=lambda extents: tuple(extents.values())))


def _chance(sides: Sides, point: Point, extents: Extents, opaque: int) -> float:
    """By Schwartz and Zippel; two arguments of opaque functions may also coincide by chance."""
    whole = {name: point[name] for name in point if is_whole(sides, name)}
    claimed = degree(sides.claim.program, sides.claim.output, extents, whole)
    total, arguments = claimed.tensor, claimed.arguments
    tensor, derivation = sides.derivation.gradients[sides.name], sides.derivation
    if tensor is not None:
        derived = degree(derivation.adjoint, tensor, extents, {**whole, derivation.cotangent: None})
        total, arguments = total + derived.tensor, max(arguments, derived.arguments)
    return max(1, total + opaque**2 * arguments) / 2**BITS


def _proven(found: Evidence) -> str:
    functions = ", whatever functions stand for those that are not rational" if found.opaque else ""
    bound = f"in exact fractions, with a chance of error below {_up(found.chance or 1.0)}"
    if found.equal == ({},):
        return f"equal for all inputs{functions}: compared at a random point {bound}{_reservations(found)}"
    return (
        f"equal for all inputs of the sizes {_listed(found.equal)}{functions}: compared at a random point of each size "
        f"{bound}{_reservations(found)}; no other sizes were tried"
    )


def _not_refuted(found: Evidence) -> str:
    where = "" if found.equal == ({},) else f" of the sizes {_listed(found.equal)}"
    within = f"to {_up(found.apart)} of the largest entry" if found.apart else "exactly"
    return (
        f"equal {within} at {found.points} random points{where}, in ball arithmetic{_reservations(found)}; "
        "that is evidence, and no proof"
    )


def _refuted(found: Evidence) -> str:
    if not found.equal:
        return "differs from the derived gradient" + ("" if {} in found.unequal else " at every size tried")
    return f"differs from the derived gradient at {_listed(found.unequal)}, and is the same at {_listed(found.equal)}"


def _undecided(found: Evidence) -> str:
    if not found.silent:
        return f"could not be compared: one evaluation of both sides takes more than {MOST_WORK:,} operations"
    return "could not be compared: at no point that was tried do both it and the derived gradient have a value"


_SENTENCES = {"proven": _proven, "not refuted": _not_refuted, "refuted": _refuted, "undecided": _undecided}


def _reservations(found: Evidence) -> str:
    parts = [f"nothing could be told at {_listed(found.silent)}"] if found.silent else []
    if found.whole:
        parts.append(f"of the whole numbers in {' and '.join(found.whole)} only some were tried")
    return "".join(f"; {part}" for part in parts)


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
