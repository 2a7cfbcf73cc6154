"""Comprehensions in matrix notation.

Axes of extent 1 do not count: what is left of a tensor is a scalar, a column or a matrix. The body is a sum of
products; each factor is a read, or a scalar function of reads at the same one or two indices and so an elementwise
function of matrices.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import (
    Add,
    BlockMatrix,
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
from verifier.symbolic.notation.partitions import placed
from verifier.symbolic.notation.pieces import Pieces, folded
from verifier.symbolic.notation.places import Place, place_at
from verifier.symbolic.notation.slices import part, whole
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
        self.block: list[Place] | None = None
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
        result = algebra.diagonal(result) if len(self.target) > len(self.free) else result
        return result if self.block is None else _between_zeros(result, self.block)

    def _target(self, definition: Comprehension) -> Indices:
        """The free index of each axis that counts; a fixed position is an index that a unit vector chooses.

        Where an index does not run along all of its axis, what is computed is a block between zeros.
        """
        found = self._places(definition.target, definition.shape)
        if len(found) > 2 or any(place.is_outside for place in found):
            raise NoMatrixNotation
        if any(not place.is_whole if place.index else self._is_far(place) for place in found):
            self.block = found
            return tuple(place.index for place in found if place.index)
        target: list[Symbol] = []
        for place in found:
            target.append(place.index or Dummy("c"))
            if place.index is None:
                self.extents[target[-1]] = place.extent
                self.chosen.append(Node(UnitVector(place.extent, place.start), (target[-1],)))
        return tuple(target)

    def _node(self, read: Read) -> Node:
        """A read as a factor: rows, columns and entries at a fixed position have fewer indices."""
        form = self._form(read)
        found = self._places(read.index, self.operands.shapes[read.tensor])
        if read.fill is not None and not all(place.is_whole or self._is_inside(place) for place in found):
            raise NoMatrixNotation
        along = tuple(place.index for place in found if place.index)
        if not found or len(found) > 2:
            return Node(form, along)
        if not along:
            return Node(element(form, found[0].start, found[1].start if len(found) == 2 else Integer(0)), ())
        if isinstance(form, BlockMatrix) or any(place.index and not place.is_whole for place in found):
            rows, columns = [*(place.range for place in found), whole(form, 1)][:2]
            form = part(form, rows, columns)
            return Node(form if found[0].index else algebra.transposed(form), along)
        match [place.index is None for place in found]:
            case [True, False]:
                form = algebra.product(algebra.transposed(form), UnitVector(form.shape[0], found[0].start))
            case [False, True]:
                form = algebra.product(form, UnitVector(form.shape[1], found[1].start))
        return Node(form, along)

    def _form(self, read: Read) -> Expr:
        form = self.operands.matrix(read.tensor)
        if form is None:
            raise NoMatrixNotation
        return Detached(form) if read.detached and not form.is_number else form

    def _places(self, at: Sequence[Expr], shape: Shape) -> list[Place]:
        """Where a tensor is read or written, on the axes that count."""
        found = []
        for expression, extent in zip(at, shape, strict=True):
            position = expression.xreplace(self.fixed)
            if extent != 1 or position != 0:
                found.append(place_at(position, extent, self.extents))
        if any(not self._is_known(place) for place in found):
            raise NoMatrixNotation
        return found

    def _is_known(self, place: Place) -> bool:
        return place.index is not None or place.start.is_Integer or self._is_inside(place)

    def _is_chosen(self, place: Place) -> bool:
        return place.start in self.fixed.values()

    def _is_far(self, place: Place) -> bool:
        """Whether a fixed position is counted from somewhere else than the beginning of its axis."""
        return not place.start.is_Integer and not self._is_chosen(place)

    def _is_inside(self, place: Place) -> bool:
        """Whether a position that is read with padding is surely none of the padding."""
        return self._is_chosen(place) or place.is_inside

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


def _between_zeros(form: Expr, found: Sequence[Place]) -> MatrixExpr:
    """What is computed, as the block of a matrix or a column at this place; raises `NoMatrixNotation`."""
    rows, columns = found if len(found) == 2 else (found[0], Place(Integer(1), Integer(0)))
    block = form if isinstance(form, MatrixExpr) else algebra.scaled(form, OneMatrix(1, 1))
    if rows.index is None:
        block = algebra.transposed(block)
    matrix = placed(block, rows.range, columns.range, (rows.extent, columns.extent))
    if matrix is None:
        raise NoMatrixNotation
    return matrix
