import functools

import numpy as np
import pytest
import torch

from verifier import check
from verifier.candidate.candidate import Candidate, as_float64, parameter_names, takes_by_name
from verifier.errors import CandidateError

F64 = torch.float64
POINT = {"x": np.array([0.5, -1.5]), "y": np.array([2.0, 3.0])}


def candidate(function, **kwargs):
    return Candidate.of(function, ("x", "y"), {"x": F64, "y": F64}, kwargs)


def test_passes_inputs_by_name_where_the_parameters_have_these_names():
    swapped = candidate(lambda y, x: x - y)
    assert swapped.by_name
    np.testing.assert_array_equal(swapped.value(POINT), POINT["x"] - POINT["y"])


def test_passes_inputs_by_position_where_it_must():
    for function in (torch.sub, lambda a, b: a - b, lambda *args: args[0] - args[1]):
        assert not candidate(function).by_name
        np.testing.assert_array_equal(candidate(function).value(POINT), POINT["x"] - POINT["y"])


def test_passes_constants_as_keywords():
    scaled = candidate(lambda x, y, *, by: (x - y) * by, by=4.0)
    np.testing.assert_array_equal(scaled.value(POINT), 4 * (POINT["x"] - POINT["y"]))


def test_builds_every_dtype_exactly_and_never_hands_out_the_callers_numbers():
    arrays = {
        "b": np.array([0.10009765625, -2.0]),
        "f": np.array([[0.5], [2.0**-24]]).T[::-1],
        "i": np.array(2**60 + 1),
        "m": np.array([True, False]),
    }
    dtypes = {"b": torch.bfloat16, "f": torch.float32, "i": torch.int64, "m": torch.bool}
    asked = Candidate.of(lambda b, f, i, m: b, tuple(arrays), dtypes)
    tensors = asked.tensors(arrays, requires_grad=("b",))
    assert {n: t.dtype for n, t in tensors.items()} == dtypes
    assert {n for n, t in tensors.items() if t.requires_grad} == {"b"}
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(tensor.detach().to(F64 if name in "bf" else tensor.dtype).numpy(), arrays[name])
        assert tensor.is_contiguous()
    for tensor in asked.tensors(arrays, dtype=F64).values():
        tensor.zero_()
    assert arrays["f"][0, 0] == 0.5
    assert arrays["i"] == 2**60 + 1
    assert arrays["m"][0]


def test_a_wider_dtype_is_for_floating_point_inputs_alone():
    asked = Candidate.of(lambda x, i: x[i], ("x", "i"), {"x": torch.float32, "i": torch.int64})
    arrays = {"x": np.array([0.5, 0.25]), "i": np.array([1, 0])}
    tensors = asked.tensors(arrays, dtype=F64)
    assert (tensors["x"].dtype, tensors["i"].dtype) == (F64, torch.int64)


def raising(x, y):
    raise ValueError("the sizes do not fit\nat all")


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (raising, "raising raised ValueError (the sizes do not fit): make it run on these inputs first"),
        (lambda x, y: None, "{} returned None: return the result as a torch tensor"),
        (lambda x, y: (x, y), "{} returned a tuple of 2: return one of its tensors, or their sum"),
        (lambda x, y: 1.5, "{} returned the number 1.5 (float): return a torch tensor, without .item()"),
        (lambda x, y: x.detach().numpy(), "{} returned an object of type ndarray: return a torch tensor"),
        (
            lambda x, y: x.argmax(),
            "{} returned a tensor of int64, whose gradient cannot be checked: return a floating-point tensor",
        ),
        (
            lambda x, y: x > y,
            "{} returned a tensor of bool, whose gradient cannot be checked: return a floating-point tensor",
        ),
        (
            lambda x, y: torch.complex(x, y),
            "{} returned a tensor of complex128, whose gradient cannot be checked: return its torch.view_as_real",
        ),
    ],
)
def test_bad_behaviour_gets_one_sentence(function, sentence):
    asked = candidate(function)
    with pytest.raises(CandidateError) as caught:
        asked.value(POINT)
    assert str(caught.value) == sentence.format(function.__qualname__)


def test_an_exception_without_a_text_is_still_a_sentence():
    def silent(x, y):
        raise ValueError

    with pytest.raises(CandidateError, match=r"raised ValueError \(no message\): make it run"):
        candidate(silent).value(POINT)


def test_an_interruption_is_not_swallowed():
    def interrupted(x, y):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        candidate(interrupted).value(POINT)


def test_calls_draw_the_same_numbers_and_leave_the_generator_as_found():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    noisy = candidate(lambda x, y: x + torch.rand(2, dtype=F64))
    first = noisy.value(POINT)
    torch.manual_seed(6)
    np.testing.assert_array_equal(noisy.value(POINT), first)
    torch.manual_seed(5)
    noisy.behaviour(POINT, ("x",))
    with pytest.raises(CandidateError):
        candidate(lambda x, y: torch.rand(2).foo).value(POINT)
    assert torch.equal(torch.rand(3), expected)


