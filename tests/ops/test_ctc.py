"""Connectionist temporal classification against the sum over all alignments, written out."""

import itertools

import numpy as np
import torch

from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.derivative import reverse
from verifier.trace.traced import trace

TARGETS = [[1, 2, 1], [2, 2, 0]]
STEPS, COUNTS = [5, 4], [3, 2]


def collapsed(path):
    return [label for label, _ in itertools.groupby(path) if label != 0]


def loss_by_enumeration(log_probs):
    losses = []
    for n, (steps, count) in enumerate(zip(STEPS, COUNTS, strict=True)):
        paths = [p for p in itertools.product(range(3), repeat=steps) if collapsed(p) == TARGETS[n][:count]]
        sums = [sum(log_probs[t, n, label] for t, label in enumerate(path)) for path in paths]
        losses.append(-torch.logsumexp(torch.stack(sums), 0))
    return torch.stack(losses)


def test_the_loss_and_its_gradient_are_those_of_the_sum_over_all_alignments():
    log_probs = torch.from_numpy(np.random.default_rng(0).uniform(-3, 0, (5, 2, 3))).requires_grad_()
    expected = loss_by_enumeration(log_probs)
    (gradient,) = torch.autograd.grad(expected.sum(), log_probs)

    def run(tensors):
        return [torch.ops.aten._ctc_loss(tensors["x"], torch.tensor(TARGETS), STEPS, COUNTS)[0]]

    traced = trace(run, {"x": log_probs})
    derivation = reverse(traced.program, traced.output, ["x"])
    given = {"x": log_probs.detach().numpy(), **traced.constants, derivation.cotangent: np.ones(2)}
    name = derivation.gradients["x"]
    found = evaluate(derivation.adjoint, given, [derivation.output, name], Float64())
    assert np.allclose(found[derivation.output], expected.detach().numpy(), rtol=1e-13)
    assert np.allclose(found[name], gradient.numpy(), rtol=1e-12, atol=1e-14)
