"""Softmax, log-sum-exp and layer norm, of a vector or of each row of a matrix."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Integer, exp, log, sqrt

from verifier.symbolic.language import LayerNorm, LogSumExp, Softmax
from verifier.symbolic.language.normalizations import runs_down
from verifier.symbolic.selection import Argmax
from verifier.symbolic.tensor import Entry, Tensor, named, total
from verifier.symbolic.translator import Translator


def softmax(node: Softmax, translator: Translator) -> Tensor:
    """exp(x - m) over its sum, with the largest x for m: it cancels, and nothing overflows."""
    rows = _rows(node, translator)
    shifted = _shifted(rows, translator)

    def share(i: Expr, k: Expr) -> Expr:
        return exp(shifted(i, k)) / _sum(rows, lambda j: exp(shifted(i, j)))

    return _as_given(node, Tensor(rows.shape, share))


def logsumexp(node: LogSumExp, translator: Translator) -> Tensor:
    """m + log Σ exp(x - m), with the largest x for m."""
    rows = _rows(node, translator)
    shifted, largest = _shifted(rows, translator), _largest(rows, translator)
    return Tensor(node.shape, lambda i, _: largest(i) + log(_sum(rows, lambda j: exp(shifted(i, j)))))


def layer_norm(node: LayerNorm, translator: Translator) -> Tensor:
    """(x - mean)/√(variance + ε)."""
    rows = _rows(node, translator)
    length, epsilon = rows.shape[1], translator.entry(node.epsilon)

    def centred(i: Expr, k: Expr) -> Expr:
        return rows[i, k] - _sum(rows, lambda j: rows[i, j]) / length

    deviations = translator.settled(Tensor(rows.shape, centred))

    def normed(i: Expr, k: Expr) -> Expr:
        return deviations[i, k] / sqrt(_sum(rows, lambda j: deviations[i, j] ** 2) / length + epsilon)

    return _as_given(node, Tensor(rows.shape, normed))


def _rows(node: Softmax | LogSumExp | LayerNorm, translator: Translator) -> Tensor:
    """The matrix whose rows are normalised: a column is taken as one row."""
    matrix = translator.tensor(node.matrix)
    if runs_down(node.matrix):
        length = matrix.shape[0]
        return translator.settled(Tensor((Integer(1), length), lambda i, k: matrix[k, Integer(0)]))
    return translator.settled(matrix)


def _as_given(node: Softmax | LayerNorm, rows: Tensor) -> Tensor:
    return Tensor(node.shape, lambda i, k: rows[k, i]) if runs_down(node.matrix) else rows


def _sum(rows: Tensor, body: Callable[[Expr], Expr]) -> Expr:
    return total(rows.shape[1], body)


def _largest(rows: Tensor, translator: Translator) -> Callable[[Expr], Expr]:
    """The largest entry of each row, held constant."""
    name = translator.lowering.define(rows)
    place = translator.lowering.builder.define(Argmax(name, rows.shape[:1]), "argmax")
    held = named(name, rows.shape, detached=True)
    return lambda i: held[i, Entry(place, (i,))]


def _shifted(rows: Tensor, translator: Translator) -> Callable[[Expr, Expr], Expr]:
    largest = _largest(rows, translator)
    return lambda i, k: rows[i, k] - largest(i)


NODES = {Softmax: softmax, LogSumExp: logsumexp, LayerNorm: layer_norm}
