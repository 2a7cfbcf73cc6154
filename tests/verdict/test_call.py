"""The line that reproduces a finding: it can be pasted, and gives the same verdict."""

import functools

import pytest
import torch
from accused import mixed, with_backward
from sympy import IndexedBase, symbols

import verifier
from verifier import Case, check, verify
from verifier.verdict.call import call_of_case, call_of_check

i, n = symbols("i n", integer=True)
formula = IndexedBase("x", shape=(n,))[i] ** 2


class Half(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


OPTIONS = {
    "verifier.check(Half.apply, inputs, formula=formula)": {},
    "verifier.check(Half.apply, inputs, formula=formula, order=2, seed=3)": {"order": 2, "seed": 3},
    "verifier.check(Half.apply, inputs, formula=formula, wrt=['x'], rtol=0.001)": {"wrt": ["x"], "rtol": 1e-3},
    "verifier.check(Half.apply, inputs, formula=formula, witnesses=['symbolic', 'reverse mode'], atol=0)": {
        "witnesses": ["symbolic", "reverse mode"],
        "atol": 0,
    },
}


@pytest.mark.parametrize("call", OPTIONS)
def test_the_call_gives_the_same_finding_again(call):
    inputs = {"x": mixed(5)}
    finding = check(Half.apply, inputs, formula=formula, **OPTIONS[call]).findings[0]
    assert finding.call == call
    names = {"verifier": verifier, "Half": Half, "inputs": inputs, "formula": formula}
    again = eval(call, names)
    assert again.findings[0] == finding


@pytest.mark.parametrize(
    "unnamed",
    [lambda x: x, functools.partial(torch.add, 1), torch.nn.Linear(2, 2), with_backward(torch.exp, torch.mul)],
)
def test_a_function_without_a_name_that_could_be_typed(unnamed):
    name = getattr(unnamed, "__name__", "Linear")
    assert call_of_check(unnamed, "<lambda>" if name == "<lambda>" else name, {"seed": 0, "order": 1}) in (
        "verifier.check(function, inputs)",
        "verifier.check(apply, inputs)",
    )


def test_a_case_is_explained_by_a_command():
    assert call_of_case("a half", "cases/x.py") == "verifier explain 'a half' cases/x.py"
    assert call_of_case("half", None) == "verifier.verify(case)"
    case = Case("half", formula=formula, function=Half.apply, inputs={"x": [1.0, 2.0]}, source="cases/x.py")
    assert verify(case).findings[0].call == "verifier explain half cases/x.py"
