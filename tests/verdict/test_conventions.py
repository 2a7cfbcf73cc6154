"""What autograd chose at kinks, in words; what witnesses say to one another there."""

import numpy as np
import pytest

from verifier.subdifferential import Kink, Subdifferential
from verifier.verdict.conventions import Choices
from verifier.verdict.verdict import Finding
from verifier.witness import Estimate
from verifier.witness import Testimony as Said

S, R, F, D = "symbolic", "reverse mode", "forward mode", "finite differences"
LARGEST = 1e308


def estimate(*values, error=1e-15):
    value = np.array(values, dtype=float)
    return Estimate(value, np.full(value.shape, error))


def choices(right, hull=None, **gradients):
    said = {S: Said({"x": hull or estimate(*np.zeros(right.base.size))}, subdifferential=right)}
    names = {"reverse": R, "forward": F, "differences": D}
    said |= {names[key]: Said({"x": gradient}) for key, gradient in gradients.items()}
    return Choices.of(said, LARGEST)


def joint(size, *kinks):
    return Subdifferential({"x": (size,)}, np.zeros(size), np.zeros(size), kinks)


def border(entry, low=0.0, high=1.0, place="x[{}] = 0", **more):
    return Kink(np.array([entry]), np.array([[low], [high]]), place.format(entry), **more)


TIE = joint(3, Kink(np.arange(3), np.eye(3), "x[0] = x[1] = x[2]", (0, 1, 2)))


@pytest.mark.parametrize(
    ("gradient", "sentence"),
    [
        ((1 / 3, 1 / 3, 1 / 3), "divides the gradient of the tie x[0] = x[1] = x[2] evenly"),
        ((0.0, 0.0, 1.0), "gives all of the gradient of the tie x[0] = x[1] = x[2] to x[2]"),
        ((0.5, 0.25, 0.25), "gives 0.5, 0.25, 0.25 at the tie x[0] = x[1] = x[2]"),
    ],
)
def test_ties(gradient, sentence):
    assert choices(TIE, reverse=estimate(*gradient)).notes == (f"autograd {sentence}",)


@pytest.mark.parametrize(("value", "high"), [(0.0, 1.0), (1.0, 1.0), (0.5, 1.0), (0.0, -2.5)])
def test_borders(value, high):
    found = choices(joint(1, border(0, high=high)), reverse=estimate(value)).notes
    low, high = sorted((0.0, high))
    assert found == (f"autograd gives {value:g} at the kink x[0] = 0; the subdifferential is [{low:g}, {high:g}]",)


def test_many_of_one_kind_are_one_sentence():
    right = joint(1200, *(border(k) for k in range(1200)))
    (note,) = choices(right, reverse=estimate(*np.zeros(1200))).notes
    assert note.endswith("[0, 1]; 1,199 more are like this")


def test_two_modes_may_choose_differently():
    right = joint(1, border(0))
    assert choices(right, reverse=estimate(0.0), forward=estimate(0.0)).notes[0].startswith("autograd gives 0 ")
    one, other = choices(right, reverse=estimate(0.0), forward=estimate(1.0)).notes
    assert one.startswith("reverse mode gives 0 ") and other.startswith("forward mode gives 1 ")


def test_sides_of_several_entries():
    kink = Kink(np.array([0, 1]), np.array([[0.0, 0.0], [2.0, 3.0]]), None)
    for gradient, way in (((2.0, 3.0), "the gradient of one side"), ((1.0, 1.5), "the mean of all sides")):
        (note,) = choices(joint(2, kink), reverse=estimate(*gradient)).notes
        assert note == f"autograd gives {way} at a kink inside of the function"


def test_where_a_mode_is_wrong_nothing_is_said_of_its_choice():
    assert choices(TIE, reverse=estimate(1.0, 1.0, 1.0)).notes == ()
    assert choices(joint(1, border(0)), reverse=estimate(1.5)).notes == ()


def test_blunt_kinks_are_counted():
    right = joint(2, border(0), border(1, sharp=False))
    one, other = choices(right, reverse=estimate(0.0, 0.0)).notes
    assert one == "autograd gives 0 at the kink x[0] = 0; the subdifferential is [0, 1]"
    assert other == (
        "the choices at 1 of 2 kinks are too many to be told apart: "
        "there every entry is compared with the range of its own gradients"
    )


def test_where_there_is_nothing_to_choose_nothing_is_said():
    assert choices(joint(1, Kink(np.array([0]), np.array([[2.0]]))), reverse=estimate(2.0)).notes == ()


def test_other_choices_are_other_sentences():
    one, other = choices(joint(2, border(0), border(1)), reverse=estimate(0.0, 0.5)).notes
    assert one.startswith("autograd gives 0 at the kink x[0]") and other.startswith(
        "autograd gives 0.5 at the kink x[1]"
    )


def test_what_other_kinks_add_to_an_entry_is_within_its_range():
    shared = Kink(np.array([0, 1]), np.array([[0.0, 0.0], [10.0, 5.0]]), "x[1] = 0")
    notes = choices(joint(2, border(0), shared), reverse=estimate(11.0, 5.0)).notes
    assert notes[0] == "autograd gives 11 at the kink x[0] = 0; the subdifferential is [10, 11]"


def test_a_tie_whose_sides_are_others_than_its_entries_is_told_by_its_sides():
    kink = Kink(np.arange(3), np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]), "x[0] = x[1] = x[2]", (0, 1, 2))
    (note,) = choices(joint(3, kink), reverse=estimate(1.0, 2.0, 3.0)).notes
    assert note == "autograd gives the gradient of one side at the tie x[0] = x[1] = x[2]"


