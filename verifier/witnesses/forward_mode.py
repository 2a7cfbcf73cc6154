"""The same gradient through torch's forward mode: entry k is <cotangent, jvp(e_k)>."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch.autograd import forward_ad

from verifier.candidate.autograd import (
    ROUNDOFFS,
    cotangent_for,
    first_line,
    gradient_estimate,
    nothing_at_all,
    unit_roundoff,
)
from verifier.candidate.candidate import Candidate
from verifier.candidate.compiler import without_compiler
from verifier.candidate.scripted_rules import may_need_a_scripted_rule, without_scripted_rules
from verifier.errors import CandidateError
from verifier.numeric.directions import asked_along, asked_jointly
from verifier.trace.grad_mode import forward_mode_follows_no_grad
from verifier.witness import Abstains, Array, Estimate, Joint, Question, Testimony, Witness

#: What is said where a formula of torch's forward mode overflows on the way, though the slope itself does not.
OVERFLOWS = "forward mode by {} overflows on the way where float64 does not; it is not heard there"

#: Numbers that one batch of tangents may hold, inputs and outputs together.
BATCH = 2**20


def testify(question: Question) -> Testimony:
    """One jvp per entry, or per direction of a large input, batched by `torch.vmap` where the function allows it.

    Raises:
        Abstains: the function has no forward mode for any of the inputs.
    """
    with warnings.catch_warnings(), without_compiler():
        # Torch itself scripts some of its forward-mode formulas, and warns that scripting is deprecated.
        warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", DeprecationWarning)
        return _testimony(question.of_parts)


def _testimony(question: Question) -> Testimony:
    if question.joint is not None:
        note = asked_jointly(question, "forward mode")
        return Testimony({}, notes=(note,), joint=_joint_slopes(question, question.joint))
    said: dict[str, _Said] = {}
    reasons: dict[str, str] = {}
    for name in question.wrt:
        try:
            said[name] = _said(question, name)
        except Abstains as reason:
            reasons[name] = str(reason)
    if reasons:
        # Where a Function without a jvp gets no tangent, torch says nothing of it, and it may hold the input inside.
        pathless = [name for name, one in said.items() if one.is_pathless]
        reasons |= {name: f"it sees no path, and {next(iter(reasons.values()))}" for name in pathless}
        said = {name: one for name, one in said.items() if not one.is_pathless}
    if reasons and not said:
        raise Abstains(next(iter(reasons.values())))
    notes = [note for one in said.values() for note in one.notes]
    notes += [f"forward mode says nothing about {name}: {reason}" for name, reason in reasons.items()]
    return Testimony(
        {name: one.gradient for name, one in said.items()},
        notes=tuple(notes),
        slopes={name: one.slopes for name, one in said.items() if one.slopes is not None},
    )


@dataclass(frozen=True)
class _Said:
    """What forward mode says of one input: of its entries, and along the question's directions if there are any."""

    gradient: Estimate
    slopes: Estimate | None
    notes: tuple[str, ...] = ()
    is_pathless: bool = False


def _said(question: Question, name: str) -> _Said:
    candidate = question.candidate
    assert candidate is not None
    shape = question.inputs[name].shape
    given, entries = question.directions.get(name), question.entries(name)
    directions = _Directions(candidate, question, name)
    output, tangent = directions.push({name: torch.ones(shape, dtype=candidate.dtypes[name])})
    overflows = _overflows(directions, tangent)
    directions = replace(directions, infinite=(~output.isfinite() | overflows).reshape(1, -1))
    remarks = (OVERFLOWS.format(name),) if overflows.any() else ()
    cotangent = cotangent_for(output, question).to(torch.float64)
    if tangent is None:
        slopes = None if given is None else nothing_at_all((len(given),))
        note = f"forward mode sees no path from {name} to the result"
        return _Said(nothing_at_all(shape), slopes, (note,), is_pathless=True)
    if given is None:
        return _Said(_gradient(directions, cotangent, entries), None, remarks)
    slopes = _slopes(directions, cotangent, given)
    note = asked_along(name, question.inputs[name].size, len(entries), len(given), "forward mode")
    return _Said(_gradient(directions, cotangent, entries, _length(slopes, given)), slopes, (note, *remarks))


