"""Tensors as functions from indices to scalar expressions: how formulas and operators are written down.

    Tensor((rows, columns), lambda i, k: total(inner, lambda j: left[i, j] * right[j, k]))

An entry is a scalar SymPy expression in which `Entry` stands for an entry of a named tensor and `Reduction` for a
sum over bound indices. `lowering.py` turns such tensors into comprehensions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sympy import Basic, Dummy, Expr, Integer, Symbol, Tuple, false, true
from sympy.core.symbol import Str

from verifier.symbolic.complex_number import Complex
from verifier.symbolic.program import Shape


class Entry(Expr):
    """An entry of a named tensor: `A[i, j]`. A real scalar.

    args: the tensor's name, its indices, the fill (an empty Tuple where indices never leave the tensor), and
    whether it is detached.
    """

    is_commutative = True
    is_real = True

    def __new__(cls, tensor: Str, index: Tuple, fill: Tuple | None = None, detached: Basic = false) -> Entry:
        """`tensor` may be given as a string, `index` as any iterable."""
        tensor = tensor if isinstance(tensor, Str) else Str(tensor)
        return Expr.__new__(cls, tensor, Tuple(*index), fill or Tuple(), detached)

    @property
    def tensor(self) -> str:
        """The tensor's name."""
        return self.args[0].name

    @property
    def index(self) -> tuple[Expr, ...]:
        """The index expressions."""
        return tuple(self.args[1])

    @property
    def fill(self) -> Expr | None:
        """The value outside of the tensor; None where the indices stay inside."""
        return self.args[2][0] if self.args[2] else None

    @property
    def detached(self) -> bool:
        """Whether derivatives do not pass."""
        return self.args[3] == true

    def _sympystr(self, printer: Any) -> str:
        entry = f"{self.tensor}[{', '.join(map(printer.doprint, self.index))}]"
        return f"Detached({entry})" if self.detached else entry


class Binder(Expr):
    """Something made of `body` at all values of bound indices, each from 0 to its extent - 1. A real scalar.

    args: the body, then a pair (index, extent) for each bound index.
    """

    is_commutative = True
    is_real = True
    sign: str

    @property
    def body(self) -> Expr:
        """What the indices are bound in."""
        return self.args[0]

    @property
    def bound(self) -> tuple[tuple[Symbol, Expr], ...]:
        """The bound indices with their extents."""
        return tuple((pair[0], pair[1]) for pair in self.args[1:])

    @property
    def free_symbols(self) -> set[Basic]:
        """The symbols of the body and the extents without the bound ones."""
        extents = set().union(*(extent.free_symbols for _, extent in self.bound))
        return (self.body.free_symbols - {index for index, _ in self.bound}) | extents

    def _sympystr(self, printer: Any) -> str:
        bound = ", ".join(f"{i} < {n}" for i, n in self.bound)
        return f"{self.sign}({printer.doprint(self.body)}, {bound})"


class Reduction(Binder):
    """The sum of `body` over bound indices."""

    sign = "Σ"


class Multiplication(Binder):
    """The product of `body` over one bound index."""

    sign = "Π"


@dataclass(frozen=True)
class Tensor:
    """A tensor of `shape` whose entry at an index is `entry(*index)`: an expression, or a pair if it is `Complex`."""

    shape: Shape
    entry: Callable[..., Any]

    def __post_init__(self) -> None:
        # SymPy's explicit matrices have Python's own integers for extents.
        object.__setattr__(self, "shape", tuple(n if isinstance(n, Expr) else Integer(n) for n in self.shape))

    def __getitem__(self, index: Expr | tuple[Expr, ...]) -> Any:
        index = index if isinstance(index, tuple) else (index,)
        if len(index) != len(self.shape):
            raise IndexError(f"{len(index)} indices were given for a tensor of order {len(self.shape)}")
        return self.entry(*index)


def named(name: str, shape: Iterable[Expr | int], *, detached: bool = False) -> Tensor:
    """The tensor of that name in the program."""
    return Tensor(tuple(shape), lambda *index: Entry(name, index, detached=true if detached else false))


def scalar(entry: Expr) -> Tensor:
    """A tensor of order 0."""
    return Tensor((), lambda: entry)


def fresh_index() -> Dummy:
    """An index symbol that occurs nowhere else (SymPy's cache hands back old dummies only inside old expressions)."""
    return Dummy("j", integer=True, nonnegative=True)


def total(extent: Expr, body: Callable[[Expr], Any]) -> Any:
    """The sum of body(j) for j from 0 to extent - 1."""
    bound = fresh_index()
    summand = body(bound)
    if isinstance(summand, Complex):
        return summand.map(lambda part: Reduction(part, Tuple(bound, extent)))
    return Reduction(summand, Tuple(bound, extent))


def multiplied(extent: Expr, body: Callable[[Expr], Expr]) -> Expr:
    """The product of body(j) for j from 0 to extent - 1."""
    bound = fresh_index()
    return Multiplication(body(bound), Tuple(bound, extent))
