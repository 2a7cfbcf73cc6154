"""Kronecker products in matrix notation: the product itself, and what is read at i·n + k.

A tensor that is a Kronecker product, the identity or all ones falls apart into a factor at i and a factor at k.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import TypeAlias

from sympy import Expr, Identity, KroneckerProduct, MatrixExpr, OneMatrix, Symbol

from verifier.symbolic.comprehension import Comprehension, index, value
from verifier.symbolic.notation import algebra
from verifier.symbolic.notation.contraction import Node, NoMatrixNotation
from verifier.symbolic.notation.operands import Operands
from verifier.symbolic.program import Shape

#: Where an axis is read: at i·n + k, given as (i, k), or along an index.
Place: TypeAlias = tuple[Symbol, Symbol] | Symbol


def kronecker_form(definition: Comprehension, operands: Operands) -> Expr:
    """The Kronecker product that a comprehension is; raises `NoMatrixNotation` where it is none."""
    reads = {read.index: read for read in definition.reads}
    row, column, down, along = (index(axis) for axis in range(4))
    left, right = reads.get((row, column)), reads.get((down, along))
    if left is None or right is None or len(definition.domain) != 4 or definition.body != value(0) * value(1):
        raise NoMatrixNotation
    _, _, height, width = definition.domain
    if definition.target != (row * height + down, column * width + along) or left.detached or right.detached:
        raise NoMatrixNotation
    factors = [_whole(operands, read.tensor) for read in (left, right)]
    form: Expr = KroneckerProduct(*factors)
    return algebra.transposed(form) if definition.shape[0] == 1 else form


def _whole(operands: Operands, tensor: str) -> MatrixExpr:
    form, shape = operands.matrix(tensor), operands.shapes[tensor]
    if not isinstance(form, MatrixExpr):
        raise NoMatrixNotation
    return algebra.transposed(form) if shape[0] == 1 else form


def places(at: Sequence[Expr], shape: Shape, extents: Mapping[Symbol, Expr]) -> list[Place] | None:
    """Where each axis that counts is read, if one of them is read at i·n + k; else None."""
    found: list[Place] = []
    for expression, extent in zip(at, shape, strict=True):
        if extent == 1 and expression == 0:
            continue
        if isinstance(expression, Symbol):
            found.append(expression)
            continue
        pair = next((p for p in permutations(extents, 2) if expression == p[0] * extents[p[1]] + p[1]), None)
        if pair is None or extents[pair[0]] * extents[pair[1]] != extent:
            return None
        found.append(pair)
    return found if any(isinstance(place, tuple) for place in found) else None


def split(form: Expr, at: Sequence[Place], extents: Mapping[Symbol, Expr]) -> list[Node]:
    """A matrix as factors at the first and at the second indices; raises `NoMatrixNotation` where it has none."""
    if not isinstance(form, MatrixExpr):
        raise NoMatrixNotation
    coefficient, bare = algebra.coefficient_and_matrix(form)
    scalar = Node(coefficient, ())
    match bare:
        case OneMatrix():
            return [scalar]
        case Identity() if len(at) == 2 and all(isinstance(place, tuple) for place in at):
            pairs = list(zip(*at, strict=True))
            if all(extents[i] == extents[k] for i, k in pairs):
                return [scalar, *(Node(Identity(extents[i]), (i, k)) for i, k in pairs)]
        case KroneckerProduct() if len(bare.args) == 2:
            return [scalar, *(_factor(bare.args, number, at, extents) for number in (0, 1))]
    raise NoMatrixNotation


def _factor(factors: Sequence[MatrixExpr], number: int, at: Sequence[Place], extents: Mapping[Symbol, Expr]) -> Node:
    """One factor of a Kronecker product at its own indices."""
    indices: list[Symbol] = []
    counting = [axis for axis in (0, 1) if any(factor.shape[axis] != 1 for factor in factors)]
    if len(counting) != len(at):
        raise NoMatrixNotation
    for axis, place in zip(counting, at, strict=True):
        extent = factors[number].shape[axis]
        own = place[number] if isinstance(place, tuple) else place
        if extent == 1:
            continue
        if extents[own] != extent:
            raise NoMatrixNotation
        indices.append(own)
    matrix = factors[number]
    return Node(algebra.transposed(matrix) if matrix.shape[0] == 1 else matrix, tuple(indices))
