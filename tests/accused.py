"""Functions with a backward of one's own, and the likely cause that is named for them."""

import torch

from verifier import check


def positive(*shape, seed=0, dtype=torch.float64):
    """Numbers from 0.3 to 1.3."""
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(shape, generator=generator, dtype=torch.float64) + 0.3).to(dtype).requires_grad_()


def mixed(*shape, seed=0, dtype=torch.float64):
    """Numbers of both signs."""
    generator = torch.Generator().manual_seed(seed)
    return (3 * torch.randn(shape, generator=generator, dtype=torch.float64)).to(dtype).requires_grad_()


def with_backward(forward, backward):
    """A torch function of tensors with the backward `backward(cotangent, *tensors)`."""

    class Given(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *tensors):
            ctx.save_for_backward(*tensors)
            return forward(*tensors)

        @staticmethod
        def backward(ctx, cotangent):
            return backward(cotangent, *ctx.saved_tensors)

    return Given.apply


def cause(forward, backward, tensors, formula, input=None, **options):
    """The likely cause that the worst finding names, or the one about `input`."""
    verdict = check(with_backward(forward, backward), tensors, formula=formula, **options)
    findings = [f for f in verdict.findings if input in (None, f.input)]
    assert verdict.outcome in ("wrong", "inaccurate")
    return findings[0].cause
