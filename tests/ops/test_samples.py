"""Every definition on its own samples: values and both derivative modes of torch, and values in balls."""

import numpy as np
import pytest
import torch
from torch.utils._pytree import tree_flatten, tree_leaves, tree_unflatten

from verifier.candidate.packing import joined
from verifier.coverage.database import DatabaseSample
from verifier.coverage.examination import examine
from verifier.numeric.enclose import enclose
from verifier.op import Drawn, Given
from verifier.trace.traced import trace
from verifier.trace.translate import catalogue, defined

OPS = {op.names[0]: op for op in catalogue().values()}
SAMPLES = {
    f"{name}-{number}-{sample.overload}": sample for name, op in OPS.items() for number, sample in enumerate(op.samples)
}

#: Samples that torch itself gets wrong (docs/findings.md), and what is seen of that.
DEFECTS = {
    "triangular_solve-1-triangular_solve": "other forward",
    "cholesky_inverse-0-cholesky_inverse": "other forward",
    "celu-0-celu": "other reverse",
    "digamma-0-digamma": "other reverse",
    "hardsigmoid-0-hardsigmoid": "other reverse",
    "logcumsumexp-0-logcumsumexp": "other forward",
    "polygamma-0-polygamma": "other values",
    "index_copy-2-index_copy": "other reverse",
    "index_put-5-index_put": "other reverse",
    "max_unpool2d-1-max_unpool2d": "other reverse",
    "put-2-put": "other reverse",
    "scatter.src-4-scatter.src": "other reverse",
    "scatter_reduce.two-3-scatter_reduce.two": "other forward",
    "scatter_reduce.two-4-scatter_reduce.two": "other forward",
}


def numbers(given, generator):
    if isinstance(given, Given):
        return torch.tensor(given.numbers, dtype=getattr(torch, given.dtype))
    if given.kind in ("integer", "boolean"):
        drawn = torch.from_numpy(generator.integers(int(given.low), int(given.high), given.shape))
        return drawn.bool() if given.kind == "boolean" else drawn
    size = int(np.prod(given.shape, dtype=int))
    if given.distinct:
        spaced = np.linspace(given.low, given.high, size)
        return torch.from_numpy(generator.permutation(spaced).reshape(given.shape))
    drawn = generator.uniform(given.low, given.high, (*given.shape, 2) if given.kind == "complex" else given.shape)
    drawn = torch.from_numpy(np.asarray(drawn))
    return torch.view_as_complex(drawn) if given.kind == "complex" else drawn


def _lower(matrix):
    return matrix * torch.ones(matrix.shape[-2:]).tril()


def _every_other(matrix):
    rows, columns = (torch.arange(n) for n in matrix.shape)
    return torch.where(((rows[:, None] + columns) % 2 == 0) & (rows[:, None] != 1), matrix, 0.0).to_sparse_csr()


FORMS = {
    "sparse": _every_other,
    "hermitian": lambda matrix: (matrix + matrix.mH) / 2,
    "definite": lambda matrix: torch.matmul(matrix, matrix.mH) + torch.eye(matrix.shape[-1]),
    "lower": _lower,
}


def plain(leaf):
    named = getattr(torch, leaf, None) if isinstance(leaf, str) else None
    return named if isinstance(named, torch.dtype | torch.layout) else leaf


def call_of(sample):
    """A sample as a function of the tensors that vary, through autograd and the dispatcher as any code."""
    generator = np.random.default_rng(0)
    name, _, overload = sample.overload.partition(".")
    namespace, _, name = name.rpartition("::")
    function = getattr(getattr(getattr(torch.ops, namespace or "aten"), name), overload or "default")
    assert defined(f"{namespace or 'aten'}::{name}", overload or "default") is not None
    leaves, tree = tree_flatten((tuple(sample.arguments), dict(sample.keywords)))
    given = [numbers(leaf, generator) if isinstance(leaf, Drawn | Given) else plain(leaf) for leaf in leaves]
    pairs = {k for k, tensor in enumerate(given) if isinstance(tensor, torch.Tensor) and tensor.is_complex()}
    varies = {
        k
        for k, leaf in enumerate(leaves)
        if (isinstance(leaf, Drawn) and leaf.kind in ("real", "complex")) or (isinstance(leaf, Given) and leaf.varies)
    }

    def run(tensors):
        filled = list(given)
        for k in varies:
            tensor = tensors[f"x{k}"]
            filled[k] = torch.view_as_complex(tensor) if k in pairs else tensor
            if getattr(leaves[k], "form", "any") != "any":
                filled[k] = FORMS[leaves[k].form](filled[k])
            if name.endswith("_"):
                filled[k] = filled[k].clone()
        arguments, keywords = tree_unflatten(filled, tree)
        torch.manual_seed(0)
        result = tree_leaves(function(*arguments, **keywords))
        wanted = [result[position] for position in sample.only] or result
        wanted = [t for t in wanted if isinstance(t, torch.Tensor) and t.requires_grad]
        return [t if t.layout == torch.strided else t.to_dense() for t in wanted]

    start = {k: torch.view_as_real(given[k]) if k in pairs else given[k] for k in sorted(varies)}
    return DatabaseSample(name, 0, {f"x{k}": tensor.clone().requires_grad_() for k, tensor in start.items()}, run)


@pytest.mark.parametrize("name", SAMPLES)
def test_values_and_both_modes(name):
    found = examine(call_of(SAMPLES[name]))
    assert found.status == DEFECTS.get(name, "verified"), found.detail


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_values_in_balls(sample):
    call = call_of(sample)
    traced = trace(call.run, call.varying)
    inputs = {name: tensor.detach().numpy() for name, tensor in call.varying.items()}
    found = enclose(traced.program, {**inputs, **traced.constants}, [traced.output]).estimates[traced.output]
    value = joined(call.run(call.varying)).detach().numpy()
    assert np.allclose(found.value, value, rtol=1e-9, atol=1e-9, equal_nan=True)
    assert (found.error[np.isfinite(value)] < 1e-9).all()


def test_every_definition_has_a_sample_for_each_of_its_names():
    for op in OPS.values():
        if not op.samples:  # torch has no derivative of them: see test_conditions
            continue
        called = {overload for sample in op.samples for overload in spellings(sample.overload)}
        assert set(op.names) <= called, op.names


def spellings(overload):
    name, _, variant = overload.partition(".")
    plain = name.removesuffix("_")
    return {overload, name, plain, f"{plain}.{variant or 'default'}", f"{name}.{variant or 'default'}"}
