"""The double backward of functions of matrices on trial: honest ones agree, and what is held constant is found."""

from __future__ import annotations

import pytest
import torch
from second_liars_of_matrices import SUBJECTS

import verifier

LIARS = [(name, held) for name, subject in SUBJECTS.items() for held in subject.places]


def inputs_of(subject):
    """Numbers for which square matrices are positive definite and their eigenvalues lie apart."""
    generator = torch.Generator().manual_seed(3)
    tensors = {}
    for name, shape in subject.shapes.items():
        tensors[name] = torch.rand(*shape, generator=generator, dtype=torch.float64) * 0.6
        if shape[0] == shape[1]:
            tensors[name] += torch.diag(torch.tensor([1.5, 2.5, 4.0], dtype=torch.float64))
        tensors[name].requires_grad_()
    return tensors


def heard(name, held, *, traced):
    subject = SUBJECTS[name]
    given = {} if traced or subject.formula is None else {"formula": subject.formula}
    return verifier.check(subject.function(held).apply, inputs_of(subject), order=2, **given)


@pytest.mark.parametrize("traced", [True, False], ids=["traced", "formula"])
@pytest.mark.parametrize("name", SUBJECTS)
def test_an_honest_double_backward_agrees(name, traced):
    verdict = heard(name, None, traced=traced)
    assert verdict.ok, str(verdict)
    assert {c.order for c in verdict.comparisons} == {1, 2}


@pytest.mark.parametrize("traced", [True, False], ids=["traced", "formula"])
@pytest.mark.parametrize(("name", "held"), LIARS)
def test_what_is_held_constant_is_found(name, held, traced):
    verdict = heard(name, held, traced=traced)
    assert verdict.outcome == "wrong", str(verdict)
    wrong = {finding.input for finding in verdict.findings if finding.outcome == "wrong"}
    assert wrong == set(SUBJECTS[name].places[held])
    # Forward mode through the first gradient meets the same constant.
    blamed = {(f.order, f.blamed) for f in verdict.findings if f.outcome == "wrong"}
    assert (2, "reverse mode") in blamed and blamed <= {(2, "reverse mode"), (2, "forward mode")}
