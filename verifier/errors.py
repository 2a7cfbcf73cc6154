"""Every error that a caller can cause: one sentence each, saying what happened, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class VerifierError(Exception):
    """The caller asked for something that cannot be done; the message is one sentence that says what to do."""

    def __reduce__(self) -> tuple[object, ...]:
        # An exception whose constructor takes more than its message does not unpickle, and breaks a process pool.
        return _arrived, (type(self), str(self))


def _arrived(kind: type[VerifierError], sentence: str) -> VerifierError:
    error = kind.__new__(kind)
    Exception.__init__(error, sentence)
    return error


class FormulaError(VerifierError):
    """A formula cannot be understood, or does not fit the function beside it."""


class InputError(VerifierError):
    """The inputs cannot be differentiated at, or do not fit the formula."""


class CandidateError(VerifierError):
    """The function under test raised, or returned what has no gradient."""


class CaseFileError(VerifierError):
    """A case file cannot be read, or what it lists cannot be used."""


# Formulas (verifier/symbolic)


class NoDerivativeError(FormulaError):
    """A formula has a sub-expression that has no derivative, or none that SymPy knows."""

    def __init__(self, expression: object) -> None:
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
        super().__init__(
            f"{tensor} has no closed form, because it is defined by {kind}: use its program, which has its values"
        )


class ShapesDoNotFitError(FormulaError):
    """Matrices of a formula have shapes that cannot be multiplied or added."""

    def __init__(self, expression: object, left: tuple[object, ...], right: tuple[object, ...]) -> None:
        super().__init__(
            f"the shapes {_shape(left)} and {_shape(right)} do not fit in {expression}: "
            "transpose a factor, or mend the shape of a symbol"
        )


class ShapeMismatchError(InputError):
    """The array given for an input does not have the shape that the formula says."""

    def __init__(self, name: str, shape: tuple[object, ...], actual: tuple[int, ...]) -> None:
        super().__init__(
            f"input {name} has shape {_shape(actual)}, but the formula says {_shape(shape)}: "
            "give a tensor of that shape, or change the symbol's"
        )


def _shape(extents: tuple[object, ...]) -> str:
    return "×".join(map(str, extents)) if extents else "() (a scalar)"


# Case files (verifier/discover.py)


class PathMissingError(CaseFileError):
    """A path that cases were to be read from does not exist."""

    def __init__(self, path: object) -> None:
        super().__init__(f"{path} does not exist: give a case file, or a folder that holds case files")


class NoCaseFilesError(CaseFileError):
    """A folder that cases were to be read from holds no case file."""

    def __init__(self, folder: object) -> None:
        super().__init__(f"{folder} holds no case file: add a .py file that ends with CASES = [Case(...), ...]")


class NotPythonError(CaseFileError):
    """A path given as a case file is something else."""

    def __init__(self, path: object) -> None:
        super().__init__(f"{path} is not a case file: give a .py file that ends with CASES = [Case(...), ...]")


class BrokenCaseFileError(CaseFileError):
    """A case file raised while it was imported; `line` is the line in it that did, where there is one."""

    def __init__(self, path: object, line: int | None, cause: BaseException) -> None:
        where = f"line {line}" if line else "it"
        what = f"{type(cause).__name__}: {_one_line(cause)}".removesuffix(": ")
        super().__init__(f"{path} does not import: {where} raised {what}; mend it and run again")


class NoCasesError(CaseFileError):
    """A case file does not define CASES."""

    def __init__(self, path: object) -> None:
        super().__init__(f"{path} does not define CASES: end it with CASES = [Case(...), ...]")


class CasesTypeError(CaseFileError):
    """CASES is no list or tuple."""

    def __init__(self, path: object, cases: object) -> None:
        super().__init__(f"CASES in {path} is of type {type(cases).__name__}: make it a list of Case(...)")


class EmptyCasesError(CaseFileError):
    """CASES is empty."""

    def __init__(self, path: object) -> None:
        super().__init__(f"CASES in {path} is empty: list at least one Case(...), or begin the file's name with _")


class NotACaseError(CaseFileError):
    """Something in CASES is neither a Case nor a Contract; `position` counts from 0."""

    def __init__(self, path: object, position: int, element: object) -> None:
        super().__init__(
            f"CASES[{position}] in {path} is of type {type(element).__name__}: list only Case(...) and Contract(...)"
        )


class CaseNameTwiceError(CaseFileError):
    """Two cases of one file have the same name."""

    def __init__(self, path: object, name: str) -> None:
        super().__init__(f"{path} has two cases named {name!r}: give each its own name")


class NoSuchCaseError(CaseFileError):
    """A case was asked for by a name that none has; `close` are the names that come nearest."""

    def __init__(self, name: str, close: Sequence[str]) -> None:
        meant = f"did you mean {_several(map(repr, close))}?" if close else "`verifier list` shows all cases"
        super().__init__(f"no case is named {name!r}: {meant}")


class AmbiguousCaseError(CaseFileError):
    """A case was asked for by a name that several have."""

    def __init__(self, name: str, matches: Sequence[str]) -> None:
        super().__init__(f"{name!r} may be {_several(matches)}: give one of these names in full")


class NothingSelectedError(CaseFileError):
    """A pattern selects none of the cases."""

    def __init__(self, pattern: str, cases: int) -> None:
        super().__init__(f"-k {pattern!r} matches none of {cases} cases: `verifier list` shows their names")


class NoCasesGivenError(CaseFileError):
    """A test is to run once for each of no cases."""

    def __init__(self) -> None:
        super().__init__("verifier.parametrize was given no case, so the test would never run: give at least one")


class ConstantMissingError(VerifierError):
    """A file in a folder that holds all of something does not end with its constant."""

    def __init__(self, module: str, constant: str) -> None:
        super().__init__(f"{module} does not define {constant}: end the file with {constant} = ...")


# Command line (verifier/commands)


class UnknownFormatError(VerifierError):
    """A report was asked for in a format that there is none of."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no report format {name!r}: choose one of {', '.join(known)}")


