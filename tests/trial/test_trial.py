"""Symbols, parameters, shapes and dtypes matched to each other, and sentences where they do not match."""

import math

import numpy as np
import pytest
import torch
from sympy import IndexedBase, MatrixSymbol, Sum, Symbol, exp

from verifier import Case, check, printed, total, verify
from verifier.errors import (
    InputNotFiniteError,
    NeitherFormulaNorFunctionError,
    NoInputRequiresGradError,
    ShapeMismatchError,
    SymbolsDoNotMatchError,
    UnknownDtypeError,
    UnknownInputError,
    WithoutGradientError,
    WithoutInputsError,
)
from verifier.trial.trial import trial_of_call, trial_of_case

n, m = Symbol("n"), Symbol("m")
X, W, x = MatrixSymbol("X", 2, 3), MatrixSymbol("W", 3, 2), MatrixSymbol("x", 3, 1)
PRODUCT = total(X * W)


def product(X, W):
    return (X @ W).sum()


def tensor(*shape, dtype=torch.float64, grad=True):
    return torch.ones(*shape, dtype=dtype, requires_grad=grad)


def test_inputs_stand_in_the_order_of_the_parameters():
    trial = trial_of_case(Case("c", PRODUCT, function=product))
    assert trial.candidate.names == trial.wrt == ("X", "W") == tuple(trial.inputs)
    assert trial_of_case(Case("c", PRODUCT)).candidate.names == ("W", "X")


def test_what_is_missing_is_sampled_in_the_cases_dtype():
    trial = trial_of_case(Case("c", PRODUCT, inputs={"X": [[0.1, 2, 3], [4, 5, 6]]}, dtype="bfloat16"))
    assert trial.inputs["X"][0, 0] == 0.10009765625
    assert trial.inputs["W"].shape == (3, 2)
    assert trial.candidate.dtypes == {"X": torch.bfloat16, "W": torch.bfloat16}
    assert np.array_equal(trial.inputs["W"], torch.tensor(trial.inputs["W"]).bfloat16().double().numpy())


def test_the_same_seed_draws_the_same_numbers():
    one, again, other = (trial_of_case(Case("c", PRODUCT, seed=seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(one.inputs[name], again.inputs[name]) for name in "XW")
    assert not np.array_equal(one.inputs["X"], other.inputs["X"])


def test_sizes_come_from_inputs_then_from_the_case_then_are_small():
    A, B = MatrixSymbol("A", n, m), MatrixSymbol("B", m, n)
    shapes = lambda **given: {k: v.shape for k, v in trial_of_case(Case("c", total(A * B), **given)).inputs.items()}
    assert shapes() == {"A": (4, 3), "B": (3, 4)}
    assert shapes(sizes={n: 2}) == {"A": (2, 3), "B": (3, 2)}
    assert shapes(sizes={"n": 2, "m": 5}) == {"A": (2, 5), "B": (5, 2)}
    assert shapes(inputs={A: np.ones((6, 7))}) == {"A": (6, 7), "B": (7, 6)}


def test_extents_that_are_no_bare_symbols():
    v, i = IndexedBase("v"), Symbol("i", integer=True)
    trial = trial_of_case(Case("c", Sum((v[i + 1] - v[i]) ** 2, (i, 0, n - 1)), sizes={n: 4}))
    assert trial.inputs["v"].shape == (5,)
    assert verify(Case("c", Sum((v[i + 1] - v[i]) ** 2, (i, 0, n - 1)))).ok


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], [[1.0], [2.0], [3.0]], torch.ones(3), np.ones((3, 1))])
def test_a_vector_may_be_given_for_a_column(values):
    verdict = verify(Case("c", total(x.applyfunc(exp)), inputs={x: values}, claims={x: x.applyfunc(exp)}))
    assert verdict.ok
    assert verify(Case("c", total(x.applyfunc(exp)), function=lambda x: x.exp().sum(), inputs={x: values})).ok


