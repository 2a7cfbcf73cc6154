"""A contradiction that shows along a direction is followed to the entry that it comes from, in few evaluations."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from verifier.candidate.candidate import Candidate
from verifier.numeric.directions import JOINT, drawn_directions
from verifier.trial.locate import corroborated, jointly, pointed
from verifier.verdict.blame import DIFFERENCES, FORWARD, REVERSE, SYMBOLIC
from verifier.witness import Estimate, Question
from verifier.witness import Testimony as Said
from verifier.witnesses import finite_differences, forward_mode

SIZE = 4000
POINT = np.random.default_rng(0).standard_normal(SIZE)


def asked(counter):
    def function(x):
        counter.append(1)
        return x**2

    candidate = Candidate.of(function, ("x",), {"x": torch.float64})
    question = Question({"x": POINT}, ("x",), np.ones(SIZE), None, candidate)
    return replace(question, directions=drawn_directions(question.inputs, ["x"]))


def wrong_at(entry, factor):
    gradient = 2 * POINT
    gradient[entry] *= factor
    return Said({"x": Estimate(gradient, np.full(SIZE, 1e-14))})


@pytest.mark.parametrize("witness", [forward_mode.WITNESS, finite_differences.WITNESS])
@pytest.mark.parametrize(("entry", "factor"), [(0, 0.0), (SIZE - 1, -1.0), (1234, 1.0001)])
def test_the_entry_is_found(witness, entry, factor):
    calls = []
    question = asked(calls)
    said = {REVERSE: wrong_at(entry, factor), witness.name: witness.testify(question)}
    calls.clear()
    found = pointed(question, [witness], said)
    assert found.focus["x"].tolist() == [entry] and found.directions is question.directions
    assert len(calls) <= (3 * 12 if witness.name == FORWARD else 250 * 12 * 2)


def test_nothing_is_looked_for_where_nobody_contradicts():
    question = asked([])
    said = {REVERSE: wrong_at(0, 1.0), FORWARD: forward_mode.WITNESS.testify(question)}
    assert pointed(question, [forward_mode.WITNESS], said) is None
    assert pointed(question, [forward_mode.WITNESS], {FORWARD: said[FORWARD]}) is None


def test_what_shows_at_a_contested_entry_already_is_not_looked_for():
    question = replace(asked([]), focus={"x": np.array([7])})
    said = {REVERSE: wrong_at(7, 0.0), FORWARD: forward_mode.WITNESS.testify(question)}
    assert pointed(question, [forward_mode.WITNESS], said) is None


def test_unreliable_finite_differences_are_not_looked_into():
    question = asked([])
    said = {name: wrong_at(3, 0.0) for name in (SYMBOLIC, REVERSE)}
    said[DIFFERENCES] = finite_differences.WITNESS.testify(question)
    assert pointed(question, [finite_differences.WITNESS], said) is None


def test_a_zero_that_half_of_the_directions_leave_where_it_is():
    question = asked([])
    point = POINT.copy()
    point[1234] = 0.0
    question = replace(
        question, inputs={"x": point}, candidate=replace(question.candidate, function=lambda x: x**2 + x)
    )
    question = replace(question, directions=drawn_directions(question.inputs, ["x"]))
    gradient = 2 * point + 1
    gradient[1234] = 9.0
    said = {REVERSE: Said({"x": Estimate(gradient, np.full(SIZE, 1e-14))})}
    said[FORWARD] = forward_mode.WITNESS.testify(question)
    assert pointed(question, [forward_mode.WITNESS], said).focus["x"].tolist() == [1234]


def test_the_formula_is_the_reference_where_there_is_one():
    question = asked([])
    said = {SYMBOLIC: wrong_at(0, 1.0), REVERSE: wrong_at(7, 0.0), FORWARD: forward_mode.WITNESS.testify(question)}
    assert pointed(question, [forward_mode.WITNESS], said) is None


def test_entries_that_are_contested_already_stay_in_focus():
    question = replace(asked([]), focus={"x": np.array([7])})
    said = {REVERSE: wrong_at(12, 0.0), FORWARD: forward_mode.WITNESS.testify(question)}
    assert pointed(question, [forward_mode.WITNESS], said).focus["x"].tolist() == [7, 12]


# What agrees at every entry


def agreed():
    right = Said({"x": Estimate(2 * POINT, np.full(SIZE, 1e-14))})
    return {SYMBOLIC: right, REVERSE: right}


def test_what_agrees_at_every_entry_is_asked_for_along_joint_directions():
    calls = []
    question = asked(calls)
    joint = jointly(question, agreed(), 0)
    assert joint is not None and joint.joint is not None
    said = agreed()
    for witness in (forward_mode.WITNESS, finite_differences.WITNESS):
        calls.clear()
        said[witness.name] = witness.testify(joint)
        assert len(calls) <= (JOINT if witness.name == FORWARD else 25 * JOINT + 4)
        assert not said[witness.name].slopes and not said[witness.name].gradients
    assert corroborated(joint, said)


@pytest.mark.parametrize(
    ("said", "focus"),
    [
        ({REVERSE: wrong_at(0, 1.0)}, {}),
        ({SYMBOLIC: Said({"x": Estimate.nothing((SIZE,))}), REVERSE: wrong_at(0, 1.0)}, {}),
        ({SYMBOLIC: wrong_at(0, 1.0), REVERSE: Said({"x": Estimate.nothing((SIZE,))})}, {}),
        (agreed(), {"x": np.array([3])}),
    ],
    ids=["without a formula", "a formula that says nothing", "reverse mode that says nothing", "a contested entry"],
)
def test_nothing_is_asked_jointly_where_there_is_something_to_be_told_apart(said, focus):
    assert jointly(replace(asked([]), focus=focus), said, 0) is None


@pytest.mark.parametrize("slopes", [lambda s: s.value * (1 + 1e-9), lambda s: np.full(s.value.shape, np.nan)])
def test_a_slope_that_is_another_or_none_corroborates_nothing(slopes):
    question = jointly(asked([]), agreed(), 0)
    other = Estimate(slopes(question.joint.slopes), np.zeros(JOINT))
    assert not corroborated(question, {**agreed(), FORWARD: Said({}, joint=other)})
    assert not corroborated(question, {**agreed(), FORWARD: Said({}, joint=Estimate.nothing((JOINT,)))})
    assert not corroborated(question, agreed())
