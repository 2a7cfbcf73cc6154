"""Equations: a tensor defined as the solution of a square, non-singular system, and why its derivatives are such.

    out = the U with R(U, A, B, ...) = 0

By the implicit function theorem the cotangent of an operand needs one linear system with the transposed Jacobian of
R by U, and the tangent one with the Jacobian itself. Both are equations whose residuals are the derivatives of R, and
which read the solution as an operand, so that they can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from verifier.symbolic.comprehension import sum_of
from verifier.symbolic.derivative import forward, reverse
from verifier.symbolic.program import Builder, Contribution, Program, Shape


@dataclass(frozen=True)
class Equation:
    """The tensor `unknown`, of `shape`, for which the tensor `output` of the program `residual` is zero.

    bindings: for each other input of `residual`, the tensor outside that it stands for.
    start: the tensor outside that approximates the solution; None for a residual that is affine in the unknown.
    """

    residual: Program
    output: str
    unknown: str
    bindings: tuple[tuple[str, str], ...]
    shape: Shape
    start: str | None = None

    @cached_property
    def operands(self) -> tuple[str, ...]:
        """The tensors that the residual reads, each once, and the approximation."""
        begun = () if self.start is None else (self.start,)
        return tuple(dict.fromkeys([*(outer for _, outer in self.bindings), *begun]))

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """A_bar += (dR/dA)ᵀ·λ with the multiplier λ that solves (dR/dU)ᵀ·λ + out_bar = 0."""
        asked = [(local, outer) for local, outer in self.bindings if outer in active]
        derivation = reverse(self.residual, self.output, [self.unknown, *(local for local, _ in asked)])
        inner = Builder(derivation.adjoint)
        given = inner.give("out_bar", self.shape)
        by_unknown = derivation.gradients[self.unknown]
        assert by_unknown is not None
        balance = inner.define(sum_of([by_unknown, given], self.shape), "balance")
        outside = {**dict(self.bindings), self.unknown: name}
        multiplier = builder.define(
            equation(inner.build(), balance, derivation.cotangent, {**outside, given: cotangent}, self.shape),
            f"multiplier_{name}",
        )
        for local, outer in asked:
            gradient = derivation.gradients[local]
            if gradient is not None:
                known = {**outside, derivation.cotangent: multiplier}
                yield outer, builder.inline(derivation.adjoint, known, gradient)

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """out_dot solves dR/dU·out_dot + dR/dA·A_dot = 0."""
        varying = [local for local, outer in self.bindings if outer in tangents]
        if not varying:
            return None
        moved = self._dotted([*varying, self.unknown])
        program, output = forward(self.residual, self.output, moved)
        assert output is not None
        outside = {**dict(self.bindings), self.unknown: name}
        outside |= {moved[local]: tangents[dict(self.bindings)[local]] for local in varying}
        solved = equation(program, output, moved[self.unknown], outside, self.shape)
        return builder.define(solved, f"tangent_{name}")

    def _dotted(self, names: Sequence[str]) -> dict[str, str]:
        """A name for the tangent of each tensor, which the residual of a tangent may have already."""
        dotted: dict[str, str] = {}
        for name in names:
            candidate = f"{name}_dot"
            while candidate in self.residual.shapes or candidate in dotted.values():
                candidate += "_dot"
            dotted[name] = candidate
        return dotted

    def renamed(self, names: Mapping[str, str]) -> Equation:
        """The same equation in terms of other tensors."""
        bindings = tuple((local, names.get(outer, outer)) for local, outer in self.bindings)
        return replace(self, bindings=bindings, start=names.get(self.start, self.start) if self.start else None)


def equation(
    residual: Program,
    output: str,
    unknown: str,
    outside: Mapping[str, str],
    shape: Shape,
    start: str | None = None,
) -> Equation:
    """An equation without the definitions and inputs that its residual does not need.

    `outside` says, for inputs of the residual, which tensor each stands for; it may name more than are needed.
    """
    definitions = tuple(residual.needed_for([output]))
    used = {operand for _, definition in definitions for operand in definition.operands} | {output, unknown}
    inputs = tuple((name, extents) for name, extents in residual.inputs if name in used)
    bindings = tuple((name, outside[name]) for name, _ in inputs if name != unknown)
    return Equation(Program(inputs, definitions), output, unknown, bindings, shape, start)
