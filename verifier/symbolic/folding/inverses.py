"""Determinants and entries of inverses that were written out as polynomials in the entries of a matrix."""

from __future__ import annotations

from functools import lru_cache

from sympy import (
    Add,
    Basic,
    Determinant,
    Expr,
    Identity,
    ImmutableDenseMatrix,
    Indexed,
    Inverse,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Mul,
    Poly,
    PolynomialError,
    Pow,
    expand,
)
from sympy.combinatorics import Permutation
from sympy.matrices.expressions.matexpr import MatrixElement

from verifier.symbolic.folding.positions import measured

#: SymPy needs minutes to write out the inverse of a larger matrix.
LARGEST = 4
#: The same of a sum of matrices.
LARGEST_SHIFTED = 3
#: What would have more terms is not multiplied out.
MOST_TERMS = 300


def folded_inverses(node: Basic) -> Basic:
    """The same expression with `Determinant(X)` and entries of `Inverse(X)` where they were written out."""
    if isinstance(node, MatrixElement | Indexed) or not node.args:
        return node
    if isinstance(node, Add) and not isinstance(node, MatrixExpr):
        determinant = _determinant(node)
        if determinant is not None:
            return determinant
    arguments = [folded_inverses(argument) for argument in node.args]
    if any(new is not old for new, old in zip(arguments, node.args, strict=True)):
        node = node.func(*arguments)
    return _quotient(node) if isinstance(node, Mul) and not isinstance(node, MatrixExpr) else node


def _determinant(addition: Add) -> Expr | None:
    """The determinant, or its opposite, that an addition is."""
    for matrix in _square_matrices(addition):
        degree, size = measured(addition, {matrix[i, k] for i in range(matrix.rows) for k in range(matrix.rows)})
        if degree != matrix.rows or size > MOST_TERMS:
            continue
        polynomial = expand(addition)
        for candidate, sign in ((polynomial, 1), (-polynomial, -1)):
            shift = _shift(candidate, matrix)
            if shift is not None:
                return sign * Determinant(matrix if shift.is_zero_matrix else MatAdd(matrix, _as_matrix(shift)))
    return None


def _square_matrices(expression: Expr) -> list[MatrixSymbol]:
    """The square matrix symbols all of whose entries an expression holds."""
    entries = expression.atoms(MatrixElement)
    found = []
    for matrix in sorted({entry.parent for entry in entries}, key=str):
        square = isinstance(matrix, MatrixSymbol) and matrix.rows == matrix.cols and matrix.rows.is_Integer
        if square and 2 <= matrix.rows <= LARGEST:
            own = sum(entry.parent == matrix for entry in entries)
            found += [matrix] if own == matrix.rows**2 else []
    return found


def _shift(polynomial: Expr, matrix: MatrixSymbol) -> ImmutableDenseMatrix | None:
    """The S for which a polynomial is the determinant of A + S; None where there is none."""
    explicit = _written_out(matrix)[0]
    if polynomial == explicit:
        return ImmutableDenseMatrix.zeros(*matrix.shape)
    entries = [matrix[i, k] for i in range(matrix.rows) for k in range(matrix.rows)]
    if len(Add.make_args(polynomial)) <= len(Add.make_args(explicit)) or matrix.rows > LARGEST_SHIFTED:
        return None
    try:
        rest = Poly(polynomial, *entries)
    except PolynomialError:
        return None  # it is no polynomial in the entries, and so no determinant
    if rest.total_degree() != matrix.rows or any(rest.degree(entry) != 1 for entry in entries):
        return None
    shift = ImmutableDenseMatrix(matrix.rows, matrix.rows, lambda i, k: _shift_at(rest, int(i), int(k), matrix))
    return shift if expand((matrix.as_explicit() + shift).det()) == polynomial else None


def _shift_at(polynomial: Poly, row: int, column: int, matrix: MatrixSymbol) -> Expr:
    """What is added to one entry, if a polynomial is a determinant: it stands with entries of all other lines."""
    n = matrix.rows
    others = [i for i in range(n) if i != row], [k for k in range(n) if k != column]
    chosen = list(zip(*others, strict=True))
    order = [column if i == row else dict(chosen)[i] for i in range(n)]
    monomial = [1 if (i, k) in chosen else 0 for i in range(n) for k in range(n)]
    return Permutation(order).signature() * polynomial.coeff_monomial(monomial)


def _as_matrix(shift: ImmutableDenseMatrix) -> MatrixExpr:
    """A multiple of the identity, a matrix symbol, or else a matrix as it is written out."""
    first = shift[0, 0]
    if shift == first * ImmutableDenseMatrix.eye(shift.rows):
        return MatMul(first, Identity(shift.rows)) if first != 1 else Identity(shift.rows)
    parents = {entry.parent for entry in first.atoms(MatrixElement)}
    same = next((parent for parent in parents if parent.shape == shift.shape and parent.as_explicit() == shift), None)
    return shift if same is None else same


def _quotient(product: Mul) -> Expr:
    """A product in which cofactors over the determinant are entries of the inverse."""
    factors = list(product.args)
    below = {f.base.arg: f for f in factors if isinstance(f, Pow) and isinstance(f.base, Determinant) and f.exp == -1}
    for matrix, power in below.items():
        if not matrix.rows.is_Integer or matrix.rows > LARGEST or matrix.has(Inverse):
            continue
        cofactors = _written_out(matrix)[1]
        for place, factor in enumerate(factors):
            entry = cofactors.get(expand(factor))
            if entry is not None:
                factors[place] = entry
                factors.remove(power)
                break
    return Mul(*factors)


@lru_cache(maxsize=64)
def _written_out(matrix: MatrixExpr) -> tuple[Expr, dict[Expr, Expr]]:
    """The determinant as a polynomial, and for each cofactor and its opposite the entry of the inverse, with sign."""
    explicit = matrix.as_explicit()
    cofactors: dict[Expr, Expr] = {}
    for i in range(matrix.rows):
        for k in range(matrix.rows):
            minor = expand(explicit.cofactor(i, k))
            entry = MatrixElement(Inverse(matrix), k, i)
            cofactors |= {minor: entry, -minor: -entry}
    return expand(explicit.det()), {expand(minor): entry for minor, entry in cofactors.items()}
