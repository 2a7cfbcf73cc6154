"""The gradient that `backward` gives: torch's reverse mode, the witness that most people have in mind."""

from __future__ import annotations

import torch

from verifier.autograd import (
    cotangent_for,
    first_line,
    gradient_estimate,
    nothing_at_all,
    unit_roundoff,
    value_estimate,
)
from verifier.candidate import as_float64
from verifier.witness import Abstains, Question, Testimony, Witness


def testify(question: Question) -> Testimony:
    """One backward pass with the question's cotangent.

    Raises:
        Abstains: the backward pass raised.
        CandidateError: the forward raised, or returned something without a gradient.
    """
    candidate = question.candidate
    assert candidate is not None
    tensors = candidate.tensors(question.inputs, question.wrt)
    output = candidate.call(tensors)
    gradients, notes = _gradients(question, output, tensors)
    estimates = {
        name: nothing_at_all(tensors[name].shape)
        if gradient is None
        else gradient_estimate(name, as_float64(gradient.to_dense()), question, unit_roundoff(candidate.dtypes[name]))
        for name, gradient in gradients.items()
    }
    return Testimony(estimates, value_estimate(output, question), notes)


def _gradients(
    question: Question, output: torch.Tensor, tensors: dict[str, torch.Tensor]
) -> tuple[dict[str, torch.Tensor | None], tuple[str, ...]]:
    cotangent = cotangent_for(output, question)
    if not output.requires_grad:
        note = "the result does not require a gradient: torch sees no path to it from any input"
        nothing: dict[str, torch.Tensor | None] = dict.fromkeys(question.wrt)
        return nothing, (note,)
    wanted = [tensors[name] for name in question.wrt]
    try:
        found = torch.autograd.grad(output, wanted, cotangent, allow_unused=True)
    except Exception as cause:
        raise Abstains(f"backward raised {first_line(cause)}") from cause
    gradients: dict[str, torch.Tensor | None] = dict(zip(question.wrt, found, strict=True))
    unused = [name for name, gradient in gradients.items() if gradient is None]
    return gradients, tuple(f"torch returned None for {n}: it sees no path from {n} to the result" for n in unused)


WITNESS = Witness(
    name="reverse mode",
    order=1,
    needs="candidate",
    describes="torch.autograd.grad of the function's own result, with the cotangent in the result's dtype",
    testify=testify,
)
