"""Expressions that have a name of their own: exp∘(x)/total(exp∘(x)) is softmax(x)."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Basic, Expr, HadamardProduct, MatAdd, MatMul, MatrixExpr, Mul, Pow, Transpose, exp
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.matexpr import MatrixElement

from verifier.symbolic.language import Total, softmax
from verifier.symbolic.notation.substitution import mapped

#: What is linear in each of its factors, so that a number in front may go into any of them.
PRODUCTS = (MatMul, HadamardProduct, Transpose, DiagMatrix, MatrixElement)


def familiar(expression: Basic) -> Basic:
    """The expression with every quotient of exponentials of a column and their sum written as softmax."""
    if not expression.has(Total):
        return expression
    expression = mapped(expression, familiar, evaluate=False)
    if not isinstance(expression, Mul | MatMul):
        return expression
    factors = list(_factors(expression))
    for place, factor in enumerate(factors):
        exponentials, power = _sum_of_exponentials(factor)
        if exponentials is not None:
            taken = _named(factors, exponentials, power)
            factors[place] = factor * Total(exponentials) ** taken
    return _product(factors) if isinstance(expression, MatMul) else Mul(*factors)


def _factors(expression: Expr) -> Iterator[Expr]:
    for argument in expression.args:
        yield from Mul.make_args(argument) if not isinstance(argument, MatrixExpr) else [argument]


def _sum_of_exponentials(factor: Expr) -> tuple[MatrixExpr | None, int]:
    """The exponentials of a column that a factor divides by the sum of, and how often."""
    if not (isinstance(factor, Pow) and factor.exp.is_Integer and factor.exp < 0 and isinstance(factor.base, Total)):
        return None, 0
    summed = factor.base.matrix
    elementwise = isinstance(summed, ElementwiseApplyFunction) and summed.shape[1] == 1
    if not elementwise or summed.function.expr != exp(*summed.function.variables):
        return None, 0
    return summed, -int(factor.exp)


def _named(factors: list[Expr], exponentials: MatrixExpr, most: int) -> int:
    """Write softmax for the exponentials in as many factors as they are divided by their sum; returns how many."""
    name = softmax(exponentials.expr)
    taken = 0
    for place, factor in enumerate(factors):
        if taken < most and _holds_once(factor, exponentials):
            factors[place] = factor.xreplace({exponentials: name})
            taken += 1
    return taken


def _holds_once(factor: Basic, exponentials: MatrixExpr) -> bool:
    """Whether a factor is linear in the exponentials: they stand once in each term of it, under products only."""
    if factor == exponentials:
        return True
    if isinstance(factor, MatAdd):
        return all(_holds_once(term, exponentials) for term in factor.args)
    if not isinstance(factor, PRODUCTS):
        return False
    holders = [argument for argument in factor.args if argument.has(exponentials)]
    return len(holders) == 1 and _holds_once(holders[0], exponentials)


def _product(factors: list[Expr]) -> Expr:
    scalars = Mul(*(factor for factor in factors if not isinstance(factor, MatrixExpr)))
    matrices = [factor for factor in factors if isinstance(factor, MatrixExpr)]
    if scalars == 1:
        return matrices[0] if len(matrices) == 1 else MatMul(*matrices)
    return MatMul(scalars, *matrices)
