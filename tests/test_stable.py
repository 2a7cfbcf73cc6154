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
