"""The four outcomes by evidence: right at hard points, digits lost, a little wrong, in the dtypes where it shows."""

import itertools

import pytest
import torch
from digits import F32, F64, LOSERS, RIGHT, WRONG, elementwise, near, own, sigmoid
from sympy import MatrixSymbol, Piecewise, exp, log

from verifier import check

R, FUNCTION, FORMULA = "reverse mode", "the function", "the formula"


def heard(sample, dtype, **options):
    return check(sample.function, sample.tensors(dtype), formula=sample.formula, **options)


def in_dtypes(samples):
    """Every sample in every dtype that it is for, with a readable name."""
    return [
        pytest.param(sample, dtype, *further, id=f"{name}, {str(dtype).removeprefix('torch.')}")
        for name, (sample, *further) in samples.items()
        for dtype in sample.dtypes
    ]


@pytest.mark.parametrize(("sample", "dtype"), in_dtypes({name: (sample,) for name, sample in RIGHT.items()}))
def test_what_is_right_is_agreed_at_hard_points(sample, dtype):
    verdict = heard(sample, dtype)
    assert (verdict.outcome, verdict.findings) == ("agreed", ())
    assert {one.input for one in verdict.digits} == {None, *sample.inputs}
    assert all(one.worst is None or one.worst < (5 if one.input is None else 4) for one in verdict.digits)


@pytest.mark.parametrize(("sample", "dtype", "where"), in_dtypes(LOSERS))
def test_what_loses_digits_is_inaccurate(sample, dtype, where):
    verdict = heard(sample, dtype)
    accused = [f for f in verdict.findings if f.outcome in ("wrong", "inaccurate")]
    assert verdict.outcome == "inaccurate" and {f.outcome for f in accused} == {"inaccurate"}
    assert any(f.input == where and f.blamed == (FUNCTION if where is None else R) for f in accused)
    assert all(f.nature for f in accused)
    bits = {torch.float64: 53, torch.float32: 24, torch.bfloat16: 8}[dtype]
    assert all(f.significand == bits and (f.bits_lost is None or f.bits_lost > 4) for f in accused)


@pytest.mark.parametrize(("sample", "dtype", "entry"), in_dtypes(WRONG))
def test_what_is_a_little_wrong_is_wrong(sample, dtype, entry):
    verdict = heard(sample, dtype)
    assert verdict.outcome == "wrong" and verdict.findings[0].nature
    assert entry is None or (verdict.findings[0].index, verdict.findings[0].entries) == (entry, 1)
    assert {f.blamed for f in verdict.findings} <= {R, FORMULA}


def test_what_only_float64_shows_says_so():
    sample, _ = WRONG["a factor of 1 + 1e-7"]
    (finding,) = heard(sample, F32).findings
    assert (finding.variation, finding.significand, finding.blamed) == ("float64", 53, R)
    assert "seen          in float64: the function's own dtype hides it" in str(heard(sample, F32))
    assert finding.error == pytest.approx(1e-7 * abs(finding.values["symbolic"]), rel=1e-6)


def test_a_value_that_only_float64_shows_to_be_another():
    x = MatrixSymbol("x", 3, 1)
    verdict = check(lambda x: x * (0.1 + 1e-8), torch.ones(3, 1, requires_grad=True), formula=x / 10)
    finding = verdict.findings[0]
    assert (finding.outcome, finding.blamed, finding.variation) == ("wrong", FORMULA, "float64")


@pytest.mark.parametrize(("dtype", "outcome"), [(F32, "agreed"), (torch.bfloat16, "agreed"), (F64, "wrong")])
def test_a_constant_in_float32_is_right_for_what_is_made_for_float32(dtype, outcome):
    """torch's celu has its coefficient in float32 in every dtype."""
    point = torch.tensor([-1.0, -0.25, 0.5], dtype=dtype, requires_grad=True)
    assert check(lambda x: torch.nn.functional.celu(x, 0.7), point).outcome == outcome


def test_what_is_made_for_float32_may_stop_there():
    """torch's softplus has slope 1 above 20, which is off by 2e-9: nothing in float32, and wrong in float64."""
    sample = elementwise(torch.nn.functional.softplus, lambda t: log(1 + exp(t)), [20.5, 21.0])
    assert heard(sample, F32).ok and heard(sample, torch.bfloat16).ok
    assert heard(sample, F64).outcome == "wrong"


def test_a_function_that_is_finer_inside_than_its_dtype_is_not_judged_by_float64():
    """With `.float()` inside, float64 would show the rounding of float32."""
    x = MatrixSymbol("x", 5, 1)
    for dtype in (torch.bfloat16, torch.float16, torch.float32):
        point = torch.linspace(-1, 1, 5).reshape(5, 1).to(dtype).requires_grad_()
        assert check(lambda x: x.float().exp().to(x.dtype), point, formula=x.applyfunc(exp)).ok


