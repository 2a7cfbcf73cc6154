"""The factor by which one array is a multiple of another at every exhibit, and its name: 2, 1/n, an input."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

import numpy as np

from verifier.verdict.accusation import Accusation, Exhibit
from verifier.witness import Array

#: Beside small fractions, the constants that people forget or take for another.
CONSTANTS = {
    "√2": math.sqrt(2),
    "π": math.pi,
    "2·π": 2 * math.pi,
    "√π": math.sqrt(math.pi),
    "√(2·π)": math.sqrt(2 * math.pi),
    "√(2/π)": math.sqrt(2 / math.pi),
    "2/√π": 2 / math.sqrt(math.pi),
    "ln 2": math.log(2),
    "ln 10": math.log(10),
    "π/180": math.pi / 180,
}

#: Fractions are looked for up to this denominator; a factor that is none of them is written in digits.
DENOMINATOR = 1000

#: Beyond this relative uncertainty, as in bfloat16, nearly every number is within reach: only the plainest count.
UNCERTAIN = 1 / 50
PLAIN = ("−1", "2", "1/2", "−2", "−1/2", "3", "1/3", "4", "1/4")


#: How an input that is a number may have become a factor: as it is written, its sign and its power.
SCALARS = (
    ("{}", 1.0, 1),
    ("−{}", -1.0, 1),
    ("1/{}", 1.0, -1),
    ("−1/{}", -1.0, -1),
    ("{}²", 1.0, 2),
    ("1/{}²", 1.0, -2),
)


#: One entry at one point is a multiple of anything.
FEWEST = 2


@dataclass(frozen=True)
class Factor:
    """A factor: its value at the first exhibit, its name, and what else it is ("4 is the length of x")."""

    value: float
    name: str
    remark: str = ""

    @property
    def times(self) -> str:
        """As it stands before a noun: "minus", "2 times", "1/4 times"."""
        return "minus" if self.name == "−1" else f"{self.name} times"

    @property
    def aside(self) -> str:
        """The remark as the end of a sentence."""
        return f" ({self.remark})" if self.remark else ""


@dataclass(frozen=True)
class _Named:
    """A factor to be tried: its name, and its value at each exhibit."""

    name: str
    at: Callable[[Exhibit], float]


#: For each exhibit, what was to be multiplied, and an array that is added after that.
Parts = Callable[[Exhibit], tuple[Array, Array] | None]


def multiple(accusation: Accusation, predict: Callable[[Exhibit], Array | None]) -> Factor | None:
    """The factor by which the accused gradient is a multiple of what is predicted; None if it is none."""

    def parts(exhibit: Exhibit) -> tuple[Array, Array] | None:
        base = predict(exhibit)
        return None if base is None else (base, np.zeros_like(base))

    return factor_of_part(accusation, parts)


def factor_of_part(accusation: Accusation, parts: Parts) -> Factor | None:
    """The factor f by which the accused gradient is f·part + rest at every exhibit; None if there is none."""
    split = {id(exhibit): parts(exhibit) for exhibit in accusation.exhibits}
    raw = _raw(accusation, split[id(accusation.first)])
    if raw is None:
        return None
    value, uncertainty = raw
    if _telling(accusation, split, value) < FEWEST:
        return None
    plainly = uncertainty > UNCERTAIN * abs(value)

    def holds(at: Callable[[Exhibit], float]) -> bool:
        def predict(exhibit: Exhibit) -> Array | None:
            found = split[id(exhibit)]
            return None if found is None else at(exhibit) * found[0] + found[1]

        return accusation.explained(predict)

    for named in _names(accusation, value, uncertainty):
        if plainly and named.name not in PLAIN:
            continue
        if abs(named.at(accusation.first) - value) <= uncertainty and holds(named.at):
            return Factor(
                named.at(accusation.first), named.name, _remark(accusation, named.name, named.at(accusation.first))
            )
    if plainly or not holds(lambda exhibit: value):
        return None
    return Factor(value, f"{value:.7g}".replace("-", "−"))


def _raw(accusation: Accusation, split: tuple[Array, Array] | None) -> tuple[float, float] | None:
    """The quotient at the largest entry, and how far off it may be."""
    if split is None or split[0].shape != accusation.first.given[accusation.input].shape:
        return None
    part, rest = split
    given, allowed = accusation.first.given[accusation.input], accusation.first.allowed[accusation.input]
    usable = np.isfinite(part) & np.isfinite(given) & np.isfinite(allowed) & (np.abs(part) > allowed)
    if not usable.any():
        return None
    at = np.unravel_index(int(np.argmax(np.where(usable, np.abs(part), -1.0))), part.shape)
    value = float((given[at] - rest[at]) / part[at])
    return value, float(allowed[at] / abs(part[at])) * max(1.0, abs(value)) + 4 * np.finfo(float).eps * abs(value)


def _telling(accusation: Accusation, split: dict[int, tuple[Array, Array] | None], value: float) -> int:
    """How many entries, of all exhibits, another factor would not fit."""
    count = 0
    for exhibit in accusation.exhibits:
        found = split[id(exhibit)]
        if found is not None:
            count += int((np.abs(value * found[0]) > 2 * exhibit.allowed[accusation.input]).sum())
    return count


def _names(accusation: Accusation, value: float, uncertainty: float) -> Iterator[_Named]:
    yield from (_constant(name, _plain_value(name)) for name in PLAIN)
    yield from _of_inputs(accusation.first)
    for name, number in CONSTANTS.items():
        for sign, minus in ((1.0, ""), (-1.0, "−")):
            yield _constant(minus + name, sign * number)
            yield _constant(
                f"{minus}1/{name}" if "/" not in name and "·" not in name else f"{minus}1/({name})", sign / number
            )
    extents = {extent for extent in _extents(accusation.first) if extent > 1}
    for extent in sorted(extents):
        if math.isqrt(extent) ** 2 != extent:
            yield _constant(f"√{extent}", math.sqrt(extent))
            yield _constant(f"1/√{extent}", 1 / math.sqrt(extent))
    if abs(value) < DENOMINATOR and uncertainty < 1 / DENOMINATOR**2:
        fraction = Fraction(value).limit_denominator(DENOMINATOR)
    else:
        fraction = Fraction(value).limit_denominator(12)
    if fraction:
        yield _constant(str(fraction).replace("-", "−"), float(fraction))
    yield from (_constant(f"1/{extent}", 1 / extent) for extent in sorted(extents))


def _constant(name: str, number: float) -> _Named:
    return _Named(name, lambda exhibit: number)


def _plain_value(name: str) -> float:
    return float(Fraction(name.replace("−", "-")))


def _of_inputs(first: Exhibit) -> Iterator[_Named]:
    """An input that is a number, its inverse, square, root."""
    for name, values in first.inputs.items():
        if values.size != 1 or values.dtype.kind != "f":
            continue

        if values.reshape(-1)[0] not in (0.0, 1.0, -1.0):  # these say nothing
            for written, sign, power in SCALARS:
                yield _Named(written.format(name), partial(_power, name=name, sign=sign, power=power))


def _power(exhibit: Exhibit, name: str, sign: float, power: int) -> float:
    return sign * float(exhibit.inputs[name].reshape(-1)[0] ** power)


def _remark(accusation: Accusation, name: str, value: float) -> str:
    """Whether the factor or its inverse is an extent, or the root of one: a mean was taken for a sum, say.

    Not of 2, which is a factor for many a reason.
    """
    extents = _extents(accusation.first)
    for candidate in (value, 1 / value):
        number = round(candidate**2 if "√" in name else candidate)
        if number > 2 and math.isclose(candidate ** (2 if "√" in name else 1), number) and number in extents:
            return f"{number:,} is {extents[number]}"
    return ""


def _extents(exhibit: Exhibit) -> dict[int, str]:
    """The extents and sizes of the inputs and of the result, and what each is."""
    found: dict[int, str] = {}
    shapes = {name: values.shape for name, values in exhibit.inputs.items()} | {"the result": exhibit.cotangent.shape}
    for name, shape in shapes.items():
        for axis, extent in enumerate(shape):
            found.setdefault(
                extent, f"the length of {name}" if len(shape) == 1 else f"the extent of axis {axis} of {name}"
            )
    for name, shape in shapes.items():
        found.setdefault(math.prod(shape), f"the number of entries of {name}")
    return found
