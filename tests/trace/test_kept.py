"""What a function writes to beside its inputs is found, and put back bit by bit."""

import pytest
import torch
from accused import with_backward

import verifier
from verifier.trace.kept import kept_by


def bits(tensor):
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8).clone()


def test_a_buffer_is_found_and_put_back():
    buffer, read_only, x = torch.tensor([float("nan"), 1.0]), torch.ones(2), torch.ones(2)

    def writes():
        own = torch.zeros(2)
        own += read_only
        x.add_(1)
        buffer[1:].add_(x[1:])

    before = bits(buffer)
    kept = kept_by(writes, [x])
    assert len(kept.storages) == 1 and torch.equal(bits(buffer), before)
    assert x.tolist() == [2.0, 2.0]
    writes()
    buffer.zero_()
    kept.restore()
    assert torch.equal(bits(buffer), before)


def test_it_is_put_back_when_the_function_raises():
    buffer = torch.tensor([1.0, -0.0])

    def raises():
        buffer.fill_(7)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        kept_by(raises, [])
    assert torch.equal(bits(buffer), bits(torch.tensor([1.0, -0.0])))


def test_a_write_that_no_schema_tells_of_is_found():
    norm = torch.nn.BatchNorm1d(3).double()
    before = {name: bits(value) for name, value in norm.state_dict().items()}
    kept = kept_by(lambda: norm(torch.rand(4, 3, dtype=torch.float64)), [])
    assert len(kept.storages) == 3
    assert all(torch.equal(bits(value), before[name]) for name, value in norm.state_dict().items())


square = with_backward(torch.square, lambda g, x: 2 * g * x)


@pytest.mark.parametrize("raises_after", [None, 1, 3, 5, 8, 40])
def test_a_whole_check_leaves_everything_as_it_was(raises_after):
    """Inputs, what is closed over, keywords, random numbers and threads: whether the function raises, and when."""
    x = torch.tensor([0.5, -0.0, float(2**-1074), 3.0], dtype=torch.float64).requires_grad_()
    count, scale = torch.zeros(()), torch.full((4,), 2.0, dtype=torch.float64)
    calls = []

    def reckless(x, *, scale):
        calls.append(1)
        count.add_(1)
        scale.mul_(1 + count)
        if raises_after is not None and len(calls) > raises_after:
            raise KeyboardInterrupt
        result = square(x) * scale
        x.data.zero_()
        return result

    before = [bits(t) for t in (x, count, scale)]
    random, threads = torch.get_rng_state(), torch.get_num_threads()
    try:
        verifier.check(lambda x: reckless(x, scale=scale), [x])
    except KeyboardInterrupt:
        assert raises_after is not None
    else:
        assert raises_after is None
    assert all(torch.equal(bits(t), old) for t, old in zip((x, count, scale), before, strict=True))
    assert x.grad is None and torch.equal(torch.get_rng_state(), random) and torch.get_num_threads() == threads


def test_a_function_that_counts_its_calls_in_a_tensor_is_the_same_at_every_call():
    count = torch.zeros((), dtype=torch.float64)

    def counting(x):
        count.add_(1)
        return x * count

    verdict = verifier.check(counting, [torch.rand(3, dtype=torch.float64, requires_grad=True)])
    assert verdict.ok and count.item() == 0.0
