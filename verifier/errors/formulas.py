"""Formulas that cannot be understood, differentiated or evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verifier.errors._base import FormulaError, VerifierError, several, shape_in_words


class NoDerivativeError(FormulaError):
    """A formula has a sub-expression that has no derivative, or none that SymPy knows: `expression`."""

    def __init__(self, expression: Any) -> None:
        self.expression = expression
        super().__init__(
            f"{expression} has no derivative that is known here: "
            "write this part of the formula with differentiable functions, or wrap it in Detached(...)"
        )


class FormulaNotUnderstoodError(FormulaError):
    """A formula holds something that has no meaning here."""

    def __init__(self, expression: object, advice: str) -> None:
        super().__init__(f"{expression} in the formula is not understood: {advice}")


class NoClosedFormError(FormulaError):
    """A tensor has no closed form, because it is not defined by a formula; `kind` says what defines it."""

    def __init__(self, tensor: str, kind: str) -> None:
        article = "an" if kind[0] in "AEIOU" else "a"
        super().__init__(
            f"{tensor}, which {article} {kind} defines, has no closed form here: "
            "its values are known all the same, so check the formula instead of deriving it"
        )


class ShapesDoNotFitError(FormulaError):
    """Matrices of a formula have shapes that cannot be multiplied or added."""

    def __init__(self, expression: object, left: tuple[object, ...], right: tuple[object, ...]) -> None:
        super().__init__(
            f"the shapes {shape_in_words(left)} and {shape_in_words(right)} do not fit in {expression}: "
            "transpose a factor, or mend the shape of a symbol"
        )


class FormulaTooLargeError(FormulaError):
    """A formula or its derivative grew beyond the limit; `tensor` is the step of the program that grew."""

    def __init__(self, tensor: str, grown: str, limit: int, unit: str) -> None:
        super().__init__(
            f"the step {tensor} of the formula's program grew to {grown}, and the limit is {limit}: write that part "
            f"with matrices or sums instead of components, or allow more inside of growth_limits({unit}=...)"
        )


class ExtentUnknownError(FormulaError):
    """An extent of a formula is a symbol that no input's shape gives a number."""

    def __init__(self, extent: object) -> None:
        super().__init__(
            f"the extent {extent} of the formula is not determined by the shape of any input: use a number for it"
        )


class ExponentNotWholeError(FormulaError):
    """A matrix is raised to a power that is no whole number, or too large a one."""

    def __init__(self, exponent: object, names: Sequence[str]) -> None:
        super().__init__(
            f"a matrix is raised to the power {exponent}, which is no whole number from -10000 to 10000: "
            f"give {' and '.join(names) or 'the exponent'} as an integer"
        )


class IndexOutsideError(FormulaError):
    """A formula reads an entry that a tensor does not have; `index` is in the formula's indices i0, i1, ..."""

    def __init__(self, tensor: str, index: Sequence[object], shape: tuple[int, ...]) -> None:
        super().__init__(
            f"{tensor}[{', '.join(map(str, index))}] in the formula leaves {tensor}, "
            f"which has shape {shape_in_words(shape)}: change the limits of the sum, or the shape"
        )


class FunctionWithoutBallsError(FormulaError):
    """A formula uses a function that has no ball arithmetic, so that its error cannot be proven."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} in the formula cannot be evaluated with a proven error: "
            "write it with elementary functions, or with one that python-flint has"
        )


class FunctionNotEvaluatedError(FormulaError):
    """A formula uses a function, or has a derivative that uses one, for which there are no numbers in float64."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} in the formula, or in its derivative, cannot be evaluated: "
            "write it with functions that SciPy has under the same name"
        )


class FunctionNotInTorchError(FormulaError):
    """A formula that came without torch code uses a function that torch does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"torch has no {name}, so the formula cannot be run in torch: give the case a function= of its own"
        )


class FormulaTextError(FormulaError):
    """A formula given as text has a part that means nothing."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(f"the formula {text!r} cannot be read: {why}; `verifier derive --help` shows how to write it")


class SymbolsDoNotMatchError(FormulaError):
    """The formula's symbols are not the function's inputs."""

    def __init__(self, symbols: Sequence[str], inputs: Sequence[str]) -> None:
        super().__init__(
            f"the formula has the symbols {', '.join(symbols) or 'none'} and the function has the inputs "
            f"{', '.join(inputs) or 'none'}: give the symbols the names of the function's parameters"
        )


class NeitherFormulaNorFunctionError(FormulaError):
    """A case has nothing to check."""

    def __init__(self, name: str) -> None:
        super().__init__(f"case {name!r} has neither a formula nor a function: give at least one of them")


class ClaimShapeError(FormulaError):
    """A claimed or printed gradient does not have the shape of the input that it is the gradient by."""

    def __init__(self, name: str, actual: tuple[int, ...], expected: tuple[int, ...], kind: str = "claimed") -> None:
        super().__init__(
            f"the {kind} gradient by {name} has shape {shape_in_words(actual)} "
            f"and {name} has shape {shape_in_words(expected)}: "
            "a gradient has the shape of its input; transpose or mend it"
        )


class ClaimSymbolError(FormulaError):
    """A claimed gradient holds symbols that the formula does not have."""

    def __init__(self, name: str, foreign: Sequence[str], symbols: Sequence[str]) -> None:
        super().__init__(
            f"the claimed gradient by {name} holds {', '.join(foreign)}, "
            f"and the formula has {', '.join(symbols)} only: write the claim in the symbols of the formula"
        )


class ClaimWithoutScalarError(FormulaError):
    """A gradient is claimed of a formula that has more than one entry."""

    def __init__(self, name: str, formula: object) -> None:
        super().__init__(
            f"a gradient by {name} is claimed of {formula}, which is no scalar: "
            "take its total or its mean in the formula"
        )


class HessianOfTensorError(FormulaError):
    """The Hessian is asked for of a formula that has more than one entry."""

    def __init__(self, formula: object) -> None:
        super().__init__(
            f"{formula} is no scalar, and has no Hessian: take its total or its mean, or ask for its Jacobian"
        )


class DirectionShapeError(FormulaError):
    """A Hessian-vector product is asked for along a direction of another shape."""

    def __init__(self, direction: object, actual: tuple[object, ...], name: str, expected: tuple[object, ...]) -> None:
        super().__init__(
            f"the direction {direction} has shape {shape_in_words(actual)} and {name} has shape "
            f"{shape_in_words(expected)}: give a direction of the shape of {name}"
        )


class NothingToDifferentiateError(VerifierError):
    """A formula does not hold the symbol that it is to be differentiated by, or none at all."""

    def __init__(self, formula: str, name: str | None, symbols: Sequence[str]) -> None:
        if not symbols:
            super().__init__(f"{formula!r} holds no symbol: write a formula that depends on one")
        else:
            super().__init__(f"{formula!r} does not hold {name}: differentiate it by {several(symbols)}")


class DerivativeOfTensorError(FormulaError):
    """A contract expects the derivative of something that is no scalar."""

    def __init__(self, formula: object) -> None:
        super().__init__(
            f"a contract expects the derivative of {formula}, which is no scalar: take its total or its mean"
        )