def _overflows(directions: _Directions, tangent: torch.Tensor | None) -> torch.Tensor:
    """Where a tangent is no finite number in the candidate's dtype, and would be one in float64."""
    own = directions.candidate
    if tangent is None or bool(tangent.isfinite().all()) or directions.dtype == torch.float64:
        return torch.zeros(() if tangent is None else tangent.shape, dtype=torch.bool)
    floating = {name: torch.float64 for name, dtype in own.dtypes.items() if dtype.is_floating_point}
    wide = replace(directions, candidate=replace(own, dtypes={**own.dtypes, **floating}))
    try:
        ones = torch.ones(directions.question.inputs[directions.name].shape, dtype=torch.float64)
        _, there = wide.push({directions.name: ones})
    except Abstains:
        there = None
    if there is None or there.shape != tangent.shape:
        return torch.zeros(tangent.shape, dtype=torch.bool)
    return ~tangent.isfinite() & there.isfinite()


def _length(slopes: Estimate, directions: tuple[Array, ...]) -> float:
    """The length of the gradient, which no entry exceeds, as its slopes along random directions tell it."""
    finite = np.abs(slopes.value[np.isfinite(slopes.value)])
    typical = min(float(np.sqrt(np.square(direction).mean())) for direction in directions)
    return float(finite.max(initial=0.0)) / (typical or 1.0)


def _gradient(
    directions: _Directions, cotangent: torch.Tensor, entries: NDArray[np.int64], length: float = 0.0
) -> Estimate:
    """The gradient at some entries; nothing about the others, of which no more than their `length` is known."""
    question, name = directions.question, directions.name
    shape, size = question.inputs[name].shape, question.inputs[name].size

    def basis(part: slice) -> torch.Tensor:
        chosen = torch.from_numpy(entries[part])
        tangents = torch.zeros(len(chosen), size, dtype=directions.dtype)
        tangents[torch.arange(len(chosen)), chosen] = 1
        return tangents.reshape(-1, *shape)

    if not entries.size:
        return Estimate.nothing(shape)
    products, magnitudes = _inner_products(directions, cotangent, basis, len(entries))
    gradient, error = np.full(shape, np.nan), np.full(shape, np.inf)
    gradient.flat[entries] = products
    roundoff = unit_roundoff(directions.dtype)
    honest = gradient_estimate(name, gradient, question, roundoff).error.flat[entries]
    if name not in question.allowance:
        honest = np.maximum(honest, ROUNDOFFS * roundoff * length)
    error.flat[entries] = honest + directions.rounding(cotangent) * magnitudes
    return Estimate(gradient, error)


def _slopes(directions: _Directions, cotangent: torch.Tensor, given: tuple[Array, ...]) -> Estimate:
    """The slopes along directions, with the error that an honest gradient may have along them."""
    tangents = torch.stack([torch.from_numpy(direction) for direction in given]).to(directions.dtype)
    products, magnitudes = _inner_products(directions, cotangent, lambda part: tangents[part], len(given))
    allowance = directions.question.allowance.get(directions.name)
    if allowance is not None:
        honest = np.array([(np.abs(direction) * allowance).sum() for direction in given])
    else:
        # What a random direction leaves of n terms is about a √n-th part of their magnitudes.
        largest = magnitudes.max(initial=0.0) * np.sqrt(given[0].size)
        honest = np.full(len(given), ROUNDOFFS * unit_roundoff(directions.dtype) * largest)
    return Estimate(products, honest + directions.rounding(cotangent) * magnitudes)


def _joint_slopes(question: Question, joint: Joint) -> Estimate:
    """The slopes along directions of several inputs, one jvp for each, with what an honest gradient may be off by."""
    values, errors = np.empty(len(joint.directions)), np.empty(len(joint.directions))
    for k, direction in enumerate(joint.directions):
        values[k], errors[k] = _joint_slope(question, direction)
    return Estimate(values, errors)


def _joint_slope(question: Question, direction: Mapping[str, Array]) -> tuple[float, float]:
    candidate = question.candidate
    assert candidate is not None
    coarsest = max(direction, key=lambda name: unit_roundoff(candidate.dtypes[name]))
    directions = _Directions(candidate, question, coarsest)
    tangents = {name: torch.from_numpy(moves).to(candidate.dtypes[name]) for name, moves in direction.items()}
    output, pushed = directions.push(tangents)
    if pushed is None:
        return 0.0, 0.0
    cotangent = cotangent_for(output, question).to(torch.float64)
    terms = pushed.to(torch.float64) * cotangent
    rounding = directions.rounding(cotangent) * float(terms.abs().sum())
    return float(terms.sum()), question.allowed_along(direction) + rounding