def test_a_tie_between_two_inputs_names_the_one_that_gets_all():
    tie = Kink(np.array([0, 2]), np.eye(2), "x[0] = w[1]", (0, 2))
    right = Subdifferential({"x": (1,), "w": (2,)}, np.zeros(3), np.zeros(3), (tie,))
    hulls = {"x": estimate(0.5, error=0.5), "w": estimate(0.0, 0.5, error=0.5)}
    said = {S: Said(hulls, subdifferential=right), R: Said({"x": estimate(0.0), "w": estimate(0.0, 1.0)})}
    assert Choices.of(said, LARGEST).notes == ("autograd gives all of the gradient of the tie x[0] = w[1] to w[1]",)
    wrong = {**said, R: Said({"x": estimate(1.0), "w": estimate(0.0, 1.0)})}
    found = Choices.of(wrong, LARGEST).explained(Finding("wrong", R, "so it is", "w", index=(1,)))
    assert found.reason == "no choice at the tie x[0] = w[1] gives it, and so it is"
    found = Choices.of(wrong, LARGEST).explained(Finding("wrong", R, "so it is", "w", index=(0,)))
    assert found.reason == "so it is"


def test_without_kinks_there_is_nothing_to_say():
    found = Choices.of({R: Said({"x": estimate(1.0)})}, LARGEST)
    assert found.notes == () and found.told("x") == {}
    assert found.explained(Finding("wrong", R, "so it is", "x")).reason == "so it is"


def test_each_mode_is_told_the_nearest_right_gradient():
    told = choices(TIE, reverse=estimate(1.0, 0.0, 0.0), forward=estimate(1.0, 1.0, 1.0)).told("x")
    np.testing.assert_allclose(told[S, R].value, [1.0, 0.0, 0.0], atol=1e-15)
    np.testing.assert_allclose(told[S, F].value, np.full(3, 1 / 3), atol=1e-12)


def test_finite_differences_are_told_that_another_choice_was_possible():
    found = choices(joint(1, border(0)), estimate(0.5, error=0.5), reverse=estimate(0.0), differences=estimate(1.0))
    assert found.told("x")[R, D].error == pytest.approx(1.0)


def test_finite_differences_are_told_that_an_overflow_may_be_any_large_number():
    said = {R: Said({"x": estimate(np.inf, 1.0)}), D: Said({"x": estimate(1e5, 2.0)})}
    told = Choices.of(said, 65504.0).told("x")[R, D]
    assert told.value.tolist() == [1e5, 1.0]


def test_the_formula_tells_a_mode_an_infinity_that_its_dtype_cannot_hold():
    said = {S: Said({"x": estimate(1e5, 2.0)}), R: Said({"x": estimate(np.inf, 2.0)})}
    assert Choices.of(said, 65504.0).told("x")[S, R].value.tolist() == [np.inf, 2.0]


def test_where_the_set_is_not_known_a_mode_is_told_the_range():
    right = Subdifferential({"x": (2,)}, np.zeros(2), np.array([np.inf, 0.0]), (border(1),))
    told = choices(right, estimate(3.0, 0.5, error=0.5), reverse=estimate(9.0, 1.0)).told("x")[S, R]
    assert told.value.tolist() == [3.0, 1.0] and told.error[0] == 0.5


def test_a_finding_names_the_kink_that_explains_nothing():
    found = choices(TIE, reverse=estimate(1.0, 1.0, 1.0))
    finding = found.explained(Finding("wrong", R, "the formula says so", "x", index=(1,)))
    assert finding.reason == "no choice at the tie x[0] = x[1] = x[2] gives it, and the formula says so"
    elsewhere = choices(joint(2, border(0)), reverse=estimate(0.0, 5.0))
    assert elsewhere.explained(Finding("wrong", R, "it is", "x", index=(1,))).reason == "it is"
    assert found.explained(Finding("wrong", S, "they say so", "x", index=(1,))).reason == "they say so"


def test_an_input_that_no_choice_makes_right_has_no_vote():
    """|x − w|: its slopes by x and w are one choice, and a zero for all of w is none."""
    kink = Kink(np.array([1, 3]), np.array([[-1.0, 1.0], [1.0, -1.0]]), "x[1] = w[1]")
    right = Subdifferential({"x": (2,), "w": (2,)}, np.array([1.0, 0, -1, 0]), np.zeros(4), (kink,))
    hulls = {
        "x": Estimate(np.array([1.0, 0]), np.array([0.0, 1])),
        "w": Estimate(np.array([-1.0, 0]), np.array([0.0, 1])),
    }

    def told(x, w):
        said = {S: Said(hulls, subdifferential=right), R: Said({"x": estimate(*x), "w": estimate(*w)})}
        return Choices.of(said, LARGEST).told("x")[S, R].value.tolist()

    assert told((1, 1), (0, 0)) == [1, 1]
    assert told((1, 1), (-1, 0)) == pytest.approx([1, 0.5])


def test_an_input_that_the_formula_says_nothing_of_chooses_nothing():
    gradients = {"x": estimate(1.0, 0.0, 0.0), "of the code alone": estimate(7.0)}
    said = {S: Said({"x": estimate(0.5, 0.5, 0.5, error=0.5)}, subdifferential=TIE), R: Said(gradients)}
    assert Choices.of(said, LARGEST).notes == (
        "autograd gives all of the gradient of the tie x[0] = x[1] = x[2] to x[0]",
    )
