"""The pattern of bad entries is named where it is exactly that, and only there."""

import re

import numpy as np
import pytest

from verifier.verdict.pattern import pattern


def mask(shape, *places):
    made = np.zeros(shape, dtype=bool)
    for place in places:
        made[place] = True
    return made


all_ = slice(None)
rows, columns = np.indices((5, 5))

PATTERNS = {
    "every entry": mask((3, 4), all_),
    "one entry, [500, 500]": mask((1000, 1000), (500, 500)),
    "one entry, [7]": mask(9, 7),
    "one entry, [1, 0, 2]": mask((2, 1, 3), (1, 0, 2)),
    "row 3": mask((5, 4), 3),
    "row 4, the last": mask((5, 4), 4),
    "column 0": mask((5, 4), (all_, 0)),
    "column 3, the last": mask((5, 4), (all_, 3)),
    "rows 1 to 3": mask((5, 4), slice(1, 4)),
    "the first 2 columns": mask((5, 4), (all_, slice(0, 2))),
    "the last 2 rows": mask((5, 4), slice(3, 5)),
    "every 2nd row, from 0": mask((7, 4), slice(0, 7, 2)),
    "every 3rd column, from 1": mask((4, 10), (all_, slice(1, 10, 3))),
    "every 2nd row, from 1 to 5": mask((12, 4), slice(1, 6, 2)),
    "every 4th entry, from 3": mask(32, slice(3, 32, 4)),
    "every 11th entry, from 0": mask(32, slice(0, 32, 11)),
    "every 13th entry, from 0": mask(40, slice(0, 40, 13)),
    "the first 4 entries": mask(9, slice(0, 4)),
    "the last 1,024 entries": mask(4096, slice(3072, 4096)),
    "entries 2 to 5": mask(9, slice(2, 6)),
    "the block [1:3, 2:4]": mask((5, 6), (slice(1, 3), slice(2, 4))),
    "the block [2, 1:4]": mask((5, 6), (2, slice(1, 4))),
    "the block [0:5:2, 1:6:2]": mask((5, 6), (slice(0, 5, 2), slice(1, 6, 2))),
    "the block [:, 2, :]": mask((2, 3, 4), (all_, 2, all_)),
    "the block [0, :, 1:3]": mask((2, 3, 4), (0, all_, slice(1, 3))),
    "the border": ~mask((5, 6), (slice(1, 4), slice(1, 5))),
    "the border, 2 entries wide": ~mask((8, 9, 7), (slice(2, 6), slice(2, 7), slice(2, 5))),
    "the diagonal": rows == columns,
    "the diagonal 2 above the main one": columns - rows == 2,
    "the diagonal 1 below the main one": columns - rows == -1,
    "the antidiagonal": rows + columns == 4,
    "all above the diagonal": columns > rows,
    "all below the diagonal": columns < rows,
    "the diagonal and all above it": columns >= rows,
    "the diagonal and all below it": columns <= rows,
    "the diagonal of every matrix": np.stack([rows == columns] * 3),
    "all above the diagonal of every matrix": np.stack([columns > rows] * 2),
    "the border of every matrix": np.stack([~mask((5, 5), (slice(1, 4), slice(1, 4)))] * 2),
    "all but the diagonal": rows != columns,
    "all but one entry, [1, 1]": ~mask((2, 2), (1, 1)),
    "all but row 2": ~mask((5, 4), 2),
    "all but one entry, [0, 1]": ~mask((5, 4), (0, 1)),
    "all but the block [1:3, 2:4]": ~mask((5, 6), (slice(1, 3), slice(2, 4))),
    "every 3rd entry row by row, from [0, 0]": mask(20, slice(0, 20, 3)).reshape(4, 5),
    "every 4th entry row by row, from [0, 2] to [2, 4]": mask(25, slice(2, 17, 4)).reshape(5, 5),
    "the entries [0, 3] to [2, 1], row by row": mask(20, slice(3, 12)).reshape(4, 5),
    "every 5th entry row by row, from [0, 0]": mask(30, slice(0, 30, 5)).reshape(5, 6),
    "every 4th entry row by row, from [0, 4]": np.eye(3, 5, dtype=bool)[:, ::-1],
    "[0, 3] and [1, 0]": mask((3, 4), (0, 3), (1, 0)),
    "[2] and [5]": mask(9, 2, 5),
    "[0, 1] and [3, 2]": mask((5, 5), (0, 1), (3, 2)),
    "[0, 1] and [3, 2] and [4, 4]": mask((5, 5), (0, 1), (3, 2), (4, 4)),
    "scattered between [0, 1] and [4, 6]": mask((8, 8), (0, 2), (3, 1), (4, 4), (2, 6)),
}


@pytest.mark.parametrize("said", PATTERNS)
def test_each_pattern_is_recognised(said):
    assert pattern(PATTERNS[said]) == said


def test_a_scalar_and_nothing_bad_have_no_pattern():
    assert pattern(np.array(True)) is None
    assert pattern(np.zeros((3, 3), dtype=bool)) is None
    assert pattern(np.zeros((0, 3), dtype=bool)) is None


@pytest.mark.parametrize("said", [said for said, bad in PATTERNS.items() if 6 < bad.sum() < bad.size])
def test_one_entry_more_or_less_is_another_pattern(said):
    bad = PATTERNS[said]
    for place in (*np.argwhere(bad)[[1, -2]], *np.argwhere(~bad)[[0, -1]]):
        changed = bad.copy()
        changed[tuple(place)] ^= True
        assert pattern(changed) != said


def test_what_is_said_of_blocks_selects_just_the_bad_entries():
    generator = np.random.default_rng(0)
    named = 0
    for _ in range(600):
        shape = tuple(generator.integers(1, 6, generator.integers(1, 4)))
        bad = np.zeros(shape, dtype=bool)
        bad[tuple(slice(*sorted(generator.integers(0, n + 1, 2)), generator.integers(1, 3)) for n in shape)] = True
        said = pattern(bad) or ""
        if written := re.fullmatch(r"the block \[(.*)\]", said):
            parts = [[int(p) if p else None for p in axis.split(":")] for axis in written[1].split(", ")]
            selected = np.zeros(shape, dtype=bool)
            selected[tuple(part[0] if len(part) == 1 else slice(*part) for part in parts)] = True
            assert np.array_equal(selected, bad)
            named += 1
    assert named > 30
