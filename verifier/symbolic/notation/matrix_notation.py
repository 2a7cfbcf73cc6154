"""Comprehensions in matrix notation.

Axes of extent 1 do not count: what is left of a tensor is a scalar, a column or a matrix. The body is a sum of
products; each factor is a read, or a scalar function of reads at the same one or two indices and so an elementwise
function of matrices.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import (
    Add,
    Dummy,
    Expr,
    Identity,
    Integer,
    Lambda,
    MatrixExpr,
    Mul,
    OneMatrix,
    Piecewise,
    Pow,
    Symbol,
    expand,
)
from sympy.core.relational import Relational
from sympy.functions.special.tensor_functions import KroneckerDelta

from verifier.symbolic.comprehension import Comprehension, Read, index, pointer, value
from verifier.symbolic.language import Detached
from verifier.symbolic.notation import algebra
from verifier.symbolic.notation.contraction import Node, NoMatrixNotation, contract
from verifier.symbolic.notation.elements import element
from verifier.symbolic.notation.kronecker import places, split
from verifier.symbolic.notation.nodes import UnitVector
from verifier.symbolic.notation.operands import Operands
from verifier.symbolic.notation.pieces import Pieces, folded
from verifier.symbolic.notation.substitution import put
from verifier.symbolic.program import Shape

Indices = tuple[Symbol, ...]


def matrix_form(definition: Comprehension, operands: Operands) -> Expr:
    """The tensor of a comprehension as a scalar, a column or a matrix; raises `NoMatrixNotation`."""
    return _Summation(definition, operands).form()


class _Summation:
    """One comprehension, with its reads as factors of a graph."""

    def __init__(self, definition: Comprehension, operands: Operands) -> None:
        domain = {index(k): extent for k, extent in enumerate(definition.domain)}
        self.operands = operands
        self.fixed: dict[Symbol, Expr] = {i: Integer(0) for i, extent in domain.items() if extent == 1}
        self.fixed |= {pointer(k): _chosen(read, operands) for k, read in enumerate(definition.pointers)}
        self.extents = {i: extent for i, extent in domain.items() if extent != 1}
        self.body = put(folded(definition.body), self.fixed)
        self.split: dict[Symbol, list[Node]] = {}
        self.nodes: dict[Symbol, Node] = {}
        for k, read in enumerate(definition.reads):
            at = places([e.xreplace(self.fixed) for e in read.index], operands.shapes[read.tensor], self.extents)
            if at is None:
                self.nodes[value(k)] = self._node(read)
            else:
                self.split[value(k)] = split(self._form(read), at, self.extents)
        self.chosen: list[Node] = []
        self.target = self._target(definition)
        self.free = tuple(dict.fromkeys(self.target))

    def form(self) -> Expr:
        """The tensor."""
        try:
            result = self._sum(self.body)
        except NoMatrixNotation:
            expanded = expand(self.body)
            if expanded == self.body:
                raise
            result = self._sum(expanded)
        return algebra.diagonal(result) if len(self.target) > len(self.free) else result

    def _target(self, definition: Comprehension) -> Indices:
        """The free index of each axis that counts; a fixed position is an index that a unit vector chooses."""
        positions = self._positions(definition.target, definition.shape)
        if len(positions) > 2 or any(_is_outside(position, extent) for position, extent in positions):
            raise NoMatrixNotation
        target: list[Symbol] = []
        for position, extent in positions:
            if position not in self.extents:
                target.append(Dummy("c"))
                self.extents[target[-1]] = extent
                self.chosen.append(Node(UnitVector(extent, position), (target[-1],)))
            else:
                target.append(position)
        return tuple(target)

    def _node(self, read: Read) -> Node:
        """A read as a factor: rows, columns and entries at a fixed position have fewer indices."""
        form = self._form(read)
        positions = self._positions(read.index, self.operands.shapes[read.tensor])
        if read.fill is not None and not all(_is_inside(position, extent) for position, extent in positions):
            raise NoMatrixNotation
        at = [position for position, _ in positions]
        match [position in self.extents for position in at]:
            case [False, False]:
                return Node(element(form, at[0], at[1]), ())
            case [False]:
                return Node(element(form, at[0], Integer(0)), ())
            case [False, True]:
                return Node(algebra.product(algebra.transposed(form), UnitVector(form.shape[0], at[0])), (at[1],))
            case [True, False]:
                return Node(algebra.product(form, UnitVector(form.shape[1], at[1])), (at[0],))
            case _:
                return Node(form, tuple(at))

    def _form(self, read: Read) -> Expr:
        form = self.operands.matrix(read.tensor)
        if form is None:
            raise NoMatrixNotation
        return Detached(form) if read.detached and not form.is_number else form

    def _positions(self, at: Sequence[Expr], shape: Shape) -> list[tuple[Expr, Expr]]:
        """Where a tensor is read or written, on the axes that count: all along an index, or at a fixed position."""
        positions = []
        for expression, extent in zip(at, shape, strict=True):
            position = expression.xreplace(self.fixed)
            if extent == 1 and position == 0:
                continue
            if not (position.is_Integer or position in self.fixed.values() or self.extents.get(position) == extent):
                raise NoMatrixNotation
            positions.append((position, extent))
        return positions

    def _sum(self, body: Expr) -> Expr:
        # Any order is right; from the last, a sum of adjoints mostly follows the order of the formula.
        terms = [self._product(term, self.free, self.extents) for term in reversed(Add.make_args(body))]
        return algebra.added(*terms) if self.free else Add(*terms)

    def _product(self, term: Expr, free: Indices, extents: dict[Symbol, Expr]) -> Expr:
        nodes = [node for factor in Mul.make_args(term) for node in self._factors(factor, free)]
        chosen = [node for node in self.chosen if node.indices[0] in extents]
        return contract([*chosen, *nodes], free, extents)

    def _factors(self, factor: Expr, free: Indices) -> list[Node]:
        """A factor of the body as factors of the graph."""
        if factor in self.nodes:
            return [self.nodes[factor]]
        if factor in self.split:
            return self.split[factor]
        if factor.free_symbols & self.split.keys():
            raise NoMatrixNotation
        if isinstance(factor, KroneckerDelta) and set(factor.args) <= self.extents.keys():
            return [self._delta(*factor.args)]
        if factor.free_symbols & self.extents.keys():
            raise NoMatrixNotation
        indices = self._indices(factor)
        if not indices:
            return [Node(self._scalar(factor), ())]
        if isinstance(factor, Pow) and factor.exp == 2 and not free:
            return 2 * self._factors(factor.base, free)
        if len(indices) > 2:
            raise NoMatrixNotation
        return [Node(self._lifted(factor, indices), indices)]

    def _delta(self, i: Symbol, j: Symbol) -> Node:
        if self.extents[i] != self.extents[j]:
            raise NoMatrixNotation
        return Node(Identity(self.extents[i]), (i, j))

    def _indices(self, expression: Expr) -> Indices:
        """The indices that an expression depends on, in the order in which a matrix in it has them."""
        nodes = [self.nodes[symbol] for symbol in sorted(expression.free_symbols & self.nodes.keys(), key=str)]
        nodes.sort(key=lambda node: -len(node.indices))
        return tuple(dict.fromkeys(i for node in nodes for i in node.indices))

    def _scalar(self, expression: Expr) -> Expr:
        return put(expression, {symbol: node.expression for symbol, node in self.nodes.items()})

    def _lifted(self, expression: Expr, indices: Indices) -> MatrixExpr:
        """The column or matrix whose entries at `indices` are a scalar expression of the reads."""
        own = self._indices(expression)
        if not own:
            return algebra.scaled(self._scalar(expression), self._ones(indices))
        if set(own) < set(indices):
            extents = {i: self.extents[i] for i in indices}
            return contract([Node(self._lifted(expression, own), own)], indices, extents)
        match expression:
            case Symbol() | Mul():
                return self._product(expression, indices, {i: self.extents[i] for i in indices})
            case Add():
                return algebra.added(*(self._lifted(term, indices) for term in expression.args))
            case Pow() if not self._indices(expression.exp):
                return algebra.power(self._lifted(expression.base, indices), self._scalar(expression.exp))
            case Piecewise() | Pieces():
                return self._applied(expression, self._only_read(expression), indices)
            case _:
                return self._applied(expression, self._only_argument(expression), indices)

    def _applied(self, expression: Expr, inside: Expr, indices: Indices) -> MatrixExpr:
        """The elementwise function `inside ↦ expression` of what is inside."""
        argument = self.operands.argument
        function = self._scalar(put(expression, {inside: argument}))
        return algebra.applied(Lambda(argument, function), self._lifted(inside, indices))

    def _only_argument(self, expression: Expr) -> Expr:
        """The one argument that depends on indices."""
        varying = [argument for argument in expression.args if self._indices(argument)]
        return varying[0] if len(varying) == 1 else self._only_read(expression)

    def _only_read(self, expression: Expr) -> Expr:
        """The one read, or one side of a comparison, that an expression depends on indices through."""
        reads = expression.free_symbols & self.nodes.keys()
        sides = [side for relation in expression.atoms(Relational) for side in relation.args if not side.is_number]
        for inside in [*sorted(reads, key=str), *sorted(sides, key=str)]:
            if self._indices(inside) and not self._indices(put(expression, {inside: self.operands.argument})):
                return inside
        raise NoMatrixNotation

    def _ones(self, indices: Indices) -> MatrixExpr:
        extents = [self.extents[i] for i in indices]
        return OneMatrix(extents[0], extents[1] if len(extents) == 2 else 1)


def _chosen(read: Read, operands: Operands) -> Expr:
    """The integer input that a pointer is."""
    chosen = operands.matrix(read.tensor)
    if not isinstance(chosen, Symbol) or read.index:
        raise NoMatrixNotation
    return chosen


def _is_outside(position: Expr, extent: Expr) -> bool:
    """Whether a fixed position that is written to is no place in the tensor, so that nothing is written."""
    return position.is_Integer and (position < 0 or (extent - 1 - position).is_negative is True)


def _is_inside(position: Expr, extent: Expr) -> bool:
    """Whether a position that is read with padding is surely none of the padding."""
    return not position.is_Integer or (position >= 0 and (extent - position).is_positive)
