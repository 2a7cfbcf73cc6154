"""The entries of torch's own test database that are differentiable in float64 on the CPU, and their samples."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch.utils._pytree import tree_flatten, tree_leaves, tree_unflatten

#: Samples of one entry that are run at most.
MOST_SAMPLES = 12


@dataclass(frozen=True)
class DatabaseSample:
    """One call of an entry, as a function of the real tensors that vary.

    varying: these tensors by name; a complex one as pairs along a last axis, a sparse one as the entries that it
    stores. run: takes them (or others like them) and returns the floating-point and complex results, dense.
    """

    entry: str
    number: int
    varying: Mapping[str, torch.Tensor]
    run: Callable[[Mapping[str, torch.Tensor]], Sequence[torch.Tensor]]


def entries(names: Sequence[str] = ()) -> Iterator[Any]:
    """The database's differentiable entries, in its order; only those called one of `names`, if any are given."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    for entry in op_db:
        differentiable = entry.supports_autograd and torch.float64 in entry.supported_backward_dtypes("cpu")
        if differentiable and (not names or name_of(entry) in names or entry.name in names):
            yield entry


def name_of(entry: Any) -> str:
    """The name of an entry with its variant: `max.binary`."""
    return f"{entry.name}.{entry.variant_test_name}" if entry.variant_test_name else str(entry.name)


def samples(entry: Any, most: int = MOST_SAMPLES) -> Iterator[DatabaseSample]:
    """The samples of an entry that have something to differentiate by, at most so many."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = list(islice(entry.sample_inputs("cpu", torch.float64, requires_grad=True), 4 * most))
    usable = (_sample(entry, number, sample) for number, sample in enumerate(found))
    yield from islice((sample for sample in usable if sample.varying), most)


def _sample(entry: Any, number: int, sample: Any) -> DatabaseSample:
    leaves, tree = tree_flatten((sample.input, tuple(sample.args), dict(sample.kwargs)))
    places = [k for k, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor) and leaf.requires_grad]
    named = {f"x{count}": place for count, place in enumerate(places)}
    varying = {name: _as_real(leaves[place]) for name, place in named.items()}
    pairs = {name: leaves[place].is_complex() for name, place in named.items()}
    held = [leaf.detach() if isinstance(leaf, torch.Tensor) else leaf for leaf in leaves]
    places_of = {name: _structure(held[place]) for name, place in named.items()}

    def run(tensors: Mapping[str, torch.Tensor]) -> list[torch.Tensor]:
        given = [leaf.clone() if isinstance(leaf, torch.Tensor) else leaf for leaf in held]
        for name, place in named.items():
            tensor = torch.view_as_complex(tensors[name]) if pairs[name] else tensors[name]
            given[place] = _laid_out_as(held[place], tensor, *places_of[name])
        own, args, kwargs = tree_unflatten(given, tree)
        torch.default_generator.manual_seed(0)  # a hundred times faster than that of all devices
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = entry.gradcheck_wrapper(entry.get_op(), own, *args, **kwargs)
            result = sample.output_process_fn_grad(result)
        wanted = [t for t in tree_leaves(result) if isinstance(t, torch.Tensor) and _differentiable(t)]
        return [t if t.layout == torch.strided else t.to_dense() for t in wanted]

    return DatabaseSample(name_of(entry), number, varying, run)


def _structure(leaf: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The integers that say where a sparse tensor stores its entries."""
    return (leaf.crow_indices(), leaf.col_indices()) if leaf.layout == torch.sparse_csr else ()


def _laid_out_as(leaf: torch.Tensor, tensor: torch.Tensor, *structure: torch.Tensor) -> torch.Tensor:
    """A tensor as the sample's is: sparse, or in a part of a storage, which `as_strided` sees as a whole."""
    if structure:
        rows, columns = structure
        return torch.sparse_csr_tensor(rows, columns, tensor, size=leaf.shape)
    size = leaf.untyped_storage().nbytes() // leaf.element_size()
    if size <= leaf.numel():
        return tensor
    whole = torch.as_strided(leaf, (size,), (1,), 0).clone()
    part = torch.as_strided(whole, leaf.shape, leaf.stride(), leaf.storage_offset())
    return part.copy_(tensor)


def _differentiable(tensor: torch.Tensor) -> bool:
    return (tensor.is_floating_point() or tensor.is_complex()) and tensor.requires_grad


def _as_real(leaf: torch.Tensor) -> torch.Tensor:
    if leaf.layout == torch.sparse_csr:
        return leaf.detach().values().clone().requires_grad_()
    plain = torch.view_as_real(leaf.detach().resolve_conj()) if leaf.is_complex() else leaf.detach()
    return plain.clone(memory_format=torch.contiguous_format).requires_grad_()
