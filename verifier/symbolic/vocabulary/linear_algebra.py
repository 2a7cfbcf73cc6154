"""Inverses, powers, exponentials, determinants and factorisations."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from sympy import (
    Basic,
    Determinant,
    Expr,
    Identity,
    Integer,
    Inverse,
    KroneckerDelta,
    MatPow,
    MatrixExpr,
    Piecewise,
    exp,
    true,
)
from sympy.matrices import MatrixBase
from sympy.matrices.expressions.factorizations import LofCholesky, UofCholesky

from verifier.errors import FormulaNotUnderstoodError, ShapesDoNotFitError
from verifier.symbolic import determinant as leibniz
from verifier.symbolic.approximation import Method
from verifier.symbolic.comprehension import pointer
from verifier.symbolic.eigenproblem import eigenproblem
from verifier.symbolic.implicit import implicit
from verifier.symbolic.language import Adjugate, Cholesky, Eigenvalues, MatrixExponential
from verifier.symbolic.matrix_function import MatrixFunction
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Entry, Tensor, named, scalar, total
from verifier.symbolic.translator import Translator

ZERO = Integer(0)


def inverse(node: Inverse, translator: Translator) -> Tensor:
    """The U with A·U = 1."""
    return inverted(_square(node.arg, translator), translator)


def power(node: MatPow, translator: Translator) -> Tensor:
    """A matrix times itself, its inverse, or its square root, as often as the exponent says."""
    base = _square(node.base, translator)
    exponent = translator.entry(node.exp)
    if base.shape == (1, 1):
        return Tensor(base.shape, lambda i, k: base[i, k] ** exponent)
    if exponent.is_Integer:
        return whole_power(base, int(exponent), translator)
    if (2 * exponent).is_Integer:
        return whole_power(square_root(base, translator), int(2 * exponent), translator)
    if not node.exp.is_integer:
        raise FormulaNotUnderstoodError(
            node, "a matrix can be raised to whole numbers and halves; declare a symbol as Symbol(name, integer=True)"
        )
    definition = power_of(node, base, exponent, translator)
    return named(translator.lowering.builder.define(definition, "power"), base.shape)


def whole_power(base: Tensor, exponent: int, translator: Translator) -> Tensor:
    """A matrix, or its inverse, times itself."""
    if exponent == 0:
        return translator.tensor(Identity(base.shape[0]))
    factor = inverted(base, translator) if exponent < 0 else translator.settled(base)
    return reduce(lambda left, right: translator.settled(_product(left, right)), [factor] * abs(exponent))


def power_of(node: Basic, base: Tensor, exponent: Expr, translator: Translator) -> MatrixFunction:
    """A power whose exponent is known with the inputs: it holds extents and integer inputs."""
    entries = sorted(exponent.atoms(Entry), key=str)
    if any(entry.index for entry in entries) or exponent.xreplace(dict.fromkeys(entries, ZERO)).has(Entry):
        raise FormulaNotUnderstoodError(node, "the exponent of a matrix is made of numbers, extents and integer inputs")
    stand_ins = {entry: pointer(k) for k, entry in enumerate(entries)}
    pointers = tuple(entry.tensor for entry in entries)
    matrix = translator.lowering.define(base)
    return MatrixFunction(matrix, base.shape[0], "power", exponent.xreplace(stand_ins), pointers)


def exponential(node: exp, translator: Translator) -> Tensor:
    """The exponential of a scalar, or of a square matrix."""
    argument = node.args[0]
    if isinstance(argument, MatrixExpr | MatrixBase) and argument.shape != (1, 1):
        return _matrix_exponential(argument, translator)
    return scalar(exp(translator.entry(argument)))


def matrix_exponential(node: MatrixExponential, translator: Translator) -> Tensor:
    """Σ A^k/k!."""
    return _matrix_exponential(node.matrix, translator)


def _matrix_exponential(node: Basic, translator: Translator) -> Tensor:
    matrix = _square(node, translator)
    definition = MatrixFunction(translator.lowering.define(matrix), matrix.shape[0], "exponential")
    return named(translator.lowering.builder.define(definition, "exponential"), matrix.shape)


def determinant(node: Determinant, translator: Translator) -> Tensor:
    """The determinant, by the Leibniz formula."""
    return named(_leibniz(node.arg, 0, "det", translator), ())


def adjugate(node: Adjugate, translator: Translator) -> Tensor:
    """The derivatives of the determinant, transposed."""
    cofactors = named(_leibniz(node.matrix, 1, "cofactors", translator), node.shape)
    return Tensor(node.shape, lambda i, k: cofactors[k, i])


def _leibniz(node: Basic, order: int, name: str, translator: Translator) -> str:
    matrix = _square(node, translator)
    definition = leibniz.Determinant(translator.lowering.define(matrix), matrix.shape[0], order)
    return translator.lowering.builder.define(definition, name)


def cholesky(node: Cholesky | LofCholesky, translator: Translator) -> Tensor:
    """The L whose part above the diagonal is 0, and for which L·Lᵀ is the symmetric part of A below and on it."""
    given = _square(node.args[0], translator)
    size = given.shape[0]

    def residual(lower: Tensor, start: Tensor, matrix: Tensor) -> Tensor:
        def entry(i: Expr, k: Expr) -> Expr:
            square = total(size, lambda j: lower[i, j] * lower[k, j])
            return Piecewise((square - (matrix[i, k] + matrix[k, i]) / 2, i >= k), (lower[i, k], true))

        return Tensor(given.shape, entry)

    return _solved(given, residual, "cholesky", translator, "cholesky")


def upper_cholesky(node: UofCholesky, translator: Translator) -> Tensor:
    """The transpose of the lower factor."""
    lower = cholesky(Cholesky(node.args[0]), translator)
    return Tensor(lower.shape, lambda i, k: lower[k, i])


def square_root(matrix: Tensor, translator: Translator) -> Tensor:
    """The S with S·S = A whose eigenvalues have positive real parts."""
    size = matrix.shape[0]

    def residual(root: Tensor, start: Tensor, given: Tensor) -> Tensor:
        return Tensor(given.shape, lambda i, k: total(size, lambda j: root[i, j] * root[j, k]) - given[i, k])

    return _solved(matrix, residual, "square_root", translator, "square_root")


def eigenvalues(node: Eigenvalues, translator: Translator) -> Tensor:
    """The last row of the solution of the symmetric eigenproblem."""
    pairs, size = eigenpairs(node.matrix, translator), node.shape[0]
    return Tensor(node.shape, lambda i, k: Entry(pairs, (size, i)))


def eigenpairs(node: Basic, translator: Translator) -> str:
    """The solution of the symmetric eigenproblem: eigenvectors as columns, and their eigenvalues in a last row."""
    matrix = _square(node, translator)
    size = matrix.shape[0]
    symmetric = Tensor(matrix.shape, lambda i, j: (matrix[i, j] + matrix[j, i]) / 2)
    pairs = implicit(
        lambda unknown, start, given: eigenproblem(given, unknown, start),
        (symmetric,),
        (size + 1, size),
        Scope(translator.lowering),
        method="eigh",
        name="eigenpairs",
    )
    return translator.lowering.define(pairs)


def inverted(matrix: Tensor, translator: Translator) -> Tensor:
    """The inverse of a square matrix, by its equation."""
    size = matrix.shape[0]

    def residual(unknown: Tensor, given: Tensor) -> Tensor:
        return Tensor(
            given.shape, lambda i, k: total(size, lambda j: given[i, j] * unknown[j, k]) - KroneckerDelta(i, k)
        )

    return _solved(matrix, residual, "inverse", translator)


def _solved(
    given: Tensor,
    residual: Callable[..., Tensor],
    name: str,
    translator: Translator,
    method: Method | None = None,
) -> Tensor:
    """The square matrix U, called `name`, for which residual(U, A) is zero; residual(U, start, A) with a `method`."""
    return implicit(residual, (given,), given.shape, Scope(translator.lowering), method=method, name=name)


def _product(left: Tensor, right: Tensor) -> Tensor:
    shape = (left.shape[0], right.shape[1])
    return Tensor(shape, lambda i, k: total(right.shape[0], lambda j: left[i, j] * right[j, k]))


def _square(node: Basic, translator: Translator) -> Tensor:
    matrix = translator.tensor(node)
    if matrix.shape[0] != matrix.shape[1]:
        raise ShapesDoNotFitError(node, matrix.shape, matrix.shape)
    return matrix


NODES = {
    Inverse: inverse,
    MatPow: power,
    exp: exponential,
    MatrixExponential: matrix_exponential,
    Determinant: determinant,
    Adjugate: adjugate,
    Cholesky: cholesky,
    LofCholesky: cholesky,
    UofCholesky: upper_cholesky,
    Eigenvalues: eigenvalues,
}
