"""What the definition of an operator is: its formula over entries, and samples that test it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from verifier.symbolic.tensor import Tensor

Kind = Literal["real", "complex", "integer", "boolean"]
Form = Literal["any", "hermitian", "definite", "lower", "sparse"]


@dataclass(frozen=True)
class Operand(Tensor):
    """A tensor that an operator reads, with the name of its dtype ("float32").

    Entries of floating and complex tensors may vary; those of integer and boolean ones are constants, 0 and 1 for
    False and True, and may stand in an index.
    """

    dtype: str = "float64"

    @property
    def floating(self) -> bool:
        """Whether it holds real floating-point numbers."""
        return self.dtype.startswith(("float", "bfloat"))

    @property
    def complex(self) -> bool:
        """Whether its entries are pairs."""
        return self.dtype.startswith("complex")


@dataclass(frozen=True)
class Drawn:
    """Random numbers for a sample: uniform in [low, high), integers likewise; `distinct` keeps them well apart.

    form: the matrices that an operator is for. What varies are arbitrary matrices M, and the operator is called with
    (M + Mᴴ)/2, or M·Mᴴ + 1, or the lower triangle of M, or every other entry of M, as CSR, without its second row: it
    is differentiated within its domain.
    """

    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0
    kind: Kind = "real"
    distinct: bool = False
    form: Form = "any"


@dataclass(frozen=True)
class Given:
    """Given numbers for a sample, as nested lists; they take part in the derivative if `varies`."""

    numbers: Any
    dtype: str = "float64"
    varies: bool = False


@dataclass(frozen=True)
class Sample:
    """One call of an operator: the overload ("add.Tensor"), and its arguments by the schema.

    `Drawn` and `Given` stand for tensors, also inside of lists, and the name of a dtype stands for it; everything else
    is passed as it is. only: which of several results are looked at; all of them if it is empty.
    """

    overload: str
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any] = field(default_factory=dict)
    only: tuple[int, ...] = ()


@dataclass(frozen=True)
class Op:
    """An operator of torch, defined entry by entry. Nobody writes a derivative.

    names: what it defines: "add" stands for all overloads of `aten::add`, "max.dim" for one; the in-place and `out=`
        variants are defined with them. Another namespace is written out: "torchvision::nms".
    define: takes the arguments of the schema by position, keyword-only ones by keyword, and returns a `Tensor`, or a
        tuple of them for several results (None for one that is not differentiable). It may have two more parameters:
        `scope`, a `Scope`, for definitions that are no entries; `results`, the recorded results that are integers or
        booleans, as `Operand` (None for the others): which entries were chosen, what was drawn; the results of
        factorizations, which say which one of several is meant; and after them what was written into buffers.
    samples: calls that test the definition, its values and both derivative modes.
    """

    names: tuple[str, ...]
    define: Callable[..., Any]
    samples: tuple[Sample, ...]


def op(*names: str, define: Callable[..., Any], samples: tuple[Sample, ...]) -> Op:
    """An operator under one or more names; see `Op`."""
    return Op(names, define, samples)


def sample(overload: str, *arguments: Any, **keywords: Any) -> Sample:
    """One call of an operator; see `Sample`."""
    return Sample(overload, arguments, keywords)


def real(*shape: int, low: float = -2.0, high: float = 2.0, distinct: bool = False) -> Drawn:
    """Random real numbers."""
    return Drawn(shape, low, high, distinct=distinct)


def positive(*shape: int, low: float = 0.3, high: float = 2.5) -> Drawn:
    """Random positive numbers."""
    return Drawn(shape, low, high)


def pairs(*shape: int, low: float = -2.0, high: float = 2.0) -> Drawn:
    """Random complex numbers."""
    return Drawn(shape, low, high, "complex")


def integers(*shape: int, low: int = 0, high: int = 4) -> Drawn:
    """Random integers."""
    return Drawn(shape, low, high, "integer")


def booleans(*shape: int) -> Drawn:
    """Random booleans."""
    return Drawn(shape, 0, 2, "boolean")


def matrices(*shape: int, form: Form, kind: Kind = "real") -> Drawn:
    """Random matrices of a form; see `Drawn`."""
    return Drawn(shape, -2.0, 2.0, kind, form=form)
