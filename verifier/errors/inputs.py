"""Inputs that no derivative exists at, or that do not fit the function."""

from __future__ import annotations

from collections.abc import Sequence

from verifier.errors._base import InputError, shape_in_words


class ShapeMismatchError(InputError):
    """The array given for an input does not have the shape that the formula says."""

    def __init__(self, name: str, shape: tuple[object, ...], actual: tuple[int, ...]) -> None:
        super().__init__(
            f"input {name} has shape {shape_in_words(actual)}, but the formula says {shape_in_words(shape)}: "
            "give a tensor of that shape, or change the symbol's"
        )


class InputNotNumbersError(InputError):
    """An input is no array of real numbers."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(f"input {name} is of type {kind}: give real numbers as nested lists, an array or a tensor")


class InputNotFiniteError(InputError):
    """An input in question holds NaN or an infinity, where no derivative exists."""

    def __init__(self, name: str, number: float, place: tuple[int, ...]) -> None:
        where = f" at {list(place)}" if place else ""
        super().__init__(f"input {name} is {number}{where}: give finite numbers")


class UnsupportedTensorError(InputError):
    """An input is a tensor of a kind that gradients are not verified of."""

    def __init__(self, name: str, kind: str, do: str) -> None:
        super().__init__(f"input {name} is {kind}, whose gradient cannot be verified: {do}")


class ToleranceError(InputError):
    """A tolerance is no number that an error can be compared with."""

    def __init__(self, name: str, value: object) -> None:
        least = "a number" if name == "max_bits_lost" else "a number that is not negative"
        super().__init__(f"{name} is {value!r}: give {least}, or leave it out for tolerances that are computed")


class TolerancesTwiceError(InputError):
    """Tolerances are given in both of the ways that exclude each other."""

    def __init__(self) -> None:
        super().__init__("max_bits_lost is given together with atol or rtol: give the one or the others")


class TimeLimitError(InputError):
    """A time limit is no positive number."""

    def __init__(self, value: object) -> None:
        super().__init__(f"time_limit is {value!r}: give a positive number of seconds, or None for no limit")


class UnknownOrderError(InputError):
    """An order of the derivative that is not verified."""

    def __init__(self, order: object) -> None:
        super().__init__(f"order is {order!r}: give 1 for the gradient, or 2 for the double backward as well")


class UnknownDtypeError(InputError):
    """A dtype that gradients are not verified in."""

    def __init__(self, dtype: str, known: Sequence[str]) -> None:
        super().__init__(f"dtype {dtype!r} is not one of {', '.join(known)}: choose one of these")


class NoInputRequiresGradError(InputError):
    """No input can have a gradient."""

    def __init__(self, function: str) -> None:
        super().__init__(
            f"no input of {function} requires a gradient: "
            "give at least one floating-point tensor with requires_grad=True"
        )


class WithoutGradientError(InputError):
    """An input that is to be differentiated by holds no floating-point numbers."""

    def __init__(self, name: str, dtype: str) -> None:
        super().__init__(
            f"input {name} is of dtype {dtype}, which has no gradient: "
            "give floating-point numbers, or leave it out of wrt"
        )


class UnknownWitnessError(InputError):
    """A witness was asked for by a name that none has."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no witness {name!r}: choose from {', '.join(known)}")


class UnknownInputError(InputError):
    """Something was given for an input that does not exist."""

    def __init__(self, what: str, name: str, known: Sequence[str]) -> None:
        super().__init__(f"{what} names {name!r}, but the inputs are {', '.join(known)}: use one of these")


class WithoutInputsError(InputError):
    """A case has no formula from which inputs could be sampled, and gives none."""

    def __init__(self, name: str) -> None:
        super().__init__(f"case {name!r} has no formula and no inputs: give inputs={{'x': ...}}")


class ContractInputsError(InputError):
    """A contract's inputs are not the parameters of its code."""

    def __init__(self, name: str, parameters: Sequence[str], inputs: Sequence[str]) -> None:
        super().__init__(
            f"the code of contract {name!r} takes {', '.join(parameters) or 'nothing'}, and its inputs are "
            f"{', '.join(inputs) or 'none'}: give a value for each parameter, and for nothing else"
        )


class DerivativeWithoutNumbersError(InputError):
    """A contract expects a derivative at a symbol that has no value."""

    def __init__(self, formula: object, name: str) -> None:
        super().__init__(
            f"a contract expects a derivative in which {name} of {formula} has no value: "
            "make it an input of the contract's code, or give its formula in where={...}"
        )