def test_a_function_that_takes_nothing_wider_is_judged_by_its_neighbours():
    refuses = "only float32"

    def narrow(x):
        assert x.dtype == F32, refuses
        return slope(x)

    slope = own("Tanh", torch.tanh, lambda x: 1 - torch.tanh(x) ** 2)
    lossy, _ = LOSERS["1 - tanh(x)² at 8"]
    verdict = check(narrow, lossy.tensors(F32), formula=lossy.formula)
    assert verdict.outcome == "inaccurate" and "flickers" in verdict.findings[0].nature
    slope = own("Scaled", torch.exp, lambda x: x.exp() * 1.001)
    wrong = elementwise(narrow, exp, near(1.0))
    verdict = check(narrow, wrong.tensors(F32), formula=wrong.formula)
    assert verdict.outcome == "wrong" and "neighbouring" in verdict.findings[0].nature


def test_a_wrong_entry_among_entries_that_lose_digits():
    def slope(x):
        found = 1 - torch.tanh(x) ** 2
        found[2] = -3.0
        return found

    lossy, _ = LOSERS["1 - tanh(x)² at 8"]
    for dtype in (F64, F32):
        found = check(own("Both", torch.tanh, slope), lossy.tensors(dtype), formula=lossy.formula).findings
        assert {(f.outcome, f.blamed, f.entries) for f in found} == {("wrong", R, 1), ("inaccurate", R, 6)}
        assert found[0].index == (2, 0)


OVERFLOWS = own("Overflows", torch.sigmoid, lambda x: torch.exp(x) / (1 + torch.exp(x)) ** 2)


def test_an_overflow_in_float64_is_told_by_smaller_inputs():
    sample = elementwise(OVERFLOWS, sigmoid, near(800.0))
    (finding,) = heard(sample, F64).findings
    assert (finding.outcome, finding.bits_lost) == ("inaccurate", None)
    assert finding.nature == "it is finite at smaller inputs, so something overflows on the way"


def test_a_nan_that_no_overflow_explains_is_wrong():
    divided = own(
        "Divided", torch.sigmoid, lambda x: torch.where(x > 3, torch.nan, torch.sigmoid(x) * torch.sigmoid(-x))
    )
    for numbers in (near(4.0), [0.0, 1.0, 5.0]):
        assert heard(elementwise(divided, sigmoid, numbers), F64).outcome == "wrong"


def test_small_entries_that_lose_digits_are_a_note():
    mixed = elementwise(torch.sigmoid, sigmoid, [0.5, 16.0])
    verdict = heard(mixed, F32)
    assert verdict.outcome == "agreed"
    assert "small entries of the gradient by x lose digits: 16 of 24 bits at [1, 0]" in verdict.notes
    alone = elementwise(torch.sigmoid, sigmoid, [16.0])
    assert heard(alone, F32).outcome == "inaccurate"
    assert not any("small entries" in note for note in heard(elementwise(torch.exp, exp, [0.5, -40.0]), F32).notes)


def test_what_is_beyond_the_range_of_the_dtype_is_infinite_there():
    assert heard(elementwise(torch.log, log, [1e-5, 0.5]), torch.float16).outcome == "agreed"


def test_the_digits_are_summed_up_in_one_line():
    sample, _ = LOSERS["1 - tanh(x)² at 8"]
    value, gradient = heard(sample, F32).digits
    assert (value.input, gradient.input, gradient.significand) == (None, "x", 24)
    assert value.worst < 0 and 16 < gradient.worst < 19 and gradient.median < gradient.worst
    assert gradient.index == heard(sample, F32).findings[0].index
    verdict = heard(RIGHT["layer norm with mean 100"], F32)
    (line,) = [line for line in str(verdict).splitlines() if "bits lost" in line]
    assert "value" in line and "gradient by X" in line


def test_what_branches_is_judged_on_its_own_branch():
    """Noise that is drawn larger than float64's own would flip x > 1 here, and a wrong gradient would pass."""
    x = MatrixSymbol("x", 3, 1)
    formula = x.applyfunc(lambda t: Piecewise((1000 * t, t > 1), (t, True)))
    point = torch.tensor([[1 + 1e-11], [1 - 1e-11], [3.0]], dtype=F64, requires_grad=True)
    right = own(
        "Step", lambda x: torch.where(x > 1, 1000 * x, x), lambda x: torch.where(x > 1, 1000.0, 1.0).to(x.dtype)
    )
    wrong = own("Off", lambda x: torch.where(x > 1, 1000 * x, x), lambda x: torch.where(x > 1, 1000.0, 1.5).to(x.dtype))
    assert check(right, point, formula=formula).ok
    verdict = check(wrong, point, formula=formula)
    assert (verdict.outcome, verdict.findings[0].index) == ("wrong", (1, 0))


def test_the_verdict_is_the_same_each_time():
    sample, _ = LOSERS["layer norm by E[x²] - E[x]²"]
    one, again = (heard(sample, F64) for _ in range(2))
    assert (one.findings, one.digits) == (again.findings, again.digits)


def test_candidates_are_called_a_fixed_number_of_times():
    calls = itertools.count()

    def counted(x):
        next(calls)
        return x.exp()

    def wanted(size):
        before = next(calls)
        x = MatrixSymbol("x", size, 1)
        point = torch.linspace(-1, 1, size, dtype=F32).reshape(size, 1).requires_grad_()
        assert check(counted, point, formula=x.applyfunc(exp), witnesses=["symbolic", R]).ok
        return next(calls) - before

    assert wanted(3) == wanted(300) <= 13