def test_integers_are_part_of_the_function():
    p, v, i = IndexedBase("p", shape=(n,), integer=True), IndexedBase("v", shape=(m,)), Symbol("i", integer=True)
    case = Case("c", Sum(v[p[i]] ** 2, (i, 0, n - 1)), inputs={"p": [2, 0, 2], "v": [1.0, 2.0, 3.0]})
    trial = trial_of_case(case)
    assert trial.wrt == ("v",) and trial.candidate.dtypes["p"] == torch.int64
    assert verify(case).ok


def test_printed_inputs_are_uncertain():
    trial = trial_of_case(Case("c", PRODUCT, inputs={"X": printed("[[1.5, 2.5, 3.5], [1, 2, 3]]")}))
    assert set(trial.uncertain) == {"X"} and trial.inputs["X"][0, 0] == 1.5


@pytest.mark.parametrize(
    ("wrt", "names"), [([X], ("X",)), (["W"], ("W",)), ([1], ("W",)), ([-2], ("X",)), ([W, "W", 1], ("W",))]
)
def test_wrt_by_symbol_name_or_position(wrt, names):
    assert trial_of_case(Case("c", PRODUCT, function=product, wrt=wrt)).wrt == names
    assert trial_of_call(product, (tensor(2, 3), tensor(3, 2)), wrt=wrt).wrt == names


# Calls


def test_inputs_of_a_call_get_the_parameters_names():
    for inputs in ((tensor(2, 3), tensor(3, 2)), [tensor(2, 3), tensor(3, 2)]):
        assert trial_of_call(product, inputs).candidate.names == ("X", "W")
    assert trial_of_call(product, {"W": tensor(3, 2), "X": tensor(2, 3)}).candidate.names == ("W", "X")
    assert trial_of_call(torch.mm, (tensor(2, 3), tensor(3, 2))).candidate.names == ("x0", "x1")
    assert trial_of_call(torch.exp, tensor(2)).candidate.names == ("x0",)


def test_a_single_input_takes_the_name_of_the_only_symbol():
    assert trial_of_call(torch.exp, tensor(3, 1), formula=x.applyfunc(exp)).candidate.names == ("x",)
    assert trial_of_call(lambda other: other.exp(), [tensor(3, 1)], formula=x.applyfunc(exp)).wrt == ("x",)


def test_only_what_requires_grad_is_in_question():
    trial = trial_of_call(product, (tensor(2, 3), tensor(3, 2, grad=False)))
    assert trial.wrt == ("X",) and set(trial.inputs) == {"X", "W"}


def test_each_tensor_keeps_its_dtype():
    trial = trial_of_call(product, (tensor(2, 3, dtype=torch.float16), tensor(3, 2, dtype=torch.float32)))
    assert trial.candidate.dtypes == {"X": torch.float16, "W": torch.float32}


# Sentences


def call(*inputs, function=product, **options):
    return lambda: trial_of_call(function, inputs, **options)


def case(*arguments, **options):
    return lambda: trial_of_case(Case("c", *arguments, **options))


