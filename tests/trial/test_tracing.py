"""`check` without a formula: the mathematics is that of the code's own forward."""

import pytest
import torch
from torch.autograd import Function

import verifier
from verifier.trace import translate


class Product(Function):
    """a·b with a gradient by b that lacks a."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, g):
        _a, b = ctx.saved_tensors
        return g * b, g


def number(*values, dtype=torch.float64):
    return torch.tensor(values, dtype=dtype, requires_grad=True)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_right_code_is_agreed(dtype):
    verdict = verifier.check(lambda x: (x.exp() * x).sum(), number(0.5, -1.0, dtype=dtype))
    assert verdict.outcome == "agreed", str(verdict)
    assert "symbolic" in verdict.witnesses


def test_a_wrong_backward_is_found_without_a_formula():
    verdict = verifier.check(Product.apply, (number(2.0, 3.0), number(5.0, 7.0)))
    assert verdict.outcome == "wrong"
    (finding,) = verdict.findings
    assert (finding.blamed, finding.position) == ("reverse mode", 1)


def test_a_wrong_gradient_of_a_closed_over_tensor_is_found_and_named():
    weight = number(5.0, 7.0)
    verdict = verifier.check(lambda x: Product.apply(x, weight), number(2.0, 3.0))
    assert verdict.outcome == "wrong"
    assert verdict.findings[0].input == "weight"


def test_several_results_and_nested_inputs():
    verdict = verifier.check(
        lambda pair: {"sum": pair[0] + pair[1], "product": pair[0] * pair[1]}, ((number(1.0), number(2.0)),)
    )
    assert verdict.outcome == "agreed", str(verdict)


def test_complex_code():
    z = torch.tensor([1 + 2j, -0.5 + 1j], dtype=torch.complex128, requires_grad=True)
    assert verifier.check(lambda z: (z.exp() * z).abs(), z).outcome == "agreed"


def test_the_formula_may_be_plain_torch_code():
    verdict = verifier.check(Product.apply, (number(2.0), number(5.0)), formula=lambda a, b: a * b)
    assert verdict.outcome == "wrong"
    right = verifier.check(torch.mul, (number(2.0), number(5.0)), formula=lambda a, b: a * b)
    assert right.outcome == "agreed", str(right)


def test_a_formula_of_another_function_is_told_by_its_values():
    verdict = verifier.check(torch.mul, (number(2.0), number(5.0)), formula=lambda a, b: a + b)
    assert verdict.findings[0].blamed == "the formula"


def test_an_opaque_function_is_never_called_wrong_from_its_trace():
    class ByNumPy(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.from_numpy(x.detach().numpy() ** 2)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 2 * g * x

    verdict = verifier.check(ByNumPy.apply, number(2.0, 3.0))
    assert verdict.outcome == "agreed", str(verdict)
    assert any("no formula could be traced" in note for note in verdict.notes)


def test_a_missing_definition_names_operator_file_and_skeleton(monkeypatch):
    known = {name: op for name, op in translate.catalogue().items() if name != "addcmul"}
    monkeypatch.setattr(translate, "catalogue", lambda: known)
    translate.translate.cache_clear()
    verdict = verifier.check(lambda x: torch.addcmul(x, x, x), number(0.5))
    (note,) = (note for note in verdict.notes if "no formula could be traced" in note)
    assert note == (
        "no formula could be traced: aten::addcmul.default has no definition yet; write one in verifier/ops/, "
        "`def addcmul(self, tensor1, tensor2, *, value): return Tensor(shape, lambda *at: ...)`, or give formula="
    )
    assert verdict.outcome == "agreed", str(verdict)


def test_the_double_backward_of_traced_code():
    verdict = verifier.check(lambda x: (x.exp() * x).sum(), number(0.5, -1.0), order=2)
    assert verdict.outcome == "agreed", str(verdict)
    assert any(comparison.order == 2 for comparison in verdict.comparisons)
