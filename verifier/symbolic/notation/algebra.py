"""Matrix expressions built so that nothing in them is superfluous: no `I·X`, no `Xᵀᵀ`, numbers in front.

SymPy's own constructors either leave everything as it is or evaluate everything; a person does neither.
Columns are matrices of shape (n, 1).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from sympy import (
    BlockMatrix,
    Expr,
    HadamardPower,
    HadamardProduct,
    Identity,
    Integer,
    Inverse,
    KroneckerProduct,
    Lambda,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    Mul,
    OneMatrix,
    Transpose,
    ZeroMatrix,
    preorder_traversal,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix, DiagonalOf

from verifier.symbolic.language import (
    Diagonal,
    Eigenvectors,
    Explicit,
    MatrixExponential,
    ReciprocalGaps,
    Symmetric,
)
from verifier.symbolic.notation.coefficients import common, divided
from verifier.symbolic.notation.elements import element
from verifier.symbolic.notation.nodes import UnitVector
from verifier.symbolic.notation.partitions import from_grid, grid_of, merged, turned
from verifier.symbolic.notation.terms import in_any_order, with_explicit_added

ONE = Integer(1)


def coefficient_and_matrix(matrix: MatrixExpr) -> tuple[Expr, MatrixExpr]:
    """The scalar in front of a matrix expression, and the rest."""
    if not isinstance(matrix, MatMul):
        return ONE, matrix
    scalars = [factor for factor in matrix.args if not isinstance(factor, MatrixExpr)]
    return Mul(*scalars), chain([factor for factor in matrix.args if isinstance(factor, MatrixExpr)])


def scaled(coefficient: Expr, matrix: MatrixExpr) -> MatrixExpr:
    """A scalar times a matrix."""
    own, bare = coefficient_and_matrix(matrix)
    coefficient = coefficient * own
    if coefficient == 0 or isinstance(bare, ZeroMatrix):
        return ZeroMatrix(*matrix.shape)
    if coefficient == 1:
        return bare
    if coefficient == -1 and isinstance(bare, MatAdd):
        return added(*(scaled(coefficient, term) for term in bare.args))
    return MatMul(coefficient, *(bare.args if isinstance(bare, MatMul) else [bare]))


def product(*matrices: MatrixExpr) -> MatrixExpr:
    """The matrix product."""
    coefficients: list[Expr] = []
    factors: list[MatrixExpr] = []
    for matrix in matrices:
        coefficient, bare = coefficient_and_matrix(matrix)
        coefficients.append(coefficient)
        factors.extend(bare.args if isinstance(bare, MatMul) else [bare])
    shape = factors[0].shape[0], factors[-1].shape[1]
    if any(isinstance(factor, ZeroMatrix) for factor in factors):
        return ZeroMatrix(*shape)
    kept: list[MatrixExpr] = []
    for factor in factors:
        if isinstance(factor, OneMatrix) and kept and isinstance(kept[-1], OneMatrix):
            coefficients.append(factor.shape[0])
            kept[-1] = OneMatrix(kept[-1].shape[0], factor.shape[1])
        elif kept and _are_orthogonal(kept[-1], factor):
            kept.pop()
        elif kept and factor.is_square and in_any_order(base(kept[-1])) == in_any_order(base(factor)):
            last = kept.pop()
            exponent = _exponent(last) + _exponent(factor)
            kept += [matrix_power(base(last), exponent)] if exponent != 0 else []
        elif not isinstance(factor, Identity) and factor != OneMatrix(1, 1):
            kept.append(factor)
    return scaled(Mul(*coefficients), chain(kept) if kept else Identity(shape[0]))


def _are_orthogonal(left: MatrixExpr, right: MatrixExpr) -> bool:
    """Whether a product is that of eigenvectors and their transpose."""
    return isinstance(left.args[0] if isinstance(left, Transpose) else left, Eigenvectors) and right == transposed(left)


def base(matrix: MatrixExpr) -> MatrixExpr:
    """What a matrix is a power of."""
    return matrix.base if isinstance(matrix, MatPow) else matrix


def _exponent(matrix: MatrixExpr) -> Expr:
    return matrix.exp if isinstance(matrix, MatPow) else ONE


def matrix_power(matrix: MatrixExpr, exponent: Expr) -> MatrixExpr:
    """A power; a whole power of a power is one power."""
    if exponent.is_integer:
        matrix, exponent = base(matrix), exponent * _exponent(matrix)
    if exponent == 0 or isinstance(matrix, Identity):
        return Identity(matrix.shape[0])
    if exponent == 1:
        return matrix
    return Inverse(matrix) if exponent == -1 else MatPow(matrix, exponent)


def added(*matrices: MatrixExpr) -> MatrixExpr:
    """The sum; equal terms are collected, common numbers stand in front, what is subtracted stands last."""
    found: dict[Hashable, tuple[Expr, MatrixExpr]] = {}
    for coefficient, base in (term for matrix in matrices for term in _terms(matrix)):
        before, first = found.get(in_any_order(base), (Integer(0), base))
        found[in_any_order(base)] = before + coefficient, first
    collected = [(c, base) for c, base in found.values() if c != 0 and not isinstance(base, ZeroMatrix)]
    terms = merged(with_explicit_added(collected), added)
    if not terms:
        return ZeroMatrix(*matrices[0].shape)
    if len(terms) == 1:
        return scaled(*terms[0])
    shared = common([coefficient for coefficient, _ in terms])
    terms = [(divided(coefficient, shared), base) for coefficient, base in terms]
    terms.sort(key=lambda term: term[0].could_extract_minus_sign())
    return scaled(shared, MatAdd(*(scaled(*term) for term in terms)))


def _terms(matrix: MatrixExpr) -> Iterator[tuple[Expr, MatrixExpr]]:
    """The terms of a sum, each with its coefficient."""
    outer, bare = coefficient_and_matrix(matrix)
    if not isinstance(bare, MatAdd):
        yield outer, bare
    else:
        yield from ((outer * inner, base) for term in bare.args for inner, base in _terms(term))


def transposed(matrix: MatrixExpr) -> MatrixExpr:
    """The transpose: that of a product at its factors, others as a whole unless that takes more transposes."""
    match matrix:
        case Transpose():
            return matrix.arg
        case MatMul():
            coefficient, bare = coefficient_and_matrix(matrix)
            factors = bare.args if isinstance(bare, MatMul) else [bare]
            return scaled(coefficient, product(*map(transposed, reversed(factors))))
        case OneMatrix() | ZeroMatrix():
            return matrix.func(*reversed(matrix.shape))
        case Identity() | DiagMatrix() | Symmetric() | Diagonal():
            return matrix
        case Explicit():
            return matrix.mirrored()
        case KroneckerProduct():
            return KroneckerProduct(*map(transposed, matrix.args))
        case MatrixExponential():
            return MatrixExponential(transposed(matrix.matrix))
        case ReciprocalGaps():
            return scaled(Integer(-1), matrix)
        case MatAdd() | HadamardProduct():
            turned_over = list(map(transposed, matrix.args))
            if set(turned_over) == set(matrix.args):
                return matrix
            whole = hadamard(*turned_over) if isinstance(matrix, HadamardProduct) else matrix.func(*turned_over)
            return fewer_transposes(Transpose(matrix), whole)
        case BlockMatrix():
            mirrored = from_grid([[transposed(block) for block in column] for column in turned(grid_of(matrix))])
            return matrix if mirrored == matrix else fewer_transposes(mirrored, Transpose(matrix))
        case MatPow():
            return matrix_power(transposed(matrix.base), matrix.exp)
        case HadamardPower():
            return fewer_transposes(Transpose(matrix), power(transposed(matrix.base), matrix.exp))
        case ElementwiseApplyFunction():
            return fewer_transposes(Transpose(matrix), applied(matrix.function, transposed(matrix.expr)))
        case _:
            return Transpose(matrix)


def hadamard(*matrices: MatrixExpr) -> MatrixExpr:
    """The entrywise product; equal factors become a power."""
    coefficients: list[Expr] = []
    powers: dict[MatrixExpr, Expr] = {}
    for matrix in matrices:
        coefficient, bare = coefficient_and_matrix(matrix)
        coefficients.append(coefficient)
        for factor in bare.args if isinstance(bare, HadamardProduct) else [bare]:
            base, exponent = (factor.base, factor.exp) if isinstance(factor, HadamardPower) else (factor, ONE)
            powers[base] = powers.get(base, Integer(0)) + exponent
    factors = [power(base, exponent) for base, exponent in powers.items()]
    if any(isinstance(factor, ZeroMatrix) for factor in factors):
        return ZeroMatrix(*matrices[0].shape)
    kept = [factor for factor in factors if not isinstance(factor, OneMatrix)]
    unit = next((factor for factor in kept if isinstance(factor, UnitVector)), None)
    if unit is not None:
        entries = [element(factor, unit.position, Integer(0)) for factor in kept if factor != unit]
        return scaled(Mul(*coefficients, *entries), unit)
    weights = next((factor for factor in kept if isinstance(factor, Explicit) and factor.shape[1] == 1), None)
    if weights is not None and len(kept) > 1:
        weighted = hadamard(*(factor for factor in kept if factor is not weights))
        return scaled(Mul(*coefficients), product(diagonal(weights), weighted))
    if not kept:
        return scaled(Mul(*coefficients), OneMatrix(*matrices[0].shape))
    return scaled(Mul(*coefficients), HadamardProduct(*kept) if len(kept) > 1 else kept[0])


def power(matrix: MatrixExpr, exponent: Expr) -> MatrixExpr:
    """The entrywise power."""
    if exponent == 1 or isinstance(matrix, OneMatrix):
        return matrix
    if exponent == 0:
        return OneMatrix(*matrix.shape)
    coefficient, bare = coefficient_and_matrix(matrix)
    return scaled(coefficient**exponent, HadamardPower(bare, exponent))


def applied(function: Lambda, matrix: MatrixExpr) -> MatrixExpr:
    """A scalar function of every entry."""
    return ElementwiseApplyFunction(function, matrix)


def diagonal(column: MatrixExpr) -> MatrixExpr:
    """The square matrix with a column on its diagonal."""
    coefficient, bare = coefficient_and_matrix(column)
    if isinstance(bare, ZeroMatrix):
        return ZeroMatrix(column.shape[0], column.shape[0])
    match bare:
        case OneMatrix():
            matrix: MatrixExpr = Identity(column.shape[0])
        case UnitVector():
            matrix = product(bare, transposed(bare))
        case DiagonalOf() if isinstance(bare.arg, Diagonal):
            matrix = bare.arg
        case Explicit():
            n = int(bare.shape[0])
            matrix = Explicit(n, n, [bare.at(i, 0) if i == k else Integer(0) for i in range(n) for k in range(n)])
        case _:
            matrix = DiagMatrix(bare)
    return scaled(coefficient, matrix)


def fewer_transposes(*candidates: MatrixExpr) -> MatrixExpr:
    """The expression with the fewest transposes."""
    return min(candidates, key=lambda candidate: sum(isinstance(n, Transpose) for n in preorder_traversal(candidate)))


def chain(factors: list[MatrixExpr]) -> MatrixExpr:
    """Factors as a product, as they stand."""
    return MatMul(*factors) if len(factors) > 1 else factors[0]
