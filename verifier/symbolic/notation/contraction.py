"""From a sum of products of entries to a matrix expression, by reduction of a graph.

The indices are vertices; a matrix is an edge between its two indices, a column a weight on its index. A bound index
with one edge is a matrix times a column, one with two edges is a product of matrices. What cannot be reduced this
way (treewidth above 2) has no matrix notation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import permutations

from sympy import Expr, HadamardPower, HadamardProduct, Identity, MatrixExpr, Mul, OneMatrix, Symbol
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from verifier.symbolic.notation import algebra, readings


class NoMatrixNotation(Exception):  # noqa: N818 - not an error: the caller writes indices instead
    """A tensor cannot be written with matrices."""


@dataclass(frozen=True)
class Node:
    """A factor under a sum: a scalar without indices, a column with one, a matrix with two."""

    expression: Expr
    indices: tuple[Symbol, ...]


def contract(nodes: Iterable[Node], free: tuple[Symbol, ...], extents: Mapping[Symbol, Expr]) -> Expr:
    """The sum of the product of nodes over all indices but the free ones: a scalar, a column or a matrix.

    `extents` holds every index. Raises `NoMatrixNotation` where the graph cannot be reduced.
    """
    nodes, extents = _without_deltas(list(nodes), free, dict(extents))
    graph = _Graph(free, extents)
    for node in nodes:
        graph.add(node)
    graph.eliminate()
    return graph.result()


def _without_deltas(
    nodes: list[Node], free: tuple[Symbol, ...], extents: dict[Symbol, Expr]
) -> tuple[list[Node], dict[Symbol, Expr]]:
    """The same sum without the bound indices that an identity matrix ties to another index."""
    for node in nodes:
        loose = [i for i in node.indices if i not in free]
        if isinstance(node.expression, Identity) and loose and len(set(node.indices)) == 2:
            tied = loose[0]
            other = next(i for i in node.indices if i != tied)
            rest = [
                Node(n.expression, tuple(other if i == tied else i for i in n.indices)) for n in nodes if n is not node
            ]
            return _without_deltas(rest, free, {i: extent for i, extent in extents.items() if i != tied})
    return nodes, extents


class _Graph:
    """What is left to multiply: scalars, columns by index, and matrices by pairs of indices."""

    def __init__(self, free: tuple[Symbol, ...], extents: Mapping[Symbol, Expr]) -> None:
        self.free = free
        self.extents = extents
        self.scalars: list[Expr] = []
        self.columns: dict[Symbol, list[MatrixExpr]] = {i: [] for i in extents}
        self.edges: list[tuple[Symbol, Symbol, MatrixExpr]] = []

    def add(self, node: Node) -> None:
        """Put a factor into the graph."""
        match node.indices:
            case ():
                self.scalars.append(node.expression)
            case (i,):
                self.columns[i].append(node.expression)
            case (i, j) if i == j:
                self.columns[i].append(readings.diagonal_of(node.expression))
            case (i, j):
                self.edges.append((i, j, node.expression))
            case _:
                raise NoMatrixNotation

    def eliminate(self) -> None:
        """Sum over the bound indices, those with the fewest neighbours first."""
        bound = [i for i in self.extents if i not in self.free]
        while bound:
            chosen = min(bound, key=lambda i: len(self._neighbours(i)))
            bound.remove(chosen)
            match self._neighbours(chosen):
                case []:
                    self.scalars.append(self._summed(chosen))
                case [other]:
                    self._fold(chosen, other)
                case [left, right]:
                    self._join(left, chosen, right)
                case _:
                    raise NoMatrixNotation

    def result(self) -> Expr:
        """What is left at the free indices."""
        scalar = Mul(*self.scalars)
        match self.free:
            case ():
                return scalar
            case (i,):
                return algebra.scaled(scalar, self._column(i))
            case (i, j):
                return algebra.scaled(scalar, self._matrix(i, j))
            case _:
                raise NoMatrixNotation

    def _neighbours(self, i: Symbol) -> list[Symbol]:
        return list(dict.fromkeys(b if a == i else a for a, b, _ in self.edges if i in (a, b)))

    def _column(self, i: Symbol) -> MatrixExpr:
        columns = self.columns.pop(i)
        return algebra.hadamard(*columns) if columns else OneMatrix(self.extents[i], 1)

    def _summed(self, i: Symbol) -> Expr:
        """The sum over an index that only columns have."""
        if len(self.columns[i]) < 2:
            return readings.total(self._column(i))
        first, *others = self.columns.pop(i)
        return readings.inner(first, algebra.hadamard(*others))

    def _between(self, i: Symbol, j: Symbol) -> list[MatrixExpr]:
        """The matrices between two indices, rows along `i`, taken out of the graph."""
        found = [(a, m) for a, b, m in self.edges if {a, b} == {i, j}]
        self.edges = [edge for edge in self.edges if {edge[0], edge[1]} != {i, j}]
        return [m if a == i else algebra.transposed(m) for a, m in found]

    def _fold(self, bound: Symbol, other: Symbol) -> None:
        """Sum over an index with one neighbour: a column at the neighbour is left."""
        along_rows = sum(a == other for a, b, _ in self.edges if {a, b} == {bound, other})
        matrices = self._between(other, bound)
        if len(matrices) == 2 and not self.columns[bound] and self._is_trace(matrices, along_rows, other):
            left, right = matrices
            self.columns[other].append(readings.diagonal_of(algebra.product(left, algebra.transposed(right))))
        else:
            column = self._column(bound)
            self.columns[other].append(algebra.product(algebra.hadamard(*matrices), column))

    def _is_trace(self, matrices: list[MatrixExpr], along_rows: int, other: Symbol) -> bool:
        """Whether Σ A[i,j]·B[i,j] reads better as the diagonal of A·Bᵀ than as the row sums of A∘B.

        So does the diagonal of A·C·Aᵀ.
        """
        if along_rows == 1 or any(one in other.args for one, other in permutations(matrices)):
            return True
        closed = other not in self.free and not self.columns[other] and not self._neighbours(other)
        return closed and not any(_is_elementwise(matrix) for matrix in matrices)

    def _join(self, left: Symbol, bound: Symbol, right: Symbol) -> None:
        """Sum over an index with two neighbours: a matrix between them is left."""
        first = algebra.hadamard(*self._between(left, bound))
        second = algebra.hadamard(*self._between(bound, right))
        weight = algebra.diagonal(self._column(bound))
        self.edges.append((left, right, algebra.product(first, weight, second)))

    def _matrix(self, i: Symbol, j: Symbol) -> MatrixExpr:
        matrices = self._between(i, j)
        if not matrices:
            return algebra.product(self._column(i), algebra.transposed(self._column(j)))
        weighted = algebra.diagonal(self._column(i)), algebra.hadamard(*matrices), algebra.diagonal(self._column(j))
        return algebra.product(*weighted)


def _is_elementwise(matrix: MatrixExpr) -> bool:
    bare = algebra.coefficient_and_matrix(matrix)[1]
    return isinstance(bare, HadamardPower | HadamardProduct | ElementwiseApplyFunction)
