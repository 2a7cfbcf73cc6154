"""Right in exact arithmetic, and how far from what stable code reaches: digit losers beside right functions."""

import pytest
import torch
from accused import with_backward
from torch.nn import functional

from verifier import check

F64, F32, BF16 = torch.float64, torch.float32, torch.bfloat16

X, R, FUNCTION = "x", "reverse mode", "the function"


def heard(function, numbers, dtype):
    """The outcome, and who is blamed for what."""
    verdict = check(function, {X: torch.tensor(numbers, dtype=dtype, requires_grad=True)})
    return verdict.outcome, {(f.outcome, f.blamed, f.input) for f in verdict.findings if f.outcome != "agreed"}


CONFIDENT = {F64: [30.0, 0.0, 1.0], F32: [12.0, 0.0, 1.0]}


@pytest.mark.parametrize("dtype", [F64, F32])
@pytest.mark.parametrize(
    ("stable", "naive"),
    [
        (lambda x: -x.log_softmax(-1)[0], lambda x: -x.softmax(-1)[0].log()),
        (lambda x: functional.cross_entropy(x, torch.tensor(0)), lambda x: 1 - x.softmax(-1)[0]),
        (lambda x: x.softmax(-1)[1:].sum(), lambda x: 1 - x.softmax(-1)[0]),
        (
            lambda x: -(x.softmax(-1) * x.log_softmax(-1)).sum(),
            lambda x: -(x.softmax(-1) * x.softmax(-1).log()).sum(),
        ),
        (torch.nn.LogSoftmax(-1), lambda x: (1 - x.softmax(-1))[:1]),
    ],
    ids=["log-softmax", "cross entropy", "what is left", "entropy", "all entries"],
)
def test_probabilities_near_one_lose_what_is_computed_from_them(stable, naive, dtype):
    """A shift by the largest entry excuses its own rounding, and not what is made of the result."""
    assert heard(stable, CONFIDENT[dtype], dtype) == ("agreed", set())
    assert heard(naive, CONFIDENT[dtype], dtype) == ("inaccurate", {("inaccurate", FUNCTION, None)})


def test_differences_with_a_step_of_their_dtype_lose_digits_and_a_truncated_series_is_wrong():
    step = {F64: 1e-8, F32: 2.0**-12}

    def central(g, x):
        h = step[x.dtype]
        return g * (torch.sin(x + h) - torch.sin(x - h)) / (2 * h)

    def one_sided(g, x):
        return g * (torch.sin(x * (1 + 1e-2)) - torch.sin(x)) / (1e-2 * x)

    for dtype in (F64, F32):
        assert heard(with_backward(torch.sin, central), [0.5, 2.0], dtype)[0] == "inaccurate"
        assert heard(with_backward(torch.sin, one_sided), [0.5, 2.0], dtype)[0] == "wrong"


def test_a_kink_in_a_narrow_dtype_may_be_none_in_float64():
    """Squared distances by a Gram matrix: rounding in bfloat16 carries them over the border of the clamp."""

    def distances(x):
        gram = x @ x.T
        own = gram.diagonal()
        return torch.sqrt(torch.clamp(own[:, None] + own[None] - 2 * gram, min=0) + 1e-12)

    generator = torch.Generator().manual_seed(7)
    far = (8 + torch.randn(3, 4, generator=generator, dtype=F64)).tolist()
    assert heard(distances, far, BF16)[0] == "inaccurate"
    near = torch.randn(3, 4, generator=generator, dtype=F64).tolist()
    assert heard(lambda x: (x[:, None] - x[None]).square().sum(-1), near, BF16) == ("agreed", set())


COMPLEMENTS = {
    "1 - cos": (lambda x: 2 * torch.sin(x / 2) ** 2, lambda x: 1 - torch.cos(x), [0.2, 0.15]),
    "1 - erf": (torch.erfc, lambda x: 1 - torch.erf(x), [1.7, 1.8]),
    "1 - exp": (lambda x: -torch.expm1(-torch.exp(-x)), lambda x: 1 - torch.exp(-torch.exp(-x)), [4.0, 5.0]),
}


@pytest.mark.parametrize(("stable", "naive", "numbers"), COMPLEMENTS.values(), ids=COMPLEMENTS)
def test_of_eight_bits_unstable_code_has_few_to_lose(stable, naive, numbers):
    assert heard(stable, numbers, BF16) == ("agreed", set())
    assert heard(naive, numbers, BF16) == ("inaccurate", {("inaccurate", FUNCTION, None)})


def test_of_eight_bits_a_gradient_may_lose_three():
    """1 − y² is off by a half of the last place of y: 15 % at 2.7, where the input's own rounding does 2 %."""
    by_square = with_backward(torch.tanh, lambda g, x: g * (1 - torch.tanh(x) ** 2))
    by_cosh = with_backward(torch.tanh, lambda g, x: g / torch.cosh(x) ** 2)
    assert heard(by_square, [2.5, 2.7], BF16) == ("inaccurate", {("inaccurate", R, X)})
    assert heard(by_cosh, [2.5, 2.7], BF16) == ("agreed", set())
    assert heard(torch.tanh, [2.5, 0.5], BF16) == ("agreed", set())


@pytest.mark.parametrize("dtype", [F32, BF16])
def test_bits_are_counted_from_what_one_roundoff_does_whatever_is_allowed(dtype):
    numbers = {F32: [1e-2], BF16: [0.2]}[dtype]
    x = torch.tensor(numbers, dtype=dtype, requires_grad=True)
    (finding,) = check(lambda x: 1 - torch.cos(x), x).findings
    roundoff = {F32: 2.0**-24, BF16: 2.0**-8}[dtype]
    true = 2 * torch.sin(x.detach().double() / 2) ** 2
    most = torch.log2(finding.error / (roundoff * true)).item()  # from its own roundoff alone
    assert most - 1.5 < finding.bits_lost < most and finding.error > finding.allowed
    for bits, outcome in ((finding.bits_lost + 0.1, "agreed"), (finding.bits_lost - 0.1, "inaccurate")):
        assert check(lambda x: 1 - torch.cos(x), x, max_bits_lost=bits).outcome == outcome
