"""One term of the chain rule is missing, or has another sign or factor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from sympy import Add, Expr

from verifier.symbolic.comprehension import Comprehension, comprehension
from verifier.symbolic.derivative import Derivation
from verifier.symbolic.program import Builder, Program
from verifier.verdict.accusation import Accusation, Cause, Exhibit
from verifier.verdict.factors import factor_of_part
from verifier.verdict.slips import term_with_factor
from verifier.witness import Array

#: The most terms that are left out in turn.
MOST = 24


@dataclass(frozen=True)
class _Term:
    """A term of a sum in the reverse derivative: the program without it, and one in which `tensor` is the term."""

    without: Program
    alone: Program
    tensor: str


def explain(accusation: Accusation) -> Iterator[str]:
    """The gradient with a factor, or 0, at one term of one sum of its program.

    Contributions to one cotangent are such terms, and so are those of the product rule.
    """
    derivation = accusation.derivation
    wanted = derivation.gradients[accusation.input] if derivation else None
    if derivation is None or wanted is None:
        return
    for term in islice(_terms(derivation, wanted), MOST):
        if accusation.explained(partial(accusation.gradient, program=term.without, tensor=wanted)):
            yield f"a missing term: {accusation.words.it} lacks {_named(accusation, term)}"
            continue
        found = factor_of_part(accusation, partial(_split, accusation, derivation, wanted, term.without))
        if found is not None and found.value != 1:
            yield term_with_factor(accusation.words, _named(accusation, term), found.name) + found.aside


def _named(accusation: Accusation, term: _Term) -> str:
    return accusation.quoted(term.alone, term.tensor) or "one of the terms that the chain rule adds up"


def _split(
    accusation: Accusation, derivation: Derivation, wanted: str, without: Program, exhibit: Exhibit
) -> tuple[Array, Array]:
    """What the term adds to the gradient, and the rest of it."""
    rest = accusation.gradient(exhibit, without, wanted)
    return accusation.gradient(exhibit, derivation.adjoint, wanted) - rest, rest


def _terms(derivation: Derivation, wanted: str) -> Iterator[_Term]:
    """The last sums first: their terms are the ones that a person would write."""
    program = derivation.adjoint
    for name, definition in reversed(program.needed_for([wanted])):
        if name in derivation.program.defined or not isinstance(definition, Comprehension):
            continue
        addends = Add.make_args(definition.body.expand())
        if len(addends) < 2:
            continue
        for addend in addends:
            builder = Builder(program)
            tensor = builder.define(_with_body(definition, addend), "term")
            yield _Term(_replaced(program, name, definition.body.expand() - addend), builder.build(), tensor)


def _with_body(definition: Comprehension, body: Expr) -> Comprehension:
    return comprehension(
        definition.domain, definition.target, body, definition.reads, definition.shape, definition.pointers
    )


def _replaced(program: Program, changed: str, body: Expr) -> Program:
    return Program(
        program.inputs,
        tuple(
            (name, _with_body(d, body) if name == changed and isinstance(d, Comprehension) else d)
            for name, d in program.definitions
        ),
    )


CAUSE = Cause(rank=80, explain=explain)