@dataclass(frozen=True)
class _Directions:
    """The jvps of a candidate at the question's point along tangents of one input.

    infinite: the entries of the result that are no finite number, or whose slopes overflow on the way. A tangent there
    that is none either says nothing: 0·∞ is NaN.
    """

    candidate: Candidate
    question: Question
    name: str
    infinite: torch.Tensor | None = None

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the input, and so of its tangents."""
        return self.candidate.dtypes[self.name]

    def rounding(self, cotangent: torch.Tensor) -> float:
        """Each term of an inner product carries the rounding of its own tangent, and summing them that of float64."""
        return unit_roundoff(self.dtype) + unit_roundoff(torch.float64) * (1 + math.log2(cotangent.numel() or 1))

    def push(self, tangents: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The value and the jvp along tangents of some inputs; None where there is no path.

        Raises:
            Abstains: the function, or an operator in it, has no forward mode.
        """
        try:
            try:
                with without_scripted_rules():
                    return self._pushed(tangents)
            except CandidateError as cause:
                if not may_need_a_scripted_rule(cause.__cause__):
                    raise
                return self._pushed(tangents)
        except CandidateError as cause:
            reason = first_line(cause.__cause__ or cause)
            raise Abstains(f"the function has no forward mode: {reason}") from cause

    def _pushed(self, tangents: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor | None]:
        tensors = self.candidate.tensors(self.question.inputs, self.question.wrt)
        with forward_ad.dual_level():
            for name, tangent in tangents.items():
                tensors[name] = forward_ad.make_dual(tensors[name], tangent)
            with forward_mode_follows_no_grad():
                output = self.candidate.call(tensors)
            primal, pushed = forward_ad.unpack_dual(output)
            return primal.detach(), None if pushed is None else pushed.detach()

    def push_all(self, tangents: torch.Tensor) -> torch.Tensor:
        """The jvps along a batch of tangents; raises whatever keeps the function from being batched."""
        tensors = self.candidate.tensors(self.question.inputs, self.question.wrt)

        def function(moved: torch.Tensor) -> torch.Tensor:
            with forward_mode_follows_no_grad():
                return self.candidate.call(tensors | {self.name: moved})

        def jvp(tangent: torch.Tensor) -> torch.Tensor:
            return torch.func.jvp(function, (tensors[self.name],), (tangent,))[1]

        # The operators that need a scripted rule have said so for the first tangent.
        with without_scripted_rules():
            return torch.vmap(jvp)(tangents).detach()

    def push_each(self, tangents: torch.Tensor) -> torch.Tensor:
        """The same, one after the other."""
        pushed = [self.push({self.name: tangent}) for tangent in tangents]
        return torch.stack([torch.zeros_like(value) if jvp is None else jvp for value, jvp in pushed])


def _inner_products(
    directions: _Directions, cotangent: torch.Tensor, tangents: Callable[[slice], torch.Tensor], count: int
) -> tuple[Array, Array]:
    """<cotangent, jvp(tangent)> for so many tangents, and the sums of the magnitudes of its terms, in float64."""
    size = directions.question.inputs[directions.name].size
    chunk = max(1, BATCH // max(1, size + cotangent.numel()))
    products, magnitudes = [np.zeros(0)], [np.zeros(0)]
    for start in range(0, count, chunk):
        pushed = _jvps(directions, tangents(slice(start, start + chunk)))
        terms = pushed.to(torch.float64).reshape(len(pushed), -1) * cotangent.reshape(1, -1)
        products.append(terms.sum(1).numpy())
        # A tangent that is not a number is wrong as it stands, and no reason to allow for more, but where the result
        # is none either.
        sizes = terms.abs().nan_to_num(nan=0.0, posinf=0.0)
        if directions.infinite is not None:
            sizes = sizes.masked_fill(directions.infinite & ~terms.isfinite(), torch.inf)
        magnitudes.append(sizes.sum(1).numpy())
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
    describes="forward-mode automatic differentiation: the inner product of the cotangent with one jvp per entry, "
    "or per direction of a large input",
    testify=testify,
)
