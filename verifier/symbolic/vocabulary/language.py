"""`total` and `Detached`."""

from __future__ import annotations

from verifier.symbolic.language import Detached, DetachedMatrix, Total
from verifier.symbolic.tensor import Tensor, scalar, total
from verifier.symbolic.translator import Translator


def sum_of_entries(node: Total, translator: Translator) -> Tensor:
    """The sum of all entries."""
    matrix = translator.tensor(node.matrix)
    rows, columns = matrix.shape
    return scalar(total(rows, lambda i: total(columns, lambda k: matrix[i, k])))


def detached(node: Detached | DetachedMatrix, translator: Translator) -> Tensor:
    """The same values, constant for every derivative."""
    return translator.lowering.detached(translator.tensor(node.expression))


NODES = {Total: sum_of_entries, Detached: detached, DetachedMatrix: detached}
