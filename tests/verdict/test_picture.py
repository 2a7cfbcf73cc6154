from __future__ import annotations

import math
from dataclasses import replace

import pytest

from verifier.verdict.picture import BOTTOM, LEFT, RIGHT, TOP, ZERO_BAND, picture
from verifier.verdict.verdict import Curve

CURVE = Curve("x", (), (1e-1, 1e-2, 1e-3), (1e-2, 1e-6, 1e-4), (1e-1, 1e-5, 1e-3), chosen=1)


def test_points_lie_at_the_logarithms_of_steps_and_errors():
    drawn = picture(CURVE)
    assert [point.x for point in drawn.true] == [RIGHT, (LEFT + RIGHT) / 2, LEFT]
    assert [point.y for point in drawn.true] == pytest.approx([TOP + 46.8, BOTTOM, TOP + 140.4])
    assert [point.y for point in drawn.estimated] == pytest.approx([TOP, TOP + 187.2, TOP + 93.6])
    assert drawn.chosen == (LEFT + RIGHT) / 2
    assert drawn.zero is None
    assert drawn.missing == 0


def test_there_is_a_tick_at_every_decade():
    drawn = picture(CURVE)
    assert [tick.label for tick in drawn.x_ticks] == ["10⁻³", "10⁻²", "10⁻¹"]
    assert [tick.at for tick in drawn.x_ticks] == [LEFT, (LEFT + RIGHT) / 2, RIGHT]
    assert [tick.label for tick in drawn.y_ticks] == ["10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹"]


def test_labels_that_would_crowd_are_left_out():
    ticks = picture(replace(CURVE, errors=(1e2, 1e-14, 1e-4))).y_ticks
    assert len(ticks) == 17
    assert [tick.label for tick in ticks if tick.label] == ["10⁻¹⁴", "10⁻¹¹", "10⁻⁸", "10⁻⁵", "10⁻²", "10¹"]


def test_errors_of_zero_lie_on_a_line_of_their_own_below_the_scale():
    drawn = picture(replace(CURVE, errors=(0.0, 1e-6, 0.0)))
    assert [(point.y, point.zero) for point in drawn.true] == [
        (BOTTOM, True),
        (BOTTOM - ZERO_BAND, False),
        (BOTTOM, True),
    ]
    assert drawn.zero == BOTTOM


def test_a_curve_of_nothing_but_zeros_can_be_drawn():
    drawn = picture(replace(CURVE, errors=(0.0,) * 3, estimated_errors=(0.0,) * 3))
    assert {point.y for point in (*drawn.true, *drawn.estimated)} == {BOTTOM}
    assert [tick.label for tick in drawn.y_ticks] == ["10⁻¹", "10⁰"]


def test_errors_that_are_not_finite_are_left_out_and_counted():
    drawn = picture(replace(CURVE, errors=(math.nan, 1e-6, math.inf), estimated_errors=(math.inf, 1e-5, 1e-3)))
    assert len(drawn.true) == 1
    assert len(drawn.estimated) == 2
    assert drawn.missing == 3


def test_one_step_alone_can_be_drawn():
    drawn = picture(Curve("x", (), (1e-3,), (1e-9,), (1e-9,), chosen=0))
    assert LEFT <= drawn.true[0].x <= RIGHT
    assert TOP <= drawn.true[0].y <= BOTTOM


def test_the_axes_reach_to_the_decades_around_what_is_drawn():
    drawn = picture(Curve("x", (), (3e-1, 2e-2), (5e-3, 4e-5), (6e-3, 5e-5), chosen=0))
    assert [tick.label for tick in drawn.x_ticks] == ["10⁻²", "10⁻¹", "10⁰"]
    assert [tick.label for tick in drawn.y_ticks] == ["10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²"]
    assert all(LEFT < point.x < RIGHT and TOP < point.y < BOTTOM for point in (*drawn.true, *drawn.estimated))
