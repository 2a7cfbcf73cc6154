"""Numbers given by the user, rounded to dtypes, and sampled from assumptions."""

import numpy as np
import pytest
import torch
from sympy import IndexedBase, MatrixSymbol, Symbol

from verifier import printed
from verifier.errors import InputNotFiniteError, InputNotNumbersError, UnknownDtypeError
from verifier.point import FLOATING, LARGEST, given, held, rounded, sampled, sizes_for

NUMBERS = np.array(
    [0.1, -0.1, 1 / 3, 1.0, 65504.0, 1e-5, 6e-8, 0.0, -0.0, 257.0, 258.0, 1.00390625, 1.01171875, 2.0**-14, 3.0e4]
)


@pytest.mark.parametrize("dtype", FLOATING)
def test_rounding_is_torchs(dtype):
    expected = torch.from_numpy(NUMBERS).to(getattr(torch, dtype)).double().numpy()
    found = rounded(NUMBERS, dtype)
    assert found.dtype == np.float64 and np.array_equal(found, expected)
    random = np.random.default_rng(0).normal(size=1000) * 10.0 ** np.random.default_rng(1).integers(-4, 4, 1000)
    assert np.array_equal(rounded(random, dtype), torch.from_numpy(random).to(getattr(torch, dtype)).double().numpy())
    assert np.array_equal(rounded(np.array(1 / 3), dtype), rounded(np.array([1 / 3]), dtype)[0])


@pytest.mark.parametrize("dtype", FLOATING)
def test_roundoff_and_limits_are_torchs(dtype):
    finfo = torch.finfo(getattr(torch, dtype))
    # Below its smallest normal number float16 has multiples of tiny·eps, which torch keeps.
    threshold = finfo.tiny * finfo.eps if dtype == "float16" else finfo.tiny
    assert FLOATING[dtype] == (finfo.eps / 2, threshold)
    assert LARGEST[dtype] == finfo.max


def test_an_unknown_dtype():
    with pytest.raises(UnknownDtypeError) as caught:
        rounded(NUMBERS, "float8")
    assert str(caught.value) == (
        "dtype 'float8' is not one of float64, float32, float16, bfloat16: choose one of these"
    )


@pytest.mark.parametrize(
    ("values", "array", "dtype"),
    [
        ([[0.1, 2], [3, 4]], np.float64(np.float32([[0.1, 2], [3, 4]])), "float32"),
        (0.1, np.float64(np.float32(0.1)), "float32"),
        (np.array([0.1], np.float64), np.float64(np.float32([0.1])), "float32"),
        (torch.tensor([0.1]), np.float64(np.float32([0.1])), "float32"),
        (torch.tensor([0.1], dtype=torch.float64), np.array([0.1]), "float64"),
        (torch.tensor([0.1], dtype=torch.bfloat16, requires_grad=True), np.array([0.10009765625]), "bfloat16"),
        (torch.tensor([0.1], dtype=torch.float16), np.array([np.float64(np.float16(0.1))]), "float16"),
        (torch.tensor([1, 2]), np.array([1, 2]), "int64"),
        (torch.tensor([True, False]), np.array([True, False]), "bool"),
        ([1, 2], np.array([1, 2]), "int64"),
        ([True], np.array([True]), "bool"),
        (printed("[0.25, 0.5]"), np.array([0.25, 0.5]), "float32"),
    ],
    ids=str,
)
def test_what_a_user_may_give(values, array, dtype):
    found, name = given("x", values, "float32")
    assert name == dtype
    assert found.dtype == array.dtype and np.array_equal(found, array)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ("abc", "str"),
        (None, "NoneType"),
        ([1j], "complex128"),
        (torch.tensor([1j]), "complex64"),
        ([[1.0], [2.0, 3.0]], "list"),
        ([1.0, None], "list"),
        ({"a": 1}, "dict"),
        (["1.0"], "list"),
    ],
)
def test_what_is_no_array_of_real_numbers(values, kind):
    with pytest.raises(InputNotNumbersError) as caught:
        given("x", values, "float64")
    assert str(caught.value) == (f"input x is of type {kind}: give real numbers as nested lists, an array or a tensor")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([[1.0, 2.0], [float("nan"), 1.0]], "input x is nan at [1, 0]: give finite numbers"),
        (float("inf"), "input x is inf: give finite numbers"),
        (torch.tensor([0.0, -float("inf")]), "input x is -inf at [1]: give finite numbers"),
        (torch.tensor([float("nan")], dtype=torch.bfloat16), "input x is nan at [0]: give finite numbers"),
    ],
)
def test_numbers_that_are_not_finite(values, sentence):
    with pytest.raises(InputNotFiniteError) as caught:
        given("x", values, "float64")
    assert str(caught.value) == sentence
    array, _ = held("x", values, "float64")
    assert not np.isfinite(array).all()


def test_the_given_array_is_not_the_users_own():
    own = np.array([1.0, 2.0])
    given("x", own, "float64")[0][0] = 7.0
    assert own[0] == 1.0


n, m, k = Symbol("n"), Symbol("m"), Symbol("k")


@pytest.mark.parametrize(
    ("chosen", "sizes"),
    [
        ({}, {k: 3, m: 4, n: 5}),
        ({n: 2}, {k: 3, m: 4, n: 2}),
        ({"n": 3}, {k: 4, m: 5, n: 3}),
        ({n: 4, "k": 4}, {k: 4, m: 3, n: 4}),
        ({"unused": 3}, {k: 4, m: 5, n: 6}),
    ],
)
def test_each_size_that_nobody_chose_is_its_own(chosen, sizes):
    assert sizes_for([n, m, k], chosen) == sizes


@pytest.mark.parametrize(
    ("assumptions", "holds"),
    [
        ({"positive": True}, lambda v: v > 0),
        ({"nonnegative": True}, lambda v: v >= 0),
        ({"negative": True}, lambda v: v < 0),
        ({"nonpositive": True}, lambda v: v <= 0),
        ({"integer": True}, lambda v: (v == np.round(v)) & (v >= -4) & (v < 5)),
        ({"integer": True, "nonnegative": True}, lambda v: (v >= 0) & (v < 5)),
        ({"integer": True, "positive": True}, lambda v: (v >= 1) & (v < 5)),
    ],
)
def test_samples_keep_the_assumptions(assumptions, holds):
    for shape in ((200,), ()):
        values = sampled(Symbol("x", **assumptions), shape, np.random.default_rng(0))
        assert np.shape(values) == shape and np.all(holds(values))
        assert (np.asarray(values).dtype.kind == "i") == ("integer" in assumptions)


@pytest.mark.parametrize("symbol", [Symbol("x"), Symbol("x", real=True), MatrixSymbol("X", 2, 2), IndexedBase("X")])
def test_other_samples_have_both_signs(symbol):
    values = sampled(symbol, (200,), np.random.default_rng(0))
    assert (values > 0).any() and (values < 0).any() and values.dtype == np.float64
