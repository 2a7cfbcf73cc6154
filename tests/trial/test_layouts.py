"""Backward passes that take a tensor to lie in memory in one way, and those that do not."""

import pytest
import torch

from verifier import check
from verifier.trial.layouts import expanded, strided

R = "reverse mode"
GAPS, ZEROS = "a cotangent that is not contiguous", "an expanded cotangent"


def in_memory_order(tensor):
    """What a kernel reads that is given the address of the first number alone."""
    return tensor.as_strided(tensor.shape, torch.empty(tensor.shape).stride())


def sines(backward):
    """sin x, with a backward that gets x and the cotangent."""

    class Sines(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.sin(x)

        @staticmethod
        def backward(ctx, g):
            return backward(ctx.saved_tensors[0], g)

    return Sines.apply


def by_view(x, g):
    return (torch.cos(x).view(-1) * g.view(-1)).view(x.shape)


def by_address(x, g):
    return torch.cos(x) * in_memory_order(g)


def by_first_stride(x, g):
    """Right for slices and transposes, which have no strides of 0."""
    return torch.cos(x) * (in_memory_order(g) if 0 in g.stride() else g)


def refusing_zeros(x, g):
    if 0 in g.stride():
        raise ValueError("leading dimension 0")
    return torch.cos(x) * g


def contiguous_first(x, g):
    return by_address(x, g.contiguous())


def by_reshape(x, g):
    return (torch.cos(x).reshape(-1) * g.reshape(-1)).reshape(x.shape)


def point(*shape, dtype=torch.float64):
    return torch.linspace(0.3, 1.4, torch.Size(shape).numel(), dtype=torch.float64).reshape(shape).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 2), (40, 5), (1, 6)])
@pytest.mark.parametrize(("backward", "layout"), [(by_address, GAPS), (by_first_stride, ZEROS)])
def test_a_backward_that_reads_its_cotangent_in_the_order_of_memory(backward, layout, shape, dtype):
    verdict = check(sines(backward), point(*shape, dtype=dtype).requires_grad_())
    (finding,) = verdict.findings
    assert (verdict.outcome, finding.blamed, finding.input) == ("wrong", R, "x0")
    assert finding.deed == f"gives another gradient by x0 for {layout}" and finding.error > 0.1


@pytest.mark.parametrize(("backward", "layout"), [(by_view, GAPS), (refusing_zeros, ZEROS)])
def test_a_backward_that_raises(backward, layout):
    verdict = check(sines(backward), point(3, 4).requires_grad_())
    (finding,) = verdict.findings
    assert (verdict.outcome, finding.blamed, finding.deed, finding.error) == ("wrong", R, f"raises for {layout}", None)
    assert "Error (" in finding.reason and finding.reason.endswith("or make it `contiguous` first")


def test_the_message():
    said = " ".join(str(check(sines(by_view), {"x": point(3, 4).requires_grad_()})).split())
    assert "reverse mode raises for a cotangent that is not contiguous reason RuntimeError (view size is" in said
    assert (
        "transposing or slicing the result gives such a cotangent; read it by its strides, "
        "or make it `contiguous` first"
    ) in said
    said = " ".join(str(check(sines(by_first_stride), {"x": point(3, 4).requires_grad_()})).split())
    assert "reverse mode gives another gradient by x for an expanded cotangent" in said
    assert (
        "`sum` of the result gives such a cotangent, whose strides are 0: read it by its strides, or make it "
        "`contiguous` first"
    ) in said


def several(x):
    y = contiguous(x)
    return y, (y.T * 2).sum(0)


contiguous = sines(contiguous_first)

RIGHT = {
    "contiguous first": (contiguous, (3, 4)),
    "by reshape": (sines(by_reshape), (3, 4)),
    "by view, of a sum": (lambda x: contiguous(x).sum(), (3, 4)),
    "several results": (several, (3, 4)),
    "one entry": (sines(by_view), (1, 1)),
    "softmax": (lambda x: torch.softmax(x, -1), (4, 5)),
    "layer norm": (lambda x: torch.nn.functional.layer_norm(x, (8,)), (4, 8)),
    "matrix product": (lambda x: x @ x.T, (6, 30)),
    "convolution": (lambda x: torch.nn.functional.conv2d(x, x[:1, :, :3, :3]), (2, 2, 6, 6)),
    "attention": (lambda x: torch.nn.functional.scaled_dot_product_attention(x, x, x), (2, 5, 4)),
    "inverse": (lambda x: torch.linalg.inv(x + torch.eye(4, dtype=x.dtype)), (4, 4)),
}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", RIGHT)
def test_the_layout_of_a_cotangent_is_nothing_to_an_honest_backward(name, dtype):
    function, shape = RIGHT[name]
    if (name, dtype) == ("inverse", torch.bfloat16):
        dtype = torch.float64  # torch has no factorisations in bfloat16
    verdict = check(function, point(*shape, dtype=dtype).requires_grad_())
    assert not [finding for finding in verdict.findings if finding.deed], str(verdict)


def test_what_raises_for_ones_is_not_accused_of_their_layout():
    def picky(x, g):
        if (g == g.flatten()[0]).all():
            raise ValueError("constant cotangents are not for me")
        return torch.cos(x) * g

    assert check(sines(picky), point(3, 4).requires_grad_()).ok


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 2), (1, 6)])
def test_layouts_hold_the_same_numbers(shape):
    dense = torch.arange(1.0, 1 + torch.Size(shape).numel()).reshape(shape)
    assert torch.equal(strided(dense), dense) and not strided(dense).is_contiguous()
    assert torch.equal(expanded(dense), torch.ones(shape)) and set(expanded(dense).stride()) == {0}
    assert not torch.equal(in_memory_order(strided(dense)), dense)
    assert not torch.equal(in_memory_order(expanded(dense)), torch.ones(shape))
    assert expanded(dense).untyped_storage().nbytes() >= dense.untyped_storage().nbytes()


def reading_the_input_by_address(x, g):
    return torch.cos(in_memory_order(x)) * g


TRANSPOSED = torch.linspace(0.1, 2.3, 12, dtype=torch.float64).reshape(3, 4).T


@pytest.mark.parametrize("backward", [reading_the_input_by_address, contiguous_first])
def test_an_input_lies_as_the_caller_gave_it(backward):
    """The backward that reads its input in the order of memory is right for contiguous inputs alone."""
    assert check(sines(backward), (TRANSPOSED.contiguous().requires_grad_(),)).ok
    verdict = check(sines(backward), (TRANSPOSED.detach().requires_grad_(),))
    if backward is contiguous_first:
        assert verdict.ok, str(verdict)
        return
    (finding,) = verdict.findings
    assert (finding.outcome, finding.blamed, finding.input) == ("wrong", R, "x0")
    assert finding.cause == (
        "the layout of an input: where all inputs are contiguous it is right; "
        "read them by their strides, or make them `contiguous` first"
    )


def test_a_forward_that_reads_by_address_is_traced_as_it_reads():
    assert check(lambda x: in_memory_order(x) ** 2, (TRANSPOSED.detach().requires_grad_(),)).ok


def test_the_second_gradient_has_the_same_layout():
    assert check(lambda x: x**3, (TRANSPOSED.detach().requires_grad_(),), order=2).ok