SENTENCES = {
    "nothing requires grad": (
        call(tensor(2, 3, grad=False), tensor(3, 2, grad=False)),
        NoInputRequiresGradError,
        "no input of product requires a gradient: give at least one floating-point tensor with requires_grad=True",
    ),
    "nothing to differentiate by": (
        case(PRODUCT, wrt=[]),
        NoInputRequiresGradError,
        "no input of c requires a gradient: give at least one floating-point tensor with requires_grad=True",
    ),
    "wrt names nobody": (
        call(tensor(2, 3), tensor(3, 2), wrt=["Q"]),
        UnknownInputError,
        "wrt names 'Q', but the inputs are X, W: use one of these",
    ),
    "wrt counts too far": (
        call(tensor(2, 3), tensor(3, 2), wrt=[2]),
        UnknownInputError,
        "wrt names '2', but the inputs are X, W: use one of these",
    ),
    "wrt names an integer": (
        call(tensor(2, 3), torch.ones(3, 2, dtype=torch.int32), wrt=["W"]),
        WithoutGradientError,
        "input W is of dtype int32, which has no gradient: give floating-point numbers, or leave it out of wrt",
    ),
    "wrt of a case names an integer": (
        case(PRODUCT, inputs={X: np.array([[1, 2, 3], [4, 5, 6]])}, wrt=[X]),
        WithoutGradientError,
        "input X is of dtype int64, which has no gradient: give floating-point numbers, or leave it out of wrt",
    ),
    "a claim for nobody": (
        case(PRODUCT, claims={"Z": X}),
        UnknownInputError,
        "claims names 'Z', but the inputs are W, X: use one of these",
    ),
    "printed for nobody": (
        case(PRODUCT, printed={"Z": printed("1.0")}),
        UnknownInputError,
        "printed names 'Z', but the inputs are W, X: use one of these",
    ),
    "inputs for nobody": (
        case(PRODUCT, inputs={"Z": 1.0}),
        UnknownInputError,
        "inputs names 'Z', but the inputs are W, X: use one of these",
    ),
    "other parameters": (
        case(PRODUCT, function=lambda a, b: (a @ b).sum()),
        SymbolsDoNotMatchError,
        "the formula has the symbols W, X and the function has the inputs a, b: "
        "give the symbols the names of the function's parameters",
    ),
    "other names in a call": (
        call(tensor(2, 3), tensor(3, 2), function=lambda a, b: (a @ b).sum(), formula=PRODUCT),
        SymbolsDoNotMatchError,
        "the formula has the symbols W, X and the function has the inputs a, b: "
        "give the symbols the names of the function's parameters",
    ),
    "a parameter too many": (
        case(PRODUCT, function=lambda X, W, scale: (X @ W).sum() * scale),
        SymbolsDoNotMatchError,
        "the formula has the symbols W, X and the function has the inputs X, W, scale: "
        "give the symbols the names of the function's parameters",
    ),
    "a case of nothing": (
        case(),
        NeitherFormulaNorFunctionError,
        "case 'c' has neither a formula nor a function: give at least one of them",
    ),
    "a function without inputs": (
        case(function=product),
        WithoutInputsError,
        "case 'c' has no formula and no inputs: give inputs={'x': ...}",
    ),
    "another shape": (
        case(PRODUCT, inputs={X: np.ones((2, 4))}),
        ShapeMismatchError,
        "input X has shape 2×4, but the formula says 2×3: give a tensor of that shape, or change the symbol's",
    ),
    "not finite": (
        call(torch.tensor([[1.0, float("nan"), 2.0]], requires_grad=True), tensor(3, 2)),
        InputNotFiniteError,
        "input X is nan at [0, 1]: give finite numbers",
    ),
    "an unknown dtype": (
        case(PRODUCT, dtype="float8"),
        UnknownDtypeError,
        "dtype 'float8' is not one of float64, float32, float16, bfloat16: choose one of these",
    ),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_sentences(name):
    attempt, kind, sentence = SENTENCES[name]
    with pytest.raises(kind) as caught:
        attempt()
    assert str(caught.value) == sentence


def test_a_parameter_with_a_default_need_not_be_in_the_formula():
    assert trial_of_case(Case("c", PRODUCT, function=lambda X, W, scale=1: (X @ W).sum() * scale)).wrt == ("X", "W")


def test_whole_numbers_in_lists_are_real_numbers_unless_the_symbol_is_an_integer():
    x, k = IndexedBase("x", shape=(3,)), IndexedBase("k", shape=(2,), integer=True)
    i = Symbol("i", integer=True)
    trial = trial_of_case(Case("whole", formula=Sum(x[k[i]] ** 2, (i, 0, 1)), inputs={x: [1, 2, 3], k: [0, 2]}))
    assert trial.wrt == ("x",)
    assert trial.inputs["x"].dtype == np.float64
    assert trial.inputs["k"].dtype.kind == "i"


def test_a_mask_may_hold_infinities_and_what_is_in_question_may_not():
    mask = torch.full((3, 3), -math.inf, dtype=torch.float64).triu(1)
    scores = tensor(3, 3)
    assert check(lambda scores, mask: (scores + mask).softmax(-1), (scores, mask)).ok
    with pytest.raises(InputNotFiniteError, match=r"input mask is -inf at \[0, 1\]: give finite numbers"):
        trial_of_call(lambda scores, mask: (scores + mask).softmax(-1), (scores, mask.requires_grad_()))
