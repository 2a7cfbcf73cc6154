"""What a witness is: something that can be asked for a gradient and states its own error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from verifier.subdifferential import Subdifferential

if TYPE_CHECKING:
    from verifier.candidate.candidate import Candidate
    from verifier.candidate.parts import Part
    from verifier.numeric.spread import Measured
    from verifier.symbolic.derivative import Derivation

Array = NDArray[np.float64]


class Abstains(Exception):  # noqa: N818 - not an error: a witness may have nothing to say
    """Raised by a witness that cannot speak on this question; the text is the reason, and goes into the notes."""


@dataclass(frozen=True)
class Estimate:
    """A tensor and how far off each of its entries may be.

    `value` and `error` are float64 arrays of one shape. `error` is an absolute bound (proven, or the witness's
    honest estimate) and never negative; it is infinite where the witness says nothing about the entry.
    """

    value: Array
    error: Array

    def __post_init__(self) -> None:
        if self.value.shape != self.error.shape:
            raise ValueError(f"value has shape {self.value.shape} and error has shape {self.error.shape}")

    @classmethod
    def nothing(cls, shape: tuple[int, ...]) -> Estimate:
        """An estimate that says nothing about any entry."""
        return cls(np.full(shape, np.nan), np.full(shape, np.inf))

    @property
    def speaks(self) -> NDArray[np.bool_]:
        """Where the witness says anything at all."""
        return self.error < np.inf


@dataclass(frozen=True)
class Joint:
    """Directions that move all inputs at once, where they are large and the formula and reverse mode agree everywhere.

    Then the others have only to corroborate a slope that is known. `directions` holds for each direction what every
    input moves by, and `slopes` is what the formula says of the slope along each: shape (number of directions,).
    """

    directions: tuple[Mapping[str, Array], ...]
    slopes: Estimate


@dataclass(frozen=True)
class Question:
    """What every witness is asked: the gradient of <cotangent, f(inputs)> by each input in `wrt`.

    Arrays hold the very numbers that the candidate sees, exactly (a bfloat16 0.1 is 0.10009765625): float64 for
    floating-point inputs, int64 for integers, bool for booleans, each of its tensor's own shape. `cotangent` has
    the output's shape and is exact in the candidate's dtype.

    `allowance` maps each input of `wrt` to the error that an honest implementation may make in each entry of its
    gradient in the candidate's dtype (`verifier/numeric/spread.py`), and `value_allowance` is the same for the output
    (or less, where stable code would be off by less: then `value_spread` is what the rounding of all operators
    explains, and `value_bracket` what one roundoff does to stable code); `roundoff` is the unit roundoff of the
    coarsest dtype that the candidate computes in.
    `measured` is what was found out about the derivation's program at these inputs on the way.
    `watched` says that a mode of autograd is to be called again and again, and its answers compared: not where the same
    candidate has stood that already.
    `focus` holds flat indices of contested entries: a witness that cannot speak of all entries speaks of these.
    `directions` holds, for each input that is too large to be asked entry by entry, the directions (arrays of its
    shape) along which such a witness is asked for the slope instead. `joint` takes the place of entries and
    directions where there is nothing to be told apart.

    A traced formula has constants, which are among the `inputs` under names that the candidate does not know. At other
    inputs, or for the candidate in another dtype, they may be others: `elsewhere` says what the formula is there, or
    None where the code takes another path. `own` gives what the candidate's code itself computes there, beside a
    formula that somebody wrote: its derivation, and arrays for its inputs; None where the code cannot be followed.
    `parts` says which part of an input the formula reads where the candidate takes it for granted that there is no
    other: the symmetric one of a matrix that `cholesky` reads one triangle of.
    """

    inputs: Mapping[str, NDArray]
    wrt: tuple[str, ...]
    cotangent: Array
    derivation: Derivation | None
    candidate: Candidate | None
    allowance: Mapping[str, Array] = field(default_factory=dict)
    value_allowance: Array | None = None
    value_spread: Array | None = None
    value_bracket: Array | None = None
    roundoff: float = 2.0**-53
    measured: Measured | None = None
    watched: bool = True
    focus: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    directions: Mapping[str, tuple[Array, ...]] = field(default_factory=dict)
    joint: Joint | None = None
    elsewhere: Callable[[Candidate, Mapping[str, NDArray]], Elsewhere | None] | None = None
    own: Callable[[Candidate, Mapping[str, NDArray]], tuple[Derivation, Mapping[str, NDArray]] | None] | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)

    @property
    def of_parts(self) -> Question:
        """The same question for a candidate that is given these parts of its inputs, however they are moved."""
        return replace(self, candidate=self.candidate and replace(self.candidate, parts=self.parts))

    @property
    def without_path(self) -> tuple[str, ...]:
        """The inputs in question that the formula has no path from: its gradient by them is zero wherever one is."""
        gradients = {} if self.derivation is None else self.derivation.gradients
        return tuple(name for name in self.wrt if name in gradients and gradients[name] is None)

    def entries(self, name: str) -> NDArray[np.int64]:
        """The flat indices of an input that every witness speaks of: all of them, or those in focus."""
        if name not in self.directions:
            return np.arange(self.inputs[name].size)
        return np.sort(np.asarray(self.focus.get(name, ()), dtype=np.int64))

    def allowed_along(self, direction: Mapping[str, Array]) -> float:
        """The error that the slope of an honest gradient may have along a direction of some inputs."""
        known = {name: moves for name, moves in direction.items() if name in self.allowance}
        return sum(float(np.vdot(np.abs(moves), self.allowance[name])) for name, moves in known.items())

    @property
    def has_rounded_constants(self) -> bool:
        """Whether a traced formula holds numbers that the code made in a dtype narrower than float64."""
        known = () if self.candidate is None else self.candidate.names
        made = (array for name, array in self.inputs.items() if name not in known)
        return self.roundoff > 2.0**-53 and any(array.dtype.kind == "f" for array in made)

    def moved(self, candidate: Candidate, inputs: Mapping[str, NDArray]) -> Question | None:
        """The same question for a candidate at inputs, with what the formula is there; None where it is unknown."""
        there = Elsewhere(inputs) if self.elsewhere is None else self.elsewhere(candidate, inputs)
        if there is None:
            return None
        derivation = there.derivation or self.derivation
        same = derivation is self.derivation and all(
            name in self.inputs and np.array_equal(array, self.inputs[name]) for name, array in there.inputs.items()
        )
        measured = self.measured if same else None
        return replace(self, candidate=candidate, inputs=there.inputs, derivation=derivation, measured=measured)


@dataclass(frozen=True)
class Elsewhere:
    """A traced formula at other inputs or in another dtype: all that it takes, and its derivation if it is another.

    Code that asks for the roundoff of a dtype, as `rms_norm` does for its epsilon, is another function in each.
    """

    inputs: Mapping[str, NDArray]
    derivation: Derivation | None = None


@dataclass(frozen=True)
class Deed:
    """Something that the candidate's derivative did and should not, whatever its numbers are.

    `said` completes a sentence that begins with the witness: "overwrites its cotangent". `outcome` is "wrong", or
    "undecided" where the witness is of no use because of it. `input` is the input concerned, if it is one; `error` is
    how far off it makes the numbers.
    """

    said: str
    reason: str
    outcome: Literal["wrong", "undecided"]
    input: str | None = None
    error: float | None = None


@dataclass(frozen=True)
class Sweep:
    """How a finite difference at one entry behaves as its step shrinks; steps are relative, largest first."""

    input: str
    index: tuple[int, ...]
    steps: tuple[float, ...]
    values: tuple[float, ...]
    estimated_errors: tuple[float, ...]
    chosen: int


@dataclass(frozen=True)
class Testimony:
    """What a witness says: an estimate of the gradient by each input it can speak of, and of the value.

    An input of the question that is absent from `gradients` is one that the witness says nothing about; `notes`
    gives the reasons, and the conventions that were met. At a kink, `subdifferential` says which gradients are right
    together; the estimates say so for each entry by itself. `slopes` holds, for inputs that the question has directions
    of, the derivative along each of them: an estimate of shape (number of directions,). `joint` is the same for those
    that move all inputs at once. `pathless` are the inputs that torch sees no path from: their gradient is
    nothing at all, which was not computed. `steady` says that all calls gave the same bits.
    """

    gradients: Mapping[str, Estimate]
    value: Estimate | None = None
    notes: tuple[str, ...] = ()
    subdifferential: Subdifferential | None = None
    sweeps: tuple[Sweep, ...] = ()
    slopes: Mapping[str, Estimate] = field(default_factory=dict)
    joint: Estimate | None = None
    deeds: tuple[Deed, ...] = ()
    pathless: frozenset[str] = frozenset()
    steady: bool = False


@dataclass(frozen=True)
class Witness:
    """A named source of gradients. `testify` raises `Abstains` where it cannot speak at all.

    `order` is the place in tables; `needs` says what the question must hold ("derivation" or "candidate").
    """

    name: str
    order: int
    needs: str
    describes: str
    testify: Callable[[Question], Testimony]
