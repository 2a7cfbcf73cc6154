from verifier.numeric.subset import entries_to_ask, thinned_out


def test_asks_for_everything_where_the_limit_is_not_reached():
    asked = entries_to_ask({"X": 9, "b": 3, "none": 0}, 12)
    assert {name: list(entries) for name, entries in asked.items()} == {
        "X": list(range(9)),
        "b": [0, 1, 2],
        "none": [],
    }
    assert thinned_out(asked, {"X": 9, "b": 3, "none": 0}, "forward mode") == ()


def test_asks_small_inputs_in_full_and_large_ones_evenly():
    sizes = {"X": 1000, "b": 3, "W": 2000}
    asked = entries_to_ask(sizes, 103)
    assert {name: len(entries) for name, entries in asked.items()} == {"X": 50, "b": 3, "W": 50}
    assert (asked["X"] // 20 == range(50)).all()
    assert thinned_out(asked, sizes, "forward mode") == (
        "forward mode: asked for 50 of 1000 entries of X; the others were not compared",
        "forward mode: asked for 50 of 2000 entries of W; the others were not compared",
    )


def test_asks_the_same_entries_for_the_same_seed_and_others_for_another():
    one, again, other = (entries_to_ask({"X": 1000}, 40, seed=seed)["X"] for seed in (0, 0, 1))
    assert (one == again).all()
    assert (one != other).any()
