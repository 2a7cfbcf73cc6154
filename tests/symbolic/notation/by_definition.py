"""What formulas and programs are worth, straight from the definitions: slow, plain, and without the package's help."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from functools import reduce
from itertools import permutations, product
from typing import Any

import numpy as np
import scipy.linalg
import sympy as sp
from sympy.functions.special.tensor_functions import KroneckerDelta
from sympy.matrices import MatrixBase
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix, DiagonalMatrix, DiagonalOf
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.slice import MatrixSlice

from verifier.symbolic.determinant import Determinant
from verifier.symbolic.equation import Equation
from verifier.symbolic.language import (
    Adjugate,
    Cholesky,
    Detached,
    DetachedMatrix,
    Diagonal,
    Eigenvalues,
    Eigenvectors,
    Explicit,
    ExponentialDerivative,
    LayerNorm,
    LogSumExp,
    LowerHalf,
    LowerPart,
    LowerTriangular,
    MatrixExponential,
    PowerDerivative,
    ReciprocalGaps,
    Softmax,
    Sylvester,
    Symmetric,
    Total,
)
from verifier.symbolic.notation.nodes import Entries, UnitVector
from verifier.symbolic.notation.pieces import Pieces
from verifier.symbolic.program import Program

Values = Mapping[str, Any]

RELATIONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def value(node: Any, env: Values) -> Any:
    """The value of a closed form; `env` has arrays and extents by name."""

    def of(other: Any, **more: Any) -> Any:
        return value(other, {**env, **more})

    def size(matrix: Any) -> tuple[int, ...]:
        return tuple(int(of(extent)) for extent in matrix.shape)

    match node:
        case sp.Symbol():
            return np.asarray(env[node.name]).item()
        case sp.MatrixSymbol():
            return np.reshape(env[node.name], size(node))
        case sp.Number() | sp.NumberSymbol():
            return float(node)
        case sp.MatAdd():
            return sum(of(a) for a in node.args)
        case sp.MatMul():
            scalars = [of(a) for a in node.args if not a.is_Matrix]
            matrices = [of(a) for a in node.args if a.is_Matrix]
            return math.prod(scalars) * (np.linalg.multi_dot(matrices) if len(matrices) > 1 else matrices[0])
        case sp.Add():
            return sum(of(a) for a in node.args)
        case sp.Mul():
            return math.prod(of(a) for a in node.args)
        case sp.Pow():
            return of(node.base) ** of(node.exp)
        case sp.Sum():
            return _sum(node.function, list(node.limits), env)
        case sp.Indexed():
            return env[str(node.base.label)][tuple(int(of(i)) for i in node.indices)]
        case MatrixElement():
            return of(node.parent)[tuple(int(of(i)) for i in node.indices)]
        case KroneckerDelta():
            return float(of(node.args[0]) == of(node.args[1]))
        case sp.Piecewise() | Pieces():
            return next(of(e) for e, c in node.args if of(c))
        case sp.And():
            return all(of(a) for a in node.args)
        case sp.Or():
            return any(of(a) for a in node.args)
        case sp.Not():
            return not of(node.args[0])
        case sp.core.relational.Relational():
            return RELATIONS[node.rel_op](*map(of, node.args))
        case sp.logic.boolalg.BooleanAtom():
            return bool(node)
        case sp.Determinant():
            return np.linalg.det(of(node.arg))
        case sp.Trace():
            return np.trace(of(node.arg))
        case Total():
            return of(node.matrix).sum()
        case Detached() | DetachedMatrix():
            return of(node.expression)
        case sp.Inverse():
            return np.linalg.inv(of(node.arg))
        case sp.MatPow():
            base, exponent = of(node.base), float(of(node.exp))
            if exponent.is_integer():
                return np.linalg.matrix_power(base, int(exponent))
            return scipy.linalg.fractional_matrix_power(base, exponent)
        case sp.KroneckerProduct():
            return reduce(np.kron, [of(a) for a in node.args])
        case MatrixExponential():
            return scipy.linalg.expm(of(node.matrix))
        case ExponentialDerivative():
            orders = permutations([of(direction) for direction in node.directions])
            return sum(_integrated(of(node.matrix), order, 1.0) for order in orders)
        case PowerDerivative():
            orders = permutations([of(direction) for direction in node.directions])
            return sum(_summed(of(node.matrix), order, int(of(node.exponent))) for order in orders)
        case ReciprocalGaps():
            column = of(node.matrix).ravel()
            gaps = column[None, :] - column[:, None]
            return np.array([[1 / gap if i != j else 0.0 for j, gap in enumerate(row)] for i, row in enumerate(gaps)])
        case Eigenvalues():
            return np.linalg.eigvalsh(_symmetric(of(node.matrix)))[:, None]
        case Eigenvectors():
            return np.linalg.eigh(_symmetric(of(node.matrix)))[1]
        case Cholesky():
            return np.linalg.cholesky(_symmetric(of(node.matrix)))
        case LowerPart():
            return np.tril(of(node.matrix))
        case LowerHalf():
            matrix = of(node.matrix)
            return np.tril(matrix, -1) + np.diag(np.diag(matrix)) / 2
        case Sylvester():
            return scipy.linalg.solve_sylvester(*map(of, node.args))
        case Adjugate():
            matrix = of(node.matrix)
            return np.linalg.det(matrix) * np.linalg.inv(matrix)
        case Symmetric():
            return _symmetric(of(node.symbol))
        case Diagonal():
            return np.diag(np.diag(of(node.symbol)))
        case LowerTriangular():
            return np.tril(of(node.symbol))
        case LogSumExp():
            return np.log(np.exp(of(node.matrix)).sum(axis=0 if node.matrix.shape[1] == 1 else 1, keepdims=True))
        case LayerNorm():
            matrix, axis = of(node.matrix), 0 if node.matrix.shape[1] == 1 else 1
            deviations = matrix - matrix.mean(axis=axis, keepdims=True)
            return deviations / np.sqrt((deviations**2).mean(axis=axis, keepdims=True) + float(node.epsilon))
        case sp.Product():
            ((index, low, high),) = node.limits
            steps = range(int(of(low)), int(of(high)) + 1)
            return math.prod(of(node.function, **{index.name: i}) for i in steps)
        case sp.Transpose():
            return of(node.arg).T
        case sp.HadamardProduct():
            return math.prod(of(a) for a in node.args)
        case sp.HadamardPower():
            return of(node.base) ** of(node.exp)
        case ElementwiseApplyFunction():
            argument, body = node.function.signature[0], node.function.expr
            matrix = of(node.expr)
            return np.array([[of(body, **{argument.name: x}) for x in row] for row in matrix])
        case sp.OneMatrix():
            return np.ones(size(node))
        case sp.ZeroMatrix():
            return np.zeros(size(node))
        case sp.Identity():
            return np.eye(size(node)[0])
        case DiagMatrix():
            return np.diag(of(node.args[0]).ravel())
        case DiagonalOf():
            return np.diag(of(node.arg))[:, None]
        case DiagonalMatrix():
            return np.diag(np.diag(of(node.arg)))
        case Softmax():
            exponentials = np.exp(of(node.matrix))
            return exponentials / exponentials.sum(axis=0 if exponentials.shape[1] == 1 else 1, keepdims=True)
        case UnitVector():
            return np.eye(size(node)[0])[:, [int(of(node.position))]]
        case sp.BlockMatrix():
            return np.block([[of(block) for block in node.blocks.row(i)] for i in range(node.blocks.rows)])
        case MatrixSlice():
            rows, columns = (slice(*(int(of(end)) for end in along)) for along in node.args[1:])
            return of(node.parent)[rows, columns]
        case MatrixBase():
            return np.array([[of(entry) for entry in row] for row in node.tolist()], dtype=float)
        case Explicit():
            return of(node.doit())
        case Entries():
            indices = [index.name for index, _ in node.axes]
            entries = {at: of(node.expression, **dict(zip(indices, at, strict=True))) for at in _box(size(node))}
            return np.array([entries[at] for at in _box(size(node))]).reshape(size(node))
        case sp.Function():
            return float(node.func(*map(of, node.args)).evalf())
        case sp.Max() | sp.Min():
            return float(node.func(*map(of, node.args)))
    raise TypeError(f"{type(node).__name__} is not known here")


def _integrated(matrix: np.ndarray, directions: tuple[np.ndarray, ...], until: float) -> np.ndarray:
    """∫ exp(t·A)·E·(the same of the other directions, until what is left of the time) dt."""
    if not directions:
        return scipy.linalg.expm(until * matrix)
    points, weights = np.polynomial.legendre.leggauss(12)
    times, (first, *rest) = (points + 1) / 2 * until, directions
    terms = [scipy.linalg.expm(t * matrix) @ first @ _integrated(matrix, tuple(rest), until - t) for t in times]
    return sum(w / 2 * until * term for w, term in zip(weights, terms, strict=True))


def _summed(matrix: np.ndarray, directions: tuple[np.ndarray, ...], exponent: int) -> np.ndarray:
    """Σ A^r·E·(the same of the other directions, with the exponent that is left) over r."""
    if not directions:
        return np.linalg.matrix_power(matrix, exponent)
    first, *rest = directions
    # A sum from 0 to k - 1 below 0 is the negative of that from k to -1 (Karr), as SymPy has it.
    terms = [
        np.linalg.matrix_power(matrix, r) @ first @ _summed(matrix, tuple(rest), exponent - 1 - r)
        for r in range(min(exponent, 0), max(exponent, 0))
    ]
    return math.copysign(1, exponent) * sum(terms, np.zeros_like(matrix))


def _symmetric(matrix: np.ndarray) -> np.ndarray:
    return (matrix + matrix.T) / 2


def _sum(body: Any, limits: list[Any], env: Values) -> float:
    if not limits:
        return value(body, env)
    index, low, high = limits[-1]
    steps = range(int(value(low, env)), int(value(high, env)) + 1)
    return sum(_sum(body, limits[:-1], {**env, index.name: i}) for i in steps)


def evaluated(program: Program, tensor: str, env: Values) -> np.ndarray:
    """A tensor of a program, entry by entry; `env` has the inputs and the extents by name."""
    arrays = {name: np.asarray(env[name], dtype=float) for name, _ in program.inputs}
    extents = {name: number for name, number in env.items() if np.ndim(number) == 0}
    for name, definition in program.needed_for([tensor]):
        if isinstance(definition, Equation):
            arrays[name] = _solution(definition, arrays, extents)
            continue
        if isinstance(definition, Determinant):
            matrix = arrays[definition.matrix]
            det = np.linalg.det(matrix)
            arrays[name] = np.asarray(det if definition.order == 0 else det * np.linalg.inv(matrix).T)
            continue
        arrays[name] = np.zeros([int(value(extent, extents)) for extent in definition.shape])
        for at in _box([int(value(extent, extents)) for extent in definition.domain]):
            here = {**extents, **{f"i{k}": i for k, i in enumerate(at)}}
            here |= {f"p{k}": _entry(read, arrays, here) for k, read in enumerate(definition.pointers)}
            here |= {f"a{k}": _entry(read, arrays, here) for k, read in enumerate(definition.reads)}
            target = tuple(int(value(t, here)) for t in definition.target)
            if _is_inside(target, arrays[name].shape):
                arrays[name][target] += value(definition.body, here)
    return arrays[tensor]


def _solution(definition: Equation, arrays: Values, extents: Values) -> np.ndarray:
    """The solution of a linear equation, from its residual at zero and at every unit vector."""
    shape = [int(value(extent, extents)) for extent in definition.shape]
    known = {**extents, **{local: arrays[outer] for local, outer in definition.bindings}}
    units = [np.zeros(shape), *np.eye(math.prod(shape)).reshape(-1, *shape)]
    at = [
        evaluated(definition.residual, definition.output, {**known, definition.unknown: unit}).ravel() for unit in units
    ]
    jacobian = np.stack([column - at[0] for column in at[1:]], axis=1)
    return np.linalg.solve(jacobian, -at[0]).reshape(shape)


def _entry(read: Any, arrays: Values, env: Values) -> float:
    at = tuple(int(value(i, env)) for i in read.index)
    if not _is_inside(at, arrays[read.tensor].shape):
        return float(read.fill)
    return arrays[read.tensor][at]


def _is_inside(at: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    return all(0 <= i < n for i, n in zip(at, shape, strict=True))


def _box(shape: Any) -> Any:
    return product(*map(range, shape))
