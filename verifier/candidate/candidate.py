"""The candidate: the torch function under test, and how it is called."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from verifier.candidate.lying import laid_out
from verifier.candidate.parts import Part, whole
from verifier.errors import (
    CandidateError,
    FunctionRaisedError,
    NoFloatingTensorError,
    NotATensorError,
    ReturnedNothingError,
)
from verifier.trace.kept import Kept, kept_by

#: Every call draws its random numbers from here, so that all witnesses see one and the same function.
SEED = 0


@dataclass(frozen=True)
class Behaviour:
    """What a candidate did when it was called twice on the same inputs.

    value: the first result as float64 (exact); `dtype` is the torch dtype that it came in. again: the second one.
    apart: the largest distance between entries of the two results; 0.0 if and only if they are the same numbers,
        infinite if their shapes differ or one of them alone is NaN.
    changed: the inputs that the function wrote to. draws: whether it drew random numbers from torch.
    requires_grad: whether torch sees any path from the inputs to the result. Without one the derivative is
        nothing at all, which is not the same as zero.
    """

    value: NDArray[np.float64]
    again: NDArray[np.float64]
    dtype: torch.dtype
    apart: float
    changed: tuple[str, ...]
    requires_grad: bool
    draws: bool = False

    @property
    def deterministic(self) -> bool:
        """Whether both calls gave the same numbers."""
        return self.apart == 0.0

    def is_steady(self, allowed: NDArray[np.float64]) -> bool:
        """Whether the two results are no further apart than two honest ones may be: each may be `allowed` off."""
        if self.deterministic:
            return True
        if not math.isfinite(self.apart):
            return False
        moved = _unlike(self.value, self.again)
        return bool((np.abs(self.value[moved] - self.again[moved]) <= 2 * allowed[moved]).all())


@dataclass(frozen=True)
class Candidate:
    """A torch function with how it is called.

    function: takes the tensors of `names`, and `kwargs` as further keywords; returns one floating-point tensor. If it
        finds some of them elsewhere than in its arguments, it has a method `exchanged`.
    kept: what it writes to beside its inputs: put back before every call, so that all calls are the same.
    names: the inputs, in the order of the function's parameters.
    dtypes: the torch dtype of each input.
    by_name: whether the inputs are passed as keywords; `torch.mm` and `MyFunction.apply` take positions only.
    strides: of those inputs that are not contiguous; see `laid_out`.
    parts: what the function is given of an input in place of the whole; see `verifier.candidate.parts`.
    """

    function: Callable[..., Any]
    names: tuple[str, ...]
    dtypes: Mapping[str, torch.dtype]
    by_name: bool = False
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    kept: Kept = field(default_factory=Kept)
    strides: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        function: Callable[..., Any],
        names: Sequence[str],
        dtypes: Mapping[str, torch.dtype],
        kwargs: Mapping[str, Any] | None = None,
        *,
        by_name: bool = True,
    ) -> Candidate:
        """A candidate whose inputs go by name if the function has parameters of these names, else by position.

        Without `by_name` they go by position: a function that is wrapped may have names that it cannot be called by.
        """
        named = by_name and takes_by_name(function, names)
        return cls(function, tuple(names), dict(dtypes), named, dict(kwargs or {}))

    def watched(self, inputs: Mapping[str, NDArray], wrt: Collection[str]) -> Candidate:
        """The same function, of which is known what it writes to beside its inputs. It is called once."""
        tensors = self.tensors(inputs, wrt)
        given = [*tensors.values()]
        try:
            with drawing_from(SEED):
                return replace(self, kept=kept_by(lambda: self._call(tensors), given))
        except CandidateError:
            return self

    @property
    def pairs(self) -> frozenset[str]:
        """The inputs that hold complex numbers as pairs of real ones."""
        return getattr(self.function, "pairs", frozenset())

    @property
    def described(self) -> str:
        """The function's name, for sentences."""
        return name_of(self.function)

    def tensors(
        self,
        inputs: Mapping[str, NDArray],
        requires_grad: Collection[str] = (),
        dtype: torch.dtype | None = None,
    ) -> dict[str, torch.Tensor]:
        """Fresh tensors of the arrays, which stay untouched; exact where the dtype can hold the numbers.

        They are contiguous, or lie as the caller's do. With `dtype`, the floating-point inputs come in that dtype
        instead of their own.
        """
        built = {}
        for name in self.names:
            own = self.dtypes[name]
            chosen = dtype if dtype is not None and own.is_floating_point else own
            numbers = torch.from_numpy(_for_torch(inputs[name])).to(chosen, copy=True)
            tensor = laid_out(numbers, self.strides.get(name))
            built[name] = tensor.requires_grad_() if name in requires_grad else tensor
        return built

    def call(self, tensors: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The function's result on these tensors.

        Random numbers are drawn from the same seed at each call, and torch's generator is left as it was found.

        Raises:
            CandidateError: the function raised, or returned something other than one floating-point tensor.
        """
        with drawing_from(SEED):
            return self._call(tensors)

    def exchanged(self, tensors: Mapping[str, torch.Tensor]) -> AbstractContextManager[Mapping[str, torch.Tensor]]:
        """Let a backward pass that runs the function again find the tensors where a call does.

        Gives the objects that they are for so long.
        """
        own = getattr(self.function, "exchanged", None)
        return nullcontext(tensors) if own is None else own(tensors)

    def value(
        self,
        inputs: Mapping[str, NDArray],
        requires_grad: Collection[str] = (),
        dtype: torch.dtype | None = None,
    ) -> NDArray[np.float64]:
        """The function's result on these arrays, as float64 (exact); see `tensors` and `call`."""
        return as_float64(self.call(self.tensors(inputs, requires_grad, dtype)))

    def behaviour(self, inputs: Mapping[str, NDArray], wrt: Collection[str]) -> Behaviour:
        """Call the function twice on the same inputs, as the witnesses will, and say what was seen.

        Raises:
            CandidateError: as `call` does.
        """
        first, second = self.tensors(inputs, wrt), self.tensors(inputs, wrt)
        with drawing_from(SEED):
            fresh = torch.default_generator.get_state()
            result = self._call(first)
            draws = not torch.equal(torch.default_generator.get_state(), fresh)
        again = self.call(second)
        untouched = self.tensors(inputs)
        changed = tuple(n for n in self.names if tensor_distance(first[n], untouched[n]))
        value, repeated = as_float64(result), as_float64(again)
        apart = distance(value, repeated)
        return Behaviour(value, repeated, result.dtype, apart, changed, result.requires_grad, draws)

    def _call(self, tensors: Mapping[str, torch.Tensor]) -> torch.Tensor:
        self.kept.restore()
        tensors = {name: self.parts.get(name, whole)(tensors[name]) for name in self.names}
        positional = () if self.by_name else tuple(tensors.values())
        named = tensors if self.by_name else {}
        try:
            result = self.function(*positional, **named, **self.kwargs)
        except (Exception, SystemExit) as cause:
            raise FunctionRaisedError(self.described, cause) from cause
        if result is None:
            raise ReturnedNothingError(self.described)
        if not isinstance(result, torch.Tensor):
            raise NotATensorError(self.described, result)
        if not result.is_floating_point():
            raise NoFloatingTensorError(self.described, str(result.dtype).removeprefix("torch."))
        return result


def name_of(function: Callable[..., Any]) -> str:
    """What a function is called in sentences: `MyFunction.apply` by the class that it was taken from."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type) and issubclass(owner, torch.autograd.Function):
        return f"{owner.__name__}.{function.__name__}"
    return getattr(function, "__name__", None) or type(function).__qualname__


def parameter_names(function: Callable[..., Any], *, required: bool = False) -> tuple[str, ...] | None:
    """The names of a function's positional parameters; with `required`, of those without a default.

    None where the signature cannot be had (`torch.mm`) or says nothing (`MyFunction.apply` has `*args`).
    """
    signature = _signature(function)
    if signature is None:
        return None
    parameters = signature.parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return tuple(p.name for p in positional if not required or p.default is p.empty)


def takes_by_name(function: Callable[..., Any], names: Collection[str]) -> bool:
    """Whether a function has parameters of these names that can be passed as keywords.

    False where the signature cannot be had, or takes anything and says nothing (`MyFunction.apply`).
    """
    signature = _signature(function)
    if signature is None:
        return False
    parameters = signature.parameters.values()
    kinds = {p.kind for p in parameters}
    known = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    anything = inspect.Parameter.VAR_KEYWORD in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds
    return anything or set(names) <= known


def as_array(tensor: torch.Tensor) -> NDArray:
    """The tensor's numbers as NumPy holds them exactly: float64 for floating-point tensors, else its own dtype."""
    return as_float64(tensor) if tensor.is_floating_point() else tensor.detach().numpy().copy()


def as_float64(tensor: torch.Tensor) -> NDArray[np.float64]:
    """The tensor's numbers as a fresh float64 array."""
    return tensor.detach().to(torch.float64, copy=True).numpy()


def distance(left: NDArray, right: NDArray) -> float:
    """The largest distance between entries: 0.0 for the same numbers (NaN equals NaN), infinite for two shapes."""
    if left.shape != right.shape:
        return float("inf")
    differ = _unlike(left, right)
    if not differ.any():
        return 0.0
    with np.errstate(invalid="ignore"):
        gaps = np.abs(left[differ].astype(np.float64) - right[differ].astype(np.float64))
    return float(np.max(np.where(np.isnan(gaps), np.inf, gaps)))


def _unlike(left: NDArray, right: NDArray) -> NDArray[np.bool_]:
    """The entries that are not the same number; NaN twice is the same answer."""
    return np.asarray((left != right) & ~((left != left) & (right != right)))


def tensor_distance(left: torch.Tensor, right: torch.Tensor) -> float:
    """The same for tensors, of which most are equal."""
    same = left.shape == right.shape and torch.equal(left, right)
    return 0.0 if same else distance(as_array(left), as_array(right))


def _for_torch(array: NDArray) -> NDArray:
    """The array, or a copy where torch cannot read it: where it is read-only, or lies backwards."""
    ready = np.require(array, requirements=["C", "W"])
    return ready.copy() if any(stride < 0 for stride in ready.strides) else ready


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    # A module's own __call__ takes *args; the parameters are those of its forward.
    described = function.forward if isinstance(function, torch.nn.Module) else function
    try:
        return inspect.signature(described)
    except (ValueError, TypeError):
        return None  # functions in C need not have one


@contextmanager
def drawing_from(seed: int) -> Iterator[None]:
    """Random numbers come from this seed, and torch's generator is left as it was found."""
    generator = torch.default_generator
    state = generator.get_state()
    generator.manual_seed(seed)
    try:
        yield
    finally:
        generator.set_state(state)
