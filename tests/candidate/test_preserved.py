"""What a function changes beside its inputs is put back, whatever happens, and named."""

import pytest
import torch

from verifier import check
from verifier.candidate.preserved import preserved
from verifier.errors import FunctionRaisedError

GLOBAL = torch.zeros(2)


def number():
    return {"x": torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)}


def writes_to_a_global(x):
    GLOBAL.add_(1)
    return x * x


class Counting(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(1))
        self.weight = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))

    def forward(self, x):
        with torch.no_grad():
            self.count += 1
            self.weight.data.mul_(1.0)
        return self.weight.detach() * x

    def method(self, x):
        return self(x)


def note(name):
    return f"the function writes into {name}, which was put back as it was"


def test_a_global_tensor():
    verdict = check(writes_to_a_global, number())
    assert verdict.ok and note("GLOBAL") in verdict.notes
    assert GLOBAL.tolist() == [0.0, 0.0]


def test_a_tensor_that_is_closed_over_and_one_in_a_list():
    one, more = torch.zeros(3), [torch.ones(2)]

    def function(x):
        one.add_(1)
        more[0].resize_(3).fill_(7)
        return x * x

    verdict = check(function, number())
    assert {note("one"), note("more[0]")} <= set(verdict.notes)
    assert one.tolist() == [0.0] * 3 and more[0].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("called", [lambda module: module, lambda module: module.method])
def test_a_module_and_its_method(called):
    module = Counting()
    verdict = check(called(module), number())
    assert note("count") in verdict.notes and note("weight") not in verdict.notes
    assert module.count.item() == 0 and isinstance(module.weight, torch.nn.Parameter)


def test_a_keyword():
    buffer = torch.zeros(2, dtype=torch.float64)

    def function(x, *, buffer):
        buffer.add_(x.detach())
        return x * x

    verdict = check(function, number(), kwargs={"buffer": buffer})
    assert note("buffer") in verdict.notes and buffer.tolist() == [0.0, 0.0]


def test_an_input():
    inputs = number()
    before = inputs["x"].detach().clone()

    def function(x):
        x.data.mul_(2)
        return x.detach() * x

    assert note("its input x") in check(function, inputs).notes
    assert torch.equal(inputs["x"], before) and inputs["x"].grad is None


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_a_function_that_raises(error):
    one, inputs = torch.zeros(3), number()

    def function(x):
        one.add_(1)
        x.data.mul_(2)
        raise error("no")

    with pytest.raises(FunctionRaisedError) as raised:
        check(function, inputs)
    assert str(raised.value) == f"function raised {error.__name__} (no): make it run on these inputs first"
    assert one.tolist() == [0.0] * 3 and inputs["x"].tolist() == [1.0, 2.0]


def test_nan_that_stays_is_no_change():
    one = torch.tensor([float("nan")])
    with preserved(lambda: one, {}) as changed:
        assert changed() == ()


def test_what_cannot_be_compared_is_left_alone():
    sparse, meta = torch.eye(2).to_sparse(), torch.empty(2, device="meta")
    with preserved(lambda: (sparse, meta), {}) as changed:
        assert changed() == ()


def test_a_name_that_has_no_value_yet():
    def function():
        return later

    with preserved(function, {}) as changed:
        assert changed() == ()
    later = torch.ones(2)


def test_a_tensor_deep_inside_of_what_is_closed_over():
    state = {"layers": [{"scale": torch.ones(2)}]}

    def function(x):
        state["layers"][0]["scale"].mul_(2)
        return x * x

    assert note("state.layers[0].scale") in check(function, number()).notes
    assert state["layers"][0]["scale"].tolist() == [1.0, 1.0]
