"""What a definition may add to the program that it becomes part of, beside the entries that it returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from sympy import Expr, Integer, Max, Tuple, oo

from verifier.symbolic.complex_number import Complex, exactly
from verifier.symbolic.lowering import Lowering, Scattering
from verifier.symbolic.program import Builder, Definition
from verifier.symbolic.selection import Argmax, Floor, Latest
from verifier.symbolic.tensor import Entry, Tensor, fresh_index, named


@dataclass(frozen=True)
class Scope:
    """A program under construction. Tensors may be real or complex; a complex one is two tensors of the program."""

    lowering: Lowering

    @property
    def builder(self) -> Builder:
        """The program itself."""
        return self.lowering.builder

    def add(self, definition: Definition, name: str) -> Tensor:
        """A definition of any kind, as a tensor of the program."""
        return named(self.builder.define(definition, name), definition.shape)

    def name(self, tensor: Tensor, name: str = "t") -> str:
        """The name of a real tensor in the program; it is defined if it has none yet."""
        return self.lowering.define(tensor, name)

    def settled(self, tensor: Tensor, name: str = "t") -> Tensor:
        """The same tensor, each entry computed once and read from then on."""
        return self._by_parts(tensor, lambda part: self.lowering.settled(part, name))

    def detached(self, tensor: Tensor) -> Tensor:
        """The same values with derivative zero."""
        return self._by_parts(tensor, self.lowering.detached)

    def scattered(
        self,
        shape: Sequence[Expr | int],
        extents: Sequence[Expr | int],
        body: Scattering,
        name: str = "t",
    ) -> Tensor:
        """Zeros, with the entry of body(i, j, ...) = (place, entry) added at its place for all indices below extents.

        What falls outside of the tensor is dropped.
        """
        whole, domain = tuple(map(Integer, shape)), tuple(map(Integer, extents))
        return named(self.lowering.scattered(whole, domain, body, name), whole)

    def largest(self, rows: Tensor) -> Tensor:
        """The largest entry along the last axis of a real tensor: a tournament of maxima of two.

        So ties are kinks like any other, and every way of dividing the gradient of one is found. A maximum of n has
        about log2(n) rounds, and NaN is no number to win.
        """
        rows = self.settled(rows)
        while (length := int(rows.shape[-1])) > 1:
            half, name = (length + 1) // 2, self.name(rows)
            rows = self.settled(Tensor((*rows.shape[:-1], Integer(half)), partial(_better, name, half)), "largest")
        return Tensor(rows.shape[:-1], lambda *at: rows[(*at, Integer(0))])

    def shift(self, rows: Tensor) -> Tensor:
        """The largest entry along the last axis, held constant: for shifts that cancel."""
        return self._chosen(self.settled(rows), detached=True)

    def whole(self, tensor: Tensor) -> Tensor:
        """The integers at or below the entries of a real tensor, for indices: they have no derivative."""
        return self.add(Floor(self.name(tensor), tensor.shape), "whole")

    def latest(self, tensor: Tensor) -> Tensor:
        """1 for the last of the entries that are the same number, in row-major order, and 0 for those before it."""
        return self.add(Latest(self.name(tensor), tensor.shape), "latest")

    def _chosen(self, rows: Tensor, *, detached: bool) -> Tensor:
        name = self.name(rows)
        place = self.builder.define(Argmax(name, rows.shape[:-1]), "argmax")
        values = named(name, rows.shape, detached=detached)
        return Tensor(rows.shape[:-1], lambda *at: values[(*at, Entry(place, at))])

    def _by_parts(self, tensor: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
        if not is_complex(tensor):
            return change(Tensor(tensor.shape, lambda *at: exactly(tensor.entry(*at))))
        re, im = (change(part) for part in parts(tensor))
        return paired(re, im)


def _better(name: str, half: int, *at: Expr) -> Expr:
    """The larger one of an entry and that half a row further on, which there may be none of."""
    beyond = Entry(name, (*at[:-1], at[-1] + half), Tuple(-oo))
    return Max(Entry(name, at), beyond, evaluate=False)


def is_complex(tensor: Tensor) -> bool:
    """Whether the entries of a tensor are pairs."""
    return isinstance(tensor.entry(*(fresh_index() for _ in tensor.shape)), Complex)


def parts(tensor: Tensor) -> tuple[Tensor, Tensor]:
    """The real and the imaginary part of a complex tensor."""
    return (
        Tensor(tensor.shape, lambda *at: exactly(tensor.entry(*at).re)),
        Tensor(tensor.shape, lambda *at: exactly(tensor.entry(*at).im)),
    )


def paired(re: Tensor, im: Tensor) -> Tensor:
    """The complex tensor of two real ones."""
    return Tensor(re.shape, lambda *at: Complex(re.entry(*at), im.entry(*at)))


def broadcast_shape(shapes: Iterable[tuple[Expr, ...]]) -> tuple[Expr, ...]:
    """The shape that tensors of number shapes have together, by the rule of NumPy and torch."""
    shapes = [tuple(shape) for shape in shapes]
    order = max(map(len, shapes), default=0)
    padded = [(Integer(1),) * (order - len(shape)) + shape for shape in shapes]
    return tuple(next((n for n in column if n != 1), Integer(1)) for column in zip(*padded, strict=True))


def broadcast(tensor: Tensor, shape: tuple[Expr, ...]) -> Tensor:
    """A tensor repeated along the axes that it lacks, and along those of extent 1."""
    lacking = len(shape) - len(tensor.shape)

    def entry(*at: Expr) -> Expr:
        own = at[lacking:]
        return tensor.entry(*(Integer(0) if n == 1 else i for i, n in zip(own, tensor.shape, strict=True)))

    return Tensor(shape, entry)


def entrywise(body: Callable[..., Expr], *operands: Tensor | Expr | float | None) -> Tensor:
    """The tensor of body(a, b, ...) at the entries of operands that broadcast; numbers stand for themselves."""
    shape = broadcast_shape(operand.shape for operand in operands if isinstance(operand, Tensor))
    spread = [broadcast(o, shape) if isinstance(o, Tensor) else exactly(o) for o in operands]
    return Tensor(shape, lambda *at: body(*(o.entry(*at) if isinstance(o, Tensor) else o for o in spread)))
