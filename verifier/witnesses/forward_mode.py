"""The same gradient through torch's forward mode: entry k is <cotangent, jvp(e_k)>."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.autograd import forward_ad

from verifier.autograd import cotangent_for, first_line, gradient_estimate, nothing_at_all, unit_roundoff
from verifier.candidate import Candidate
from verifier.errors import CandidateError
from verifier.numeric.subset import entries_to_ask, thinned_out
from verifier.trace.grad_mode import forward_mode_follows_no_grad
from verifier.witness import Abstains, Array, Estimate, Question, Testimony, Witness

#: Entries asked for in all; beyond, an even spread of them.
ENTRIES = 1024

#: Numbers that one batch of tangents may hold, inputs and outputs together.
BATCH = 2**20


def testify(question: Question) -> Testimony:
    """One jvp per entry, batched by `torch.vmap` where the function allows it.

    Raises:
        Abstains: the function has no forward mode for any of the inputs.
    """
    candidate = question.candidate
    assert candidate is not None
    sizes = {name: np.asarray(question.inputs[name]).size for name in question.wrt}
    asked = entries_to_ask(sizes, ENTRIES, question.focus)
    estimates: dict[str, Estimate] = {}
    reasons: dict[str, str] = {}
    notes = list(thinned_out(asked, sizes, "forward mode"))
    for name in question.wrt:
        try:
            with warnings.catch_warnings():
                # Torch itself scripts some of its forward-mode formulas, and warns that scripting is deprecated.
                warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", DeprecationWarning)
                estimates[name], said = _gradient(candidate, question, name, asked[name])
            notes += said
        except Abstains as reason:
            reasons[name] = str(reason)
    if reasons and not estimates:
        raise Abstains(next(iter(reasons.values())))
    notes += [f"forward mode says nothing about {name}: {reason}" for name, reason in reasons.items()]
    return Testimony(estimates, notes=tuple(notes))


def _gradient(
    candidate: Candidate, question: Question, name: str, asked: NDArray[np.int64]
) -> tuple[Estimate, list[str]]:
    shape = np.asarray(question.inputs[name]).shape
    roundoff = unit_roundoff(candidate.dtypes[name])
    directions = _Directions(candidate, question, name)
    output, tangent = directions.push(torch.ones(shape, dtype=candidate.dtypes[name]))
    cotangent = cotangent_for(output, question).to(torch.float64)
    if tangent is None:
        return nothing_at_all(shape), [f"forward mode sees no path from {name} to the result"]
    products, magnitudes = _inner_products(directions, cotangent, asked)
    gradient, error = np.full(shape, np.nan), np.full(shape, np.inf)
    gradient.flat[asked] = products
    honest = gradient_estimate(name, gradient, question, roundoff).error
    # Each term of the inner product carries the rounding of its own tangent, and summing them that of float64.
    terms = roundoff + unit_roundoff(torch.float64) * (1 + np.log2(output.numel() or 1))
    error.flat[asked] = honest.flat[asked] + terms * magnitudes
    return Estimate(gradient, error), []


@dataclass(frozen=True)
class _Directions:
    """The jvps of a candidate at the question's point along tangents of one input."""

    candidate: Candidate
    question: Question
    name: str

    def push(self, tangent: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The value and the jvp along one tangent; None where there is no path.

        Raises:
            Abstains: the function, or an operator in it, has no forward mode.
        """
        tensors = self.candidate.tensors(self.question.inputs, self.question.wrt)
        try:
            with forward_ad.dual_level():
                tensors[self.name] = forward_ad.make_dual(tensors[self.name], tangent)
                with forward_mode_follows_no_grad():
                    output = self.candidate.call(tensors)
                primal, pushed = forward_ad.unpack_dual(output)
                return primal.detach(), None if pushed is None else pushed.detach()
        except CandidateError as cause:
            reason = first_line(cause.__cause__ or cause)
            raise Abstains(f"the function has no forward mode: {reason}") from cause

    def push_all(self, tangents: torch.Tensor) -> torch.Tensor:
        """The jvps along a batch of tangents; raises whatever keeps the function from being batched."""
        tensors = self.candidate.tensors(self.question.inputs, self.question.wrt)

        def function(moved: torch.Tensor) -> torch.Tensor:
            with forward_mode_follows_no_grad():
                return self.candidate.call(tensors | {self.name: moved})

        def jvp(tangent: torch.Tensor) -> torch.Tensor:
            return torch.func.jvp(function, (tensors[self.name],), (tangent,))[1]

        return torch.vmap(jvp)(tangents).detach()

    def push_each(self, tangents: torch.Tensor) -> torch.Tensor:
        """The same, one after the other."""
        pushed = [self.push(tangent) for tangent in tangents]
        return torch.stack([torch.zeros_like(value) if jvp is None else jvp for value, jvp in pushed])


def _inner_products(directions: _Directions, cotangent: torch.Tensor, asked: NDArray[np.int64]) -> tuple[Array, Array]:
    """<cotangent, jvp(e_k)> for each entry k asked for, and the sum of the magnitudes of its terms, in float64."""
    point = directions.question.inputs[directions.name]
    chunk = max(1, BATCH // max(1, point.size + cotangent.numel()))
    products, magnitudes = [np.zeros(0)], [np.zeros(0)]
    for start in range(0, len(asked), chunk):
        part = torch.from_numpy(asked[start : start + chunk])
        basis = torch.zeros(len(part), point.size, dtype=directions.candidate.dtypes[directions.name])
        basis[torch.arange(len(part)), part] = 1
        pushed = _jvps(directions, basis.reshape(-1, *point.shape))
        terms = pushed.to(torch.float64).reshape(len(part), -1) * cotangent.reshape(1, -1)
        products.append(terms.sum(1).numpy())
        magnitudes.append(terms.abs().sum(1).numpy())
    return np.concatenate(products), np.concatenate(magnitudes)


def _jvps(directions: _Directions, tangents: torch.Tensor) -> torch.Tensor:
    try:
        return directions.push_all(tangents)
    except Exception:
        # Many functions cannot be batched (a Function without a vmap rule, .item(), branches): one tangent at a time
        # asks them as they are, and what is really wrong raises again there.
        return directions.push_each(tangents)


WITNESS = Witness(
    name="forward mode",
    order=2,
    needs="candidate",
    describes="forward-mode automatic differentiation: the inner product of the cotangent with one jvp per entry",
    testify=testify,
)