def test_sees_a_function_that_answers_differently_at_each_call():
    steady = candidate(lambda x, y: x * y).behaviour(POINT, ("x",))
    assert steady.deterministic
    assert steady.apart == 0.0
    dropout = candidate(lambda x, y: torch.dropout(torch.cat([x, y] * 20), 0.5, True))
    assert dropout.behaviour(POINT, ("x",)).deterministic  # every call has the same draw
    assert dropout.behaviour(POINT, ("x",)).draws and not candidate(lambda x, y: x * y).behaviour(POINT, ()).draws
    calls = iter(range(10))
    assert candidate(lambda x, y: x + next(calls)).behaviour(POINT, ("x",)).apart == 1.0
    lengths = iter((1, 2))
    assert candidate(lambda x, y: x[: next(lengths)]).behaviour(POINT, ("x",)).apart == np.inf
    flips = iter((1.0, np.nan))
    assert candidate(lambda x, y: x * next(flips)).behaviour(POINT, ("x",)).apart == np.inf


def test_the_same_nan_and_infinity_twice_is_the_same_answer():
    assert candidate(lambda x, y: x.log() + (x - x) / 0 + y / 0).behaviour(POINT, ("x",)).deterministic


def test_is_steady_where_both_answers_may_be_off_by_rounding():
    def behaviour(*steps):
        steps = iter((0.0, *steps))
        return candidate(lambda x, y: x + torch.tensor([next(steps), np.nan])).behaviour(POINT, ("x",))

    assert behaviour(0.0).is_steady(np.zeros(2))
    restless = behaviour(0.5)
    assert not restless.deterministic
    assert restless.is_steady(np.array([0.25, 0.0])) and not restless.is_steady(np.array([0.2, 9.0]))
    for unlike in (np.nan, np.inf):
        assert not behaviour(unlike).is_steady(np.full(2, np.inf))


def test_the_numbers_of_a_view_that_is_negated_lazily():
    z = torch.tensor([1 + 2j], dtype=torch.complex128)
    assert as_float64(z.conj().imag).tolist() == [-2.0]


def test_sees_an_input_that_was_written_to():
    def writes(x, y):
        y.add_(1)
        return x * y

    def writes_behind_autograds_back(x, y):
        x.data[0] = 7
        return x * y

    assert candidate(lambda x, y: x * y).behaviour(POINT, ("x",)).changed == ()
    assert candidate(writes).behaviour(POINT, ("x",)).changed == ("y",)
    assert candidate(writes_behind_autograds_back).behaviour(POINT, ("x", "y")).changed == ("x",)
    assert POINT["x"][0] == 0.5


def test_a_result_without_a_path_is_a_fact_and_no_error():
    assert candidate(lambda x, y: x * y).behaviour(POINT, ("x",)).requires_grad
    assert not candidate(lambda x, y: x.detach() * y).behaviour(POINT, ("x",)).requires_grad


def test_reports_value_and_dtype():
    behaviour = Candidate.of(lambda x: x * 2, ("x",), {"x": torch.bfloat16}).behaviour({"x": np.array([0.5])}, ("x",))
    assert behaviour.dtype == torch.bfloat16
    np.testing.assert_array_equal(behaviour.value, [1.0])


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x


class Scaled(torch.nn.Module):
    def forward(self, x, by=2.0):
        return x * by


def test_lists_the_names_of_positional_parameters():
    def function(X, W, eps=1e-5, *, keyword):
        return X

    assert parameter_names(function) == ("X", "W", "eps")
    assert parameter_names(function, required=True) == ("X", "W")
    assert parameter_names(functools.partial(function, keyword=1)) == ("X", "W", "eps")
    assert parameter_names(Scaled()) == ("x", "by")
    assert parameter_names(torch.mm) is None
    assert parameter_names(Doubled.apply) is None
    assert parameter_names(lambda *tensors: tensors[0]) is None


def test_a_module_is_called_by_the_names_of_its_forward():
    asked = Candidate.of(Scaled(), ("x",), {"x": F64})
    assert asked.by_name
    assert asked.described == "Scaled"
    np.testing.assert_array_equal(asked.value({"x": np.array([1.5])}), [3.0])


@pytest.mark.parametrize(
    ("function", "names", "by_name"),
    [
        (lambda x, w: x, ("x", "w"), True),
        (lambda x, *, w: x, ("x", "w"), True),
        (lambda x, w: x, ("x", "v"), False),
        (lambda **tensors: tensors, ("x", "w"), True),
        (lambda *tensors, **options: tensors, ("x", "w"), False),
        (torch.mm, ("x", "w"), False),
    ],
)
def test_who_takes_tensors_by_name(function, names, by_name):
    assert takes_by_name(function, names) is by_name


def test_a_wrapped_function_is_called_by_position_where_its_inputs_are_a_sequence():
    """What `vmap` returns has the names of what it wraps, and takes no keywords."""
    verdict = check(torch.func.vmap(lambda x: x.sin()), (torch.ones(3, dtype=F64, requires_grad=True),))
    assert verdict.ok, str(verdict)
