"""Any torch code as a function of real tensors that returns one real tensor.

What is packed: tensors in nested tuples, lists and mappings; complex tensors, as pairs of real numbers along a last
axis (torch's gradient by a complex tensor, ∂L/∂re + i·∂L/∂im, is then the gradient by the pairs); tensors that require
grad and that the function holds itself, which become inputs; several results, which become one vector.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch.utils._pytree import SequenceKey, TreeSpec, tree_flatten_with_path, tree_leaves, tree_unflatten

from verifier.candidate.candidate import SEED, drawing_from, name_of, parameter_names, takes_by_name
from verifier.candidate.preserved import preserved
from verifier.trace.kept import kept_by
from verifier.trace.tracer import Tracer


@dataclass(frozen=True)
class Packed:
    """A function that is called with real tensors by name, and returns one.

    function: the code itself. leaves, tree: its positional arguments, flat, tensors included. places: for each input
    its place among the leaves. keywords: passed as they are. pairs: the inputs that are complex for the function.
    held: tensors that the function holds itself, by the names of the inputs that stand for them.
    """

    function: Callable[..., Any]
    leaves: tuple[Any, ...]
    tree: TreeSpec
    places: Mapping[str, int]
    keywords: Mapping[str, Any] = field(default_factory=dict)
    pairs: frozenset[str] = frozenset()
    held: Mapping[str, torch.Tensor] = field(default_factory=dict)

    @property
    def __name__(self) -> str:
        """The name of the code."""
        return name_of(self.function)

    def __call__(self, **tensors: torch.Tensor) -> Any:
        """The results as one tensor; whatever else the function returned where nothing of it can be differentiated."""
        result = self.result(tensors)
        found = differentiable(result)
        return joined(found) if found else result

    def results(self, tensors: Mapping[str, torch.Tensor]) -> list[torch.Tensor]:
        """The floating-point and complex tensors that the function returns, in order."""
        return differentiable(self.result(tensors))

    def result(self, tensors: Mapping[str, torch.Tensor]) -> Any:
        """Whatever the function returns."""
        given = list(self.leaves)
        for name, place in self.places.items():
            given[place] = torch.view_as_complex(tensors[name]) if name in self.pairs else tensors[name]
        arguments, keywords = tree_unflatten(given, self.tree)
        with self.exchanged(tensors):
            return self.function(*arguments, **keywords, **self.keywords)

    @contextmanager
    def exchanged(self, tensors: Mapping[str, torch.Tensor]) -> Iterator[Mapping[str, torch.Tensor]]:
        """Let the function find the tensors in place of its own; see `Candidate.exchanged`."""
        with substituted({held: tensors[name] for name, held in self.held.items()}):
            yield {**tensors, **self.held}


def pack(
    function: Callable[..., Any], arguments: Sequence[Any], names: Sequence[str], keywords: Mapping[str, Any]
) -> tuple[Packed, dict[str, torch.Tensor]]:
    """A function with its arguments as a packed one, and the tensors among them by name, complex ones as pairs.

    A sparse tensor and the like that needs no gradient is passed as it is, as a part of the function.

    names: of the arguments; a tensor inside of one is called by its path, `batch.0` or `state.hidden`. Keywords that
    hold tensors are treated likewise.
    """
    inside = {name: value for name, value in keywords.items() if any(map(_is_input, tree_leaves(value)))}
    found, tree = tree_flatten_with_path((tuple(arguments), inside))
    places, tensors = {}, {}
    for place, (path, leaf) in enumerate(found):
        if _is_input(leaf):
            name = _called(path, names)
            places[name] = place
            tensors[name] = _as_pairs(leaf)
    pairs = frozenset(name for name, place in places.items() if found[place][1].is_complex())
    rest = {name: value for name, value in keywords.items() if name not in inside}
    return Packed(function, tuple(leaf for _, leaf in found), tree, places, rest, pairs), tensors


@dataclass(frozen=True)
class Call:
    """A packed function with the tensors that it is called with, by name."""

    function: Packed
    tensors: Mapping[str, torch.Tensor]


def packed_call(function: Callable[..., Any], inputs: Any, kwargs: Mapping[str, Any] | None) -> Call | None:
    """A call of any torch code as one of a packed function; None where it is plain already, or does not run.

    inputs: a tensor, a sequence whose items may hold tensors, or a mapping from the parameters' names to such.
    """
    arguments, names, keywords = _arranged(function, inputs, kwargs or {})
    packed, tensors = pack(function, arguments, names, keywords)
    try:
        with preserved(function, keywords):
            found, result = _seen(packed, tensors)
    except (Exception, SystemExit):
        return None  # whoever calls it next says what is wrong
    called = holders(function)
    held = {called.get(id(tensor), name): tensor for name, tensor in found.items()}
    plain = {str(name) for name in names} | keywords.keys()
    is_plain = (_is_tensor(result) and not result.is_complex()) or not differentiable(result)
    is_plain = is_plain and not packed.pairs and tensors.keys() <= plain and _are_inputs(arguments, keywords)
    if not held and (is_plain or not tensors):
        return None
    whole = replace(packed, held=held)
    return Call(whole, {**tensors, **held})


def _arranged(
    function: Callable[..., Any], inputs: Any, kwargs: Mapping[str, Any]
) -> tuple[list[Any], Sequence[str], dict[str, Any]]:
    """The positional arguments of a call, their names, and the keywords."""
    if isinstance(inputs, Mapping):
        named = {str(name): value for name, value in inputs.items()}
        if takes_by_name(function, named):
            return [], [], {**named, **kwargs}
        return [*named.values()], [*named], {**kwargs}
    arguments = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    known = parameter_names(function) or ()
    names = known[: len(arguments)] if len(known) >= len(arguments) else [f"x{k}" for k in range(len(arguments))]
    return arguments, names, {**kwargs}


def _seen(packed: Packed, tensors: Mapping[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], Any]:
    """One run: the tensors that the function holds itself and that require grad, and its result.

    What the function writes to is put back.
    """
    fresh = {name: tensor.detach().clone().requires_grad_(tensor.requires_grad) for name, tensor in tensors.items()}
    tracer = Tracer({name: tensor for name, tensor in fresh.items() if tensor.requires_grad})
    results: list[Any] = []

    def run() -> None:
        with drawing_from(SEED), tracer:
            results.append(packed.result(fresh))

    kept_by(run, fresh.values())
    return tracer.closed_over, results[-1]


def joined(results: Sequence[torch.Tensor]) -> torch.Tensor:
    """Several or complex results as one vector of real numbers, one after the other; one real result as it is."""
    if len(results) == 1 and not results[0].is_complex():
        return results[0]
    return torch.cat([_flat(tensor) for tensor in results])


def _flat(tensor: torch.Tensor) -> torch.Tensor:
    """The numbers in order; complex ones as pairs, by a copy: a cotangent of a view has to lie at even places."""
    parts = torch.stack((tensor.real, tensor.imag), dim=-1) if tensor.is_complex() else tensor
    return parts.reshape(-1)


def differentiable(result: Any) -> list[torch.Tensor]:
    """The floating-point and complex tensors in what a function returned."""
    return [t for t in tree_leaves(result) if _is_tensor(t) and (t.is_floating_point() or t.is_complex())]


@contextmanager
def substituted(replacements: Mapping[torch.Tensor, torch.Tensor]) -> Iterator[None]:
    """Let other tensors stand where a function finds its own: for so long the objects exchange their contents.

    This is `torch.utils.swap_tensors`, which refuses tensors that a graph still holds; here they are put back.
    """
    swapped: list[tuple[torch.Tensor, torch.Tensor]] = []
    try:
        for own, other in replacements.items():
            torch._C._swap_tensor_impl(own, other)
            swapped.append((own, other))
        yield
    finally:
        for own, other in reversed(swapped):
            torch._C._swap_tensor_impl(own, other)


def holders(function: Callable[..., Any]) -> dict[int, str]:
    """The names under which a function holds tensors of its own, by their identity: parameters, closed-over names."""
    found: dict[int, str] = {}
    owner = getattr(function, "__self__", None)
    for module in (function, owner, *_closed_over(function).values()):
        if isinstance(module, torch.nn.Module):
            for name, parameter in module.named_parameters():
                found.setdefault(id(parameter), name)
    for name, value in {**getattr(owner, "__dict__", {}), **_closed_over(function)}.items():
        if _is_tensor(value):
            found.setdefault(id(value), name)
    return found


def _closed_over(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        variables = inspect.getclosurevars(function)
    except (TypeError, ValueError):
        return {}
    return {**variables.globals, **variables.nonlocals, **_defaults(function)}


def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """What parameters stand for by themselves."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def _called(path: tuple[Any, ...], names: Sequence[str]) -> str:
    """The name of a leaf: of the argument that it is, and the keys on the way into it."""
    group, first, *rest = path
    head = names[first.idx] if group == SequenceKey(0) else str(first.key)
    return ".".join([head, *(str(getattr(key, "idx", getattr(key, "key", key))) for key in rest)])


def _as_pairs(tensor: torch.Tensor) -> torch.Tensor:
    if not tensor.is_complex():
        return tensor
    pairs = torch.view_as_real(tensor.detach().resolve_conj())
    return pairs.requires_grad_(tensor.requires_grad)


def _are_inputs(arguments: Sequence[Any], keywords: Mapping[str, Any]) -> bool:
    """Whether all arguments are inputs, and all tensors among the keywords."""
    return all(map(_is_input, arguments)) and all(_is_input(v) for v in tree_leaves({**keywords}) if _is_tensor(v))


def _is_input(value: Any) -> bool:
    """Whether it is a tensor in question, or one whose numbers may be held in an array."""
    if not _is_tensor(value):
        return False
    plain = value.layout == torch.strided and not (value.is_quantized or value.is_nested or value.is_meta)
    return value.requires_grad or plain


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)
