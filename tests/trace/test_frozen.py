"""Held values: what autograd takes for a constant stays where it was, and nothing else does."""

import subprocess
import sys

import pytest
import torch

from verifier.trace.frozen import AnotherPath, freeze

BASE = torch.tensor([0.3, 0.7, 0.5], dtype=torch.float64)
THERE = torch.tensor([0.4, 0.6, 0.55], dtype=torch.float64)


def held_at(function, there=THERE, base=BASE):
    frozen = freeze(lambda: function(base.clone()))
    assert torch.equal(frozen.run(lambda: function(base.clone())), function(base.clone()))
    return frozen.run(lambda: function(there.clone()))


class Doubled(torch.autograd.Function):
    """2·x², through every kind of bookkeeping that is no cut inside a Function."""

    @staticmethod
    def forward(ctx, x):
        with torch.no_grad():
            square = x.detach() * x.data
        return 2 * square


def decorated():
    @torch.no_grad()
    def square(x):
        return x * x

    return lambda x: x + square(x)


def written_under_no_grad(x):
    y = 2 * x
    with torch.no_grad():
        y.mul_(3)
    return y


def filled_under_no_grad(x):
    y = torch.empty_like(x)
    with torch.no_grad():
        y.copy_(x * x)
    return y * x


def counted_under_no_grad(x):
    counts = torch.zeros(3, dtype=torch.int64)
    with torch.no_grad():
        counts.add_((x * 10).long())
    return counts * x


def drawn_over(x):
    y = 2 * x
    return y.uniform_(generator=torch.Generator().manual_seed(0))


def in_inference_mode(x):
    with torch.inference_mode():
        y = x.detach() * 2
    return x + y


def function_under_no_grad(x):
    with torch.no_grad():
        y = Doubled.apply(x)
    return x + y


def function_after_no_grad(x):
    with torch.no_grad():
        y = x.sum()
    return y * Doubled.apply(x)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x * x, THERE * THERE),
        (lambda x: x * x.detach(), THERE * BASE),
        (lambda x: x * x.data, THERE * BASE),
        (lambda x: x * x.max().item(), THERE * 0.7),
        (lambda x: x + (x.round() - x).detach(), THERE + (BASE.round() - BASE)),
        (decorated(), THERE + BASE * BASE),
        (written_under_no_grad, 2 * THERE + (6 * BASE - 2 * BASE)),
        (filled_under_no_grad, BASE * BASE * THERE),
        (counted_under_no_grad, (BASE * 10).long() * THERE),
        (in_inference_mode, THERE + 2 * BASE),
        (drawn_over, drawn_over(BASE)),
        (Doubled.apply, 2 * THERE * THERE),
        (function_under_no_grad, THERE + 2 * BASE * BASE),
        (function_after_no_grad, BASE.sum() * 2 * THERE * THERE),
    ],
)
def test_holds_what_autograd_takes_for_a_constant(function, expected):
    torch.testing.assert_close(held_at(function), expected, rtol=1e-15, atol=0)


def test_holds_random_draws_even_where_the_generator_has_moved_on():
    def noisy(x):
        return x * torch.rand(3, dtype=x.dtype) + torch.empty_like(x).uniform_() + torch.bernoulli(x)

    torch.manual_seed(1)
    frozen = freeze(lambda: noisy(BASE))
    assert frozen.held == 3
    torch.manual_seed(1)
    at_base = noisy(BASE)
    assert torch.equal(frozen.run(lambda: noisy(BASE)), at_base)
    torch.manual_seed(1)
    drawn = torch.rand(3, dtype=BASE.dtype)
    torch.testing.assert_close(frozen.run(lambda: noisy(THERE)) - at_base, (THERE - BASE) * drawn)


def test_what_is_held_is_not_overwritten_by_the_function():
    def overwriting(x):
        y = x.detach().clone()
        y.zero_()
        z = x.detach()
        return z * x + y

    frozen = freeze(lambda: overwriting(BASE.clone()))
    for _ in range(2):
        assert torch.equal(frozen.run(lambda: overwriting(THERE.clone())), BASE * THERE)


def test_nothing_to_hold_costs_nothing():
    frozen = freeze(lambda: BASE.exp().sum())
    assert frozen.calls == ()
    assert frozen.held == 0
    assert freeze(lambda: (BASE * BASE.detach()).sum()).held == 1


def test_a_branch_stays_visible():
    def branching(x):
        return x.detach() * (x.sin() if x[0] > 0.35 else x.cos())

    with pytest.raises(
        AnotherPath, match=r"^the function takes another path there: aten.sin.default instead of aten.c"
    ):
        held_at(branching)


def test_a_path_that_ends_early_or_goes_on_is_another_path():
    def longer(x):
        y = x * x.detach()
        return y.exp() if x[0] > 0.35 else y

    with pytest.raises(AnotherPath, match=r"aten.exp.default comes after its end$"):
        held_at(longer)
    with pytest.raises(AnotherPath, match=r"it ends before aten.exp.default$"):
        held_at(longer, there=BASE, base=THERE)


def test_recording_does_not_import_the_compiler():
    code = (
        "import torch, sys; from verifier.trace.frozen import freeze;"
        "x = torch.ones(3); freeze(lambda: x * x.detach()).run(lambda: x * x.detach());"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
