"""SymPy's array expressions, against torch."""

import pytest
import torch
from sympy import MatrixSymbol, sin
from sympy.tensor.array.expressions import (
    ArrayAdd,
    ArrayContraction,
    ArrayDiagonal,
    ArrayElementwiseApplyFunc,
    ArraySymbol,
    ArrayTensorProduct,
    PermuteDims,
)
from torch_oracle import against_torch, draw

from verifier.symbolic.formula import formula_of

X, Y, T = MatrixSymbol("X", 2, 3), MatrixSymbol("Y", 3, 2), ArraySymbol("T", (2, 3, 4))
AT = {"X": draw(2, 3), "Y": draw(3, 2, seed=1), "T": draw(2, 3, 4, seed=2)}

FORMULAS = {
    "tensor product": (ArrayTensorProduct(X, Y), lambda X, Y: torch.einsum("ij,kl->ijkl", X, Y)),
    "of three": (ArrayTensorProduct(X, Y, X), lambda X, Y: torch.einsum("ij,kl,mn->ijklmn", X, Y, X)),
    "contraction": (
        ArrayContraction(ArrayTensorProduct(X, Y), (1, 2)),
        lambda X, Y: X @ Y,
    ),
    "two contractions": (
        ArrayContraction(ArrayTensorProduct(X, Y, T), (1, 2, 5), (0, 4)),
        lambda X, Y, T: torch.einsum("ij,jk,ijl->kl", X, Y, T),
    ),
    "contraction of everything": (
        ArrayContraction(ArrayTensorProduct(X, Y), (1, 2), (0, 3)),
        lambda X, Y: (X @ Y).trace(),
    ),
    "permutation": (PermuteDims(T, [2, 0, 1]), lambda T: T.permute(2, 0, 1)),
    "diagonal": (ArrayDiagonal(ArrayTensorProduct(X, T), (0, 2)), lambda X, T: torch.einsum("ia,ibc->abci", X, T)),
    "sum": (ArrayAdd(T, ArrayElementwiseApplyFunc(sin, T)), lambda T: T + T.sin()),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_against_torch(name):
    expression, function = FORMULAS[name]
    against_torch(expression, function, **{n: AT[n] for n in formula_of(expression).symbols})
