"""Tensors that solve an equation between tensors, written down entry by entry; real or complex, in batches.

    implicit(lambda X, A: product(A, X) - identity, (matrix,), matrix.shape, scope)

A complex unknown is packed into one real tensor with pairs along a last axis, and so is its residual.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sympy import Expr, Integer

from verifier.symbolic.approximation import Approximation, Method
from verifier.symbolic.blocks import blocks
from verifier.symbolic.complex_number import Complex, imag, real
from verifier.symbolic.equation import equation
from verifier.symbolic.lowering import Lowering
from verifier.symbolic.program import Builder, Shape
from verifier.symbolic.scope import Scope, is_complex, paired, parts
from verifier.symbolic.tensor import Tensor, fresh_index, named

#: Where the parts of a residual begin, and what they are.
Parts = Mapping[tuple[Expr | int, ...], Tensor]


def implicit(
    residual: Callable[..., Tensor | Parts],
    operands: Sequence[Tensor],
    shape: Shape,
    scope: Scope,
    *,
    pairs: bool | None = None,
    method: Method | None = None,
    near: Tensor | None = None,
    name: str = "solution",
) -> Tensor:
    """The tensor U of `shape` for which residual(U, *operands) is zero: a tensor of as many entries, or its parts.

    pairs: whether it is complex; by default if one of the operands is. Where the residual is not affine, `near` is a
    constant that approximates the solution, or `method` says how it is approximated; then the residual is called as
    residual(U, start, *operands) with the approximation.
    """
    pairs = any(map(is_complex, operands)) if pairs is None else pairs
    operands = [scope.settled(operand) for operand in operands]
    inner = Builder()
    outside: dict[str, str] = {}
    local = [_local(operand, inner, outside, scope) for operand in operands]
    full = (*shape, Integer(2)) if pairs else shape
    start = None
    if method is not None or near is not None:
        start = _start(near, pairs, scope) if method is None else _approximation(method, operands, full, pairs, scope)
        begun = inner.give("start", full)
        outside[begun] = start
        local.insert(0, _unpacked(named(begun, full, detached=True), pairs))
    unknown = inner.give(name, full)
    found = residual(_unpacked(named(unknown, full), pairs), *local)
    lowering = Lowering(inner)
    if isinstance(found, Tensor):
        output = packed(found, lowering) if pairs else lowering.define(found, "residual")
    else:
        output = _together(found, full, pairs, lowering)
    solution = scope.add(equation(inner.build(), output, unknown, outside, full, start), name)
    return _unpacked(solution, pairs)


def approximated(method: Method, operands: Sequence[Tensor], shape: Shape, pairs: bool, scope: Scope) -> Tensor:
    """What a method of float64 makes of tensors, as a constant; complex if `pairs`."""
    full = (*shape, Integer(2)) if pairs else shape
    name = _approximation(method, [scope.settled(operand) for operand in operands], full, pairs, scope)
    return _unpacked(named(name, full, detached=True), pairs)


def assembled(found: Parts, shape: Shape, scope: Scope) -> Tensor:
    """The tensor of `shape` that consists of parts, each from an index on."""
    pairs = any(map(is_complex, found.values()))
    full = (*shape, Integer(2)) if pairs else shape
    return _unpacked(named(_together(found, full, pairs, scope.lowering), full), pairs)


def _start(near: Tensor | None, pairs: bool, scope: Scope) -> str:
    assert near is not None
    return packed(near, scope.lowering) if pairs else scope.name(near)


def _approximation(method: Method, operands: Sequence[Tensor], full: Shape, pairs: bool, scope: Scope) -> str:
    names = tuple(packed(operand, scope.lowering) if pairs else scope.name(operand) for operand in operands)
    return scope.builder.define(Approximation(method, names, full, pairs), "start")


def packed(tensor: Tensor, lowering: Lowering) -> str:
    """A complex tensor, or a real one as such, as one real tensor with pairs along a last axis."""
    shape = (*tensor.shape, Integer(2))
    return _together({(0,) * len(tensor.shape): tensor}, shape, True, lowering)


def _together(found: Parts, shape: Shape, pairs: bool, lowering: Lowering) -> str:
    """The parts of a tensor as one real one."""
    placed: dict[tuple[Expr | int, ...], str] = {}
    for offset, part in found.items():
        if not pairs:
            placed[offset] = lowering.define(part, "part")
            continue
        for number, take in enumerate((real, imag)):
            layer = _layer(part, take)
            if layer.entry(*(fresh_index() for _ in layer.shape)) != 0:
                placed[(*offset, number)] = lowering.define(layer, "part")
    return blocks(placed, shape, lowering.builder)


def _layer(tensor: Tensor, take: Callable[..., Expr]) -> Tensor:
    """The real or the imaginary part with a last axis of extent 1."""
    return Tensor((*tensor.shape, Integer(1)), lambda *at: take(tensor.entry(*at[:-1])))


def _unpacked(tensor: Tensor, pairs: bool) -> Tensor:
    if not pairs:
        return tensor
    return Tensor(tensor.shape[:-1], lambda *at: Complex(tensor[(*at, Integer(0))], tensor[(*at, Integer(1))]))


def _local(operand: Tensor, inner: Builder, outside: dict[str, str], scope: Scope) -> Tensor:
    """A tensor of the program as an input of the residual."""

    def given(part: Tensor) -> Tensor:
        name = inner.give("operand", part.shape)
        outside[name] = scope.name(part)
        return named(name, part.shape)

    return paired(*map(given, parts(operand))) if is_complex(operand) else given(operand)
