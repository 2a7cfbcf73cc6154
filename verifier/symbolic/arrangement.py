"""Entries moved to other places: reshapes, slices, concatenations and padding of real and complex tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from sympy import Expr, Integer, Tuple

from verifier.symbolic.assembly import Part, assembly
from verifier.symbolic.complex_number import exactly, imag, real
from verifier.symbolic.region import Region, slice_region, whole
from verifier.symbolic.reshape import Reshape
from verifier.symbolic.scope import Scope, is_complex, paired
from verifier.symbolic.strided import Strided
from verifier.symbolic.tensor import Entry, Tensor


def extents(tensor: Tensor) -> tuple[int, ...]:
    """The shape as Python's own integers."""
    return tuple(map(int, tensor.shape))


def by_parts(change: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
    """What a linear function of real tensors makes of their real parts, paired with the same of the imaginary ones."""
    if not any(map(is_complex, tensors)):
        return change(*tensors)
    return paired(change(*(_part(t, real) for t in tensors)), change(*(_part(t, imag) for t in tensors)))


def _part(tensor: Tensor, part: Callable[[object], Expr]) -> Tensor:
    return Tensor(tensor.shape, lambda *at: part(tensor.entry(*at)))


def reshaped(tensor: Tensor, shape: Sequence[int], scope: Scope) -> Tensor:
    """The same entries in row-major order under another shape; -1 stands for what is left."""
    whole_shape = filled_in(shape, math.prod(extents(tensor)))
    target = tuple(map(Integer, whole_shape))
    if target == tensor.shape:
        return tensor
    return by_parts(lambda part: scope.add(Reshape(scope.name(part), target), "reshaped"), tensor)


def filled_in(shape: Sequence[int], size: int) -> tuple[int, ...]:
    """A shape of so many entries, with the extent that -1 stands for."""
    known = math.prod(n for n in shape if n != -1)
    return tuple(size // known if n == -1 else int(n) for n in shape)


def flattened(tensor: Tensor, start: int, scope: Scope) -> Tensor:
    """The axes from `start` on as one."""
    return reshaped(tensor, (*extents(tensor)[:start], math.prod(extents(tensor)[start:])), scope)


def sliced(tensor: Tensor, axis: int, start: int, length: int, step: int = 1) -> Tensor:
    """The entries start, start + step, ... along an axis."""
    shape = (*tensor.shape[:axis], Integer(length), *tensor.shape[axis + 1 :])
    return Tensor(shape, lambda *at: tensor.entry(*at[:axis], start + step * at[axis], *at[axis + 1 :]))


def permuted(tensor: Tensor, order: Sequence[int]) -> Tensor:
    """The tensor whose axis k is the axis order[k] of the given one."""
    places = [tuple(order).index(axis) for axis in range(len(order))]
    return Tensor(tuple(tensor.shape[axis] for axis in order), lambda *at: tensor.entry(*(at[k] for k in places)))


def viewed(tensor: Tensor, region: Region, scope: Scope) -> Tensor:
    """The entries that a region names."""
    return by_parts(lambda part: scope.add(Strided(scope.name(part), region), "view"), tensor)


def placed(shape: Sequence[int], parts: Sequence[tuple[Region, Tensor]], scope: Scope) -> Tensor:
    """Zeros with tensors written over them, one after another, each at a region."""

    def write(*tensors: Tensor) -> Tensor:
        written = [Part(region, scope.name(tensor)) for (region, _), tensor in zip(parts, tensors, strict=True)]
        return scope.add(assembly(tuple(shape), written), "assembled")

    return by_parts(write, *(tensor for _, tensor in parts))


def overwritten(tensor: Tensor, region: Region, values: Tensor, scope: Scope) -> Tensor:
    """A tensor with others in place of the entries that a region names."""
    shape = extents(tensor)
    return placed(shape, [(whole(shape), tensor), (region, values)], scope)


def joined(tensors: Sequence[Tensor], axis: int, scope: Scope) -> Tensor:
    """Tensors one after another along an axis."""
    if len(tensors) == 1:
        return tensors[0]
    lengths = [extents(tensor)[axis] for tensor in tensors]
    shape = (*extents(tensors[0])[:axis], sum(lengths), *extents(tensors[0])[axis + 1 :])
    starts = [sum(lengths[:k]) for k in range(len(lengths))]
    regions = [slice_region(shape, axis, start, n) for start, n in zip(starts, lengths, strict=True)]
    return placed(shape, list(zip(regions, tensors, strict=True)), scope)


def padded(tensor: Tensor, scope: Scope, fill: Expr | float = 0) -> Tensor:
    """The same tensor, read as `fill` where an index leaves it."""

    def reading(part: Tensor, outside: Expr) -> Tensor:
        name = scope.name(part)
        return Tensor(part.shape, lambda *at: Entry(name, at, Tuple(outside)))

    if not is_complex(tensor):
        return reading(tensor, real(exactly(fill)))
    return paired(*(reading(_part(tensor, part), part(exactly(fill))) for part in (real, imag)))


def replicated(tensor: Tensor, axis: int, before: int, after: int, scope: Scope) -> Tensor:
    """An axis with its first and its last entry repeated so often; negative numbers cut entries off."""
    length = extents(tensor)[axis]
    first = sliced(tensor, axis, 0, max(before, 0), 0)
    last = sliced(tensor, axis, length - 1, max(after, 0), 0)
    return _surrounded(first, _cut(tensor, axis, before, after), last, axis, scope)


def reflected(tensor: Tensor, axis: int, before: int, after: int, scope: Scope) -> Tensor:
    """An axis continued by its mirror images, without the entry at the mirror; negative numbers cut entries off."""
    length = extents(tensor)[axis]
    first = sliced(tensor, axis, before, max(before, 0), -1)
    last = sliced(tensor, axis, length - 2, max(after, 0), -1)
    return _surrounded(first, _cut(tensor, axis, before, after), last, axis, scope)


def _cut(tensor: Tensor, axis: int, before: int, after: int) -> Tensor:
    return sliced(tensor, axis, max(-before, 0), extents(tensor)[axis] + min(before, 0) + min(after, 0))


def _surrounded(first: Tensor, core: Tensor, last: Tensor, axis: int, scope: Scope) -> Tensor:
    return joined([part for part in (first, core, last) if part.shape[axis] != 0], axis, scope)