class UnwritableReportError(VerifierError):
    """A report cannot be written where it was to go; `cause` is what the operating system says."""

    def __init__(self, path: object, cause: OSError) -> None:
        reason = cause.strerror or type(cause).__name__
        super().__init__(f"the report cannot be written to {path} ({reason}): choose another file")


class DeclarationError(VerifierError):
    """A declaration of a symbol cannot be understood."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(f"the declaration {text!r} {why}: write it as 'X: n×k', 'X: 3,3' or 'x: n'")


class DeclaredTwiceError(VerifierError):
    """One symbol is declared twice."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is declared twice: declare each symbol once")


class NothingToDifferentiateError(VerifierError):
    """A formula does not hold the symbol that it is to be differentiated by, or none at all."""

    def __init__(self, formula: str, name: str | None, symbols: Sequence[str]) -> None:
        if not symbols:
            super().__init__(f"{formula!r} holds no symbol: write a formula that depends on one")
        else:
            super().__init__(f"{formula!r} does not hold {name}: differentiate it by {_several(symbols)}")


class FunctionRaisedError(CandidateError):
    """The function under test raised an exception of its own; `cause` is that exception."""

    def __init__(self, name: str, cause: BaseException) -> None:
        said = (str(cause).strip().splitlines() or ["no message"])[0]
        super().__init__(f"{name} raised {type(cause).__name__} ({said}): make it run on these inputs first")


class ReturnedNothingError(CandidateError):
    """The function under test returned None."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} returned None: return the result as a torch tensor")


class NotATensorError(CandidateError):
    """The function under test returned something other than a torch tensor."""

    def __init__(self, name: str, result: object) -> None:
        kind = type(result).__name__
        if isinstance(result, tuple | list | dict):
            super().__init__(f"{name} returned a {kind} of {len(result)}: return one of its tensors, or their sum")
        elif isinstance(result, bool | int | float):
            super().__init__(f"{name} returned the number {result} ({kind}): return a torch tensor, without .item()")
        else:
            super().__init__(f"{name} returned an object of type {kind}: return a torch tensor")


class NoFloatingTensorError(CandidateError):
    """The function under test returned integers, booleans or complex numbers."""

    def __init__(self, name: str, dtype: str) -> None:
        do = "its torch.view_as_real" if dtype.startswith("complex") else "a floating-point tensor"
        super().__init__(f"{name} returned a tensor of {dtype}, whose gradient cannot be checked: return {do}")


def _several(names: Iterable[str]) -> str:
    return " or ".join(names)


def _one_line(cause: BaseException) -> str:
    return " ".join(str(cause).split())


# Arithmetic (verifier/numeric)


class ExtentUnknownError(FormulaError):
    """An extent of a formula is a symbol that no input's shape gives a number."""

    def __init__(self, extent: object) -> None:
        super().__init__(
            f"the extent {extent} of the formula is not determined by the shape of any input: use a number for it"
        )


