"""What a case is: a function, written down as a formula, as torch code, or both, whose gradient is put on trial."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Printed:
    """Numbers as somebody printed them: known to half a unit of the last digit shown."""

    value: NDArray[np.float64]
    half_unit: NDArray[np.float64]


def printed(text: str) -> Printed:
    """Numbers read from a print-out such as `[[0.4568, 0.3014], [0.9983, 0.9308]]`; brackets are optional.

    Each line (or each pair of inner brackets) is a row; a single number is a scalar, a single row is a vector.
    """
    rows = [re.findall(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?", row) for row in re.split(r"\]\s*,?\s*\[|\n", text)]
    rows = [row for row in rows if row]
    if not rows or len({len(row) for row in rows}) != 1:
        raise ValueError(f"rows of equal length were expected in {text!r}")
    value = np.array([[float(number) for number in row] for row in rows])
    half_unit = np.array([[_half_unit(number) for number in row] for row in rows])
    if len(rows) == 1:
        value, half_unit = value[0], half_unit[0]
    if value.size == 1 and "[" not in text:
        value, half_unit = value.reshape(()), half_unit.reshape(())
    return Printed(value, half_unit)


def _half_unit(number: str) -> float:
    mantissa, _, exponent = number.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 0.5 * 10.0 ** (int(exponent or 0) - decimals)


@dataclass(frozen=True)
class Fault:
    """The fault of a case that is wrong on purpose: who must be blamed, and on which input and entry.

    `blames` is a witness's name or "formula"; `input` and `index` are checked where they are given.
    """

    blames: str
    input: str | None = None
    index: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Case:
    """A function and what is to be checked of it. At least one of `formula` and `function` is needed.

    name: unique in its file; it is the test's id.
    formula: what SymPy users write: matrix expressions, `IndexedBase` and `Sum`, scalars, and the helpers
        `total`, `mean`, `Detached`.
    function: the torch code; its parameters carry the names of the formula's symbols. Without it the formula
        itself is run in torch.
    claims: closed forms of the gradient by some of the symbols, to be proven or refuted.
    inputs: values by symbol or name: nested lists, arrays, torch tensors or `Printed`. What is missing is sampled
        from the symbol's assumptions.
    sizes: numbers for extents that are symbols; each that is missing gets a small size of its own.
    wrt: the symbols to differentiate by; by default all floating-point inputs.
    printed: gradients that somebody printed, compared to the digits shown.
    dtype: of the sampled inputs: "float64", "float32", "float16" or "bfloat16".
    order: of the derivative that is checked; 2 asks for the double backward as well.
    atol, rtol, max_bits_lost: tolerances in place of the computed ones, as in `verifier.check`.
    fault: set in a case that is wrong on purpose.
    lesson: one or two sentences for the reader of a report.
    source: the file it was read from; filled in when a case file is read.
    """

    name: str
    formula: Any = None
    function: Callable[..., Any] | None = None
    claims: Mapping[Any, Any] = field(default_factory=dict)
    inputs: Mapping[Any, Any] = field(default_factory=dict)
    sizes: Mapping[Any, int] = field(default_factory=dict)
    wrt: Sequence[Any] | None = None
    printed: Mapping[Any, Printed] = field(default_factory=dict)
    dtype: str = "float64"
    order: int = 1
    seed: int = 0
    atol: float | None = None
    rtol: float | None = None
    max_bits_lost: float | None = None
    fault: Fault | None = None
    lesson: str = ""
    source: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return travelling(self)


@dataclass(frozen=True)
class Contract:
    """A promise that autograd makes about its own behaviour, and a way of seeing whether it keeps it.

    promise: one sentence, as the documentation (or somebody) has it.
    observe: torch code that acts it out and returns what was seen; its parameters are input names.
    expect: what must be seen; see `verifier.contract`.
    inputs: values by name, as in `Case`.
    refuted: the promise is somebody's claim, and the case shows that it does not hold: it is agreed when what is
        seen contradicts `promise` by meeting `expect`.
    """

    name: str
    promise: str
    observe: Callable[..., Any]
    expect: Any
    inputs: Mapping[Any, Any] = field(default_factory=dict)
    refuted: bool = False
    lesson: str = ""
    source: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return travelling(self)


def travelling(case: Case | Contract) -> tuple[Any, ...]:
    """How a case is sent to another process: as its file and name where it has them, for lambdas do not pickle."""
    if case.source is None:
        return type(case), tuple(getattr(case, part.name) for part in fields(case))
    from verifier.discover import case_named

    return case_named, (case.source, case.name)
