"""`verifier derive`: the closed form of a formula's gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from verifier.errors import NothingToDifferentiateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sympy import Basic


@click.command("derive", short_help="Derive the gradient of a formula.")
@click.argument("formula")
@click.argument("declared", nargs=-1, metavar="[DECLARATION]...")
@click.option("--by", "by", metavar="NAME", help="Only the gradient by this symbol.")
@click.option(
    "--order",
    type=click.IntRange(1, 2),
    default=1,
    show_default=True,
    help="2: the Hessian-vector product along v or V.",
)
@click.option(
    "--as",
    "notation",
    type=click.Choice(["plain", "latex", "mathml"]),
    default="plain",
    show_default=True,
    help="How it is written.",
)
def derive(formula: str, declared: tuple[str, ...], by: str | None, order: int, notation: str) -> None:
    """Derive the gradient of FORMULA by each of its symbols, or by one.

    Each DECLARATION gives the shape of a tensor, in numbers or in names; what is not declared is a scalar:

    \b
        verifier derive 'total(X*W)' 'X: n×k' 'W: k×m'
        verifier derive 'log(1 + exp(s))'
        verifier derive 'Sum(x[i]**2, (i, 0, n - 1))' 'x: n'

    A formula is written as for SymPy: + - * / **, X.T, X[i, j], X.applyfunc(exp), hadamard(X, Y), trace(X),
    Sum, Piecewise, functions of scalars, and total, mean and Detached. If it is no scalar, G stands for the
    gradient by its value.
    """
    from verifier.symbolic.declaration import declarations
    from verifier.symbolic.formula import formula_of
    from verifier.symbolic.notation import render
    from verifier.symbolic.parse import parse_formula
    from verifier.verdict.wording import subject
    from verifier.verify import derive as gradient
    from verifier.verify import hvp

    expression = parse_formula(formula, declarations(declared))
    symbols = _chosen(formula, formula_of(expression).symbols, by)
    for name, symbol in symbols.items():
        derivative = gradient(expression, symbol) if order == 1 else hvp(expression, symbol)
        written = getattr(render(derivative), notation)
        click.echo(written if by else f"{subject(name, order)}: {written}")


def _chosen(formula: str, symbols: Mapping[str, Basic], by: str | None) -> Mapping[str, Basic]:
    if not symbols or (by is not None and by not in symbols):
        raise NothingToDifferentiateError(formula, by, list(symbols))
    return {by: symbols[by]} if by is not None else symbols


COMMAND = derive