class IndexOutsideError(FormulaError):
    """A formula reads an entry that a tensor does not have; `index` is in the formula's indices i0, i1, ..."""

    def __init__(self, tensor: str, index: Sequence[object], shape: tuple[int, ...]) -> None:
        super().__init__(
            f"{tensor}[{', '.join(map(str, index))}] in the formula leaves {tensor}, which has shape {_shape(shape)}: "
            "change the limits of the sum, or the shape"
        )


class FunctionWithoutBallsError(FormulaError):
    """A formula uses a function that has no ball arithmetic, so that its error cannot be proven."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} in the formula cannot be evaluated with a proven error: "
            "write it with elementary functions, or with one that python-flint has"
        )


class FunctionNotInTorchError(FormulaError):
    """A formula that came without torch code uses a function that torch does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"torch has no {name}, so the formula cannot be run in torch: give the case a function= of its own"
        )


# Inputs (verifier/point.py, verifier/trial.py)


class InputNotNumbersError(InputError):
    """An input is no array of real numbers."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(f"input {name} is of type {kind}: give real numbers as nested lists, an array or a tensor")


class InputNotFiniteError(InputError):
    """An input holds NaN or an infinity, where no derivative exists."""

    def __init__(self, name: str, number: float, place: tuple[int, ...]) -> None:
        where = f" at {list(place)}" if place else ""
        super().__init__(f"input {name} is {number}{where}: give finite numbers")


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


class UnknownInputError(InputError):
    """Something was given for an input that does not exist."""

    def __init__(self, what: str, name: str, known: Sequence[str]) -> None:
        super().__init__(f"{what} names {name!r}, but the inputs are {', '.join(known)}: use one of these")


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


class WithoutInputsError(InputError):
    """A case has no formula from which inputs could be sampled, and gives none."""

    def __init__(self, name: str) -> None:
        super().__init__(f"case {name!r} has no formula and no inputs: give inputs={{'x': ...}}")


class UnstableError(CandidateError):
    """The function returns something else at each call."""

    def __init__(self, function: str, apart: float) -> None:
        super().__init__(
            f"{function} returned something else when it was called again with the same inputs "
            f"(off by {apart:.3g}): draw random numbers outside of it, or seed them inside"
        )


# Contracts (verifier/contract.py)


class NotAnExpectationError(CaseFileError):
    """A contract expects something that cannot be looked for."""

    def __init__(self, name: str, expect: object) -> None:
        super().__init__(
            f"contract {name!r} expects an object of type {type(expect).__name__}: "
            "build what it expects from returns, raises, warns, derivative and unchanged of verifier.contract"
        )


class ContractInputsError(InputError):
    """A contract's inputs are not the parameters of its code."""

    def __init__(self, name: str, parameters: Sequence[str], inputs: Sequence[str]) -> None:
        super().__init__(
            f"the code of contract {name!r} takes {', '.join(parameters) or 'nothing'}, and its inputs are "
            f"{', '.join(inputs) or 'none'}: give a value for each parameter, and for nothing else"
        )


class DerivativeOfTensorError(FormulaError):
    """A contract expects the derivative of something that is no scalar."""

    def __init__(self, formula: object) -> None:
        super().__init__(
            f"a contract expects the derivative of {formula}, which is no scalar: take its total or its mean"
        )


class DerivativeWithoutNumbersError(InputError):
    """A contract expects a derivative at a symbol that has no value."""

    def __init__(self, formula: object, name: str) -> None:
        super().__init__(
            f"a contract expects a derivative in which {name} of {formula} has no value: "
            "make it an input of the contract's code, or give its formula in where={...}"
        )


class ClaimShapeError(FormulaError):
    """A claimed gradient does not have the shape of the input that it is the gradient by."""

    def __init__(self, name: str, claimed: tuple[int, ...], expected: tuple[int, ...]) -> None:
        super().__init__(
            f"the claimed gradient by {name} has shape {_shape(claimed)} and {name} has shape {_shape(expected)}: "
            "a gradient has the shape of its input; transpose or mend the claim"
        )


class FormulaTextError(FormulaError):
    """A formula given as text has a part that means nothing."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(f"the formula {text!r} cannot be read: {why}; `verifier derive --help` shows how to write it")
