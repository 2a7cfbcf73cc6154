"""The cotangent that is drawn, and the dtype that counts."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from verifier.point import rounded
from verifier.trial.asking import coarsest, drawn_cotangent
from verifier.trial.trial import trial_of_call


def behaviour(*shape, dtype=torch.float64):
    trial = trial_of_call(lambda x: x.sum() + torch.ones(shape, dtype=dtype), torch.ones(2, requires_grad=True))
    return trial, replace(trial.candidate.behaviour(trial.inputs, trial.wrt), dtype=dtype)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_a_scalar_is_not_weighted(shape):
    _, scalar = behaviour(*shape)
    assert np.array_equal(drawn_cotangent(scalar, 0), np.ones(shape))


@pytest.mark.parametrize("seed", range(20))
def test_a_tensor_has_weights_of_both_signs_none_of_them_small_or_like_the_others(seed):
    drawn = drawn_cotangent(behaviour(2)[1], seed)
    assert drawn.min() < 0 < drawn.max()
    sizes = np.abs(drawn)
    assert (sizes >= 0.5).all() and (sizes <= 1.5).all() and sizes[0] != sizes[1]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_the_candidate_sees_just_these_weights(dtype):
    drawn = drawn_cotangent(behaviour(40, dtype=getattr(torch, dtype))[1], 0)
    assert np.array_equal(drawn, rounded(drawn, dtype))


@pytest.mark.parametrize(
    ("result", "counts"),
    [(torch.float64, "float32"), (torch.float32, "float32"), (torch.bfloat16, "bfloat16"), (torch.float16, "float16")],
)
def test_the_coarsest_dtype_of_inputs_and_result_counts(result, counts):
    assert coarsest(*behaviour(2, dtype=result)) == counts
