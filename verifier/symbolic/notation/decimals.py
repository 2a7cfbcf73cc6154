"""Numbers that come from floating-point code, as the decimals that were typed there."""

from __future__ import annotations

from sympy import Expr, Rational, Symbol

from verifier.symbolic.comprehension import Comprehension, comprehension
from verifier.symbolic.program import Program

#: Fractions whose denominator is a multiple of so large a power of two were not typed as fractions.
BINARY = 2**17


def with_decimals(program: Program) -> Program:
    """The program with letters that read 0.1 where it has 3602879701896397/36028797018963968: for readers alone."""
    return Program(
        program.inputs,
        tuple((name, _decimal(d) if isinstance(d, Comprehension) else d) for name, d in program.definitions),
    )


def _decimal(definition: Comprehension) -> Comprehension:
    letters = {number: _letter(number) for number in definition.body.atoms(Rational) if number.q % BINARY == 0}
    if not letters:
        return definition
    body = definition.body.xreplace(letters)
    return comprehension(
        definition.domain, definition.target, body, definition.reads, definition.shape, definition.pointers
    )


def _letter(number: Rational) -> Expr:
    letter = Symbol(f"{abs(float(number)):.6g}", positive=True)
    return letter if number > 0 else -letter
