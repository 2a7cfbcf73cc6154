"""Determinants and entries of inverses that were written out as polynomials in the entries of a matrix."""

from __future__ import annotations

from functools import lru_cache

from sympy import Add, Basic, Determinant, Expr, Indexed, Inverse, MatrixExpr, MatrixSymbol, Mul, Pow, expand
from sympy.matrices.expressions.matexpr import MatrixElement

#: SymPy needs minutes to write out the inverse of a larger matrix.
LARGEST = 4


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
    matrix = _only_matrix(addition)
    if matrix is None:
        return None
    polynomial = expand(addition)
    explicit = _written_out(matrix)[0]
    if polynomial == explicit:
        return Determinant(matrix)
    return -Determinant(matrix) if polynomial == -explicit else None


def _only_matrix(expression: Expr) -> MatrixSymbol | None:
    """The square matrix symbol all of whose entries, and nothing else, an expression holds."""
    entries = expression.atoms(MatrixElement)
    matrices = {entry.parent for entry in entries}
    if len(matrices) != 1 or expression.free_symbols != set().union(*(entry.free_symbols for entry in entries)):
        return None
    (matrix,) = matrices
    square = isinstance(matrix, MatrixSymbol) and matrix.rows == matrix.cols and matrix.rows.is_Integer
    if not square or not 2 <= matrix.rows <= LARGEST:
        return None
    return matrix if len(entries) == matrix.rows**2 else None


def _quotient(product: Mul) -> Expr:
    """A product in which cofactors over the determinant are entries of the inverse."""
    factors = list(product.args)
    below = {f.base.arg: f for f in factors if isinstance(f, Pow) and isinstance(f.base, Determinant) and f.exp == -1}
    for matrix, power in below.items():
        if not isinstance(matrix, MatrixSymbol) or not matrix.rows.is_Integer or matrix.rows > LARGEST:
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
def _written_out(matrix: MatrixSymbol) -> tuple[Expr, dict[Expr, Expr]]:
    """The determinant as a polynomial, and for each cofactor and its opposite the entry of the inverse, with sign."""
    explicit = matrix.as_explicit()
    cofactors: dict[Expr, Expr] = {}
    for i in range(matrix.rows):
        for k in range(matrix.rows):
            minor = expand(explicit.cofactor(i, k))
            entry = MatrixElement(Inverse(matrix), k, i)
            cofactors |= {minor: entry, -minor: -entry}
    return expand(explicit.det()), {expand(minor): entry for minor, entry in cofactors.items()}
