"""Functions under test that raise, or return what has no gradient."""

from __future__ import annotations

from verifier.errors._base import CandidateError, VerifierError


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


class TimeIsUpError(CandidateError):
    """A trial took longer than the time limit."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"it took longer than the time limit of {seconds:g} s: give it more, or smaller inputs")


class WorkerDiedError(CandidateError):
    """The process in which a case was verified has ended in the middle of it."""

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(
            f"the process that verified it died (exit code {exit_code}), so the function crashed outside of Python: "
            "run the function alone under python -X faulthandler"
        )


class WorkerNotStartedError(VerifierError):
    """A process to verify cases in did not come up."""

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(
            f"no process could be started to verify it in (exit code {exit_code}): verify it without -j and time limit"
        )
