"""Calls of ATen operators, told apart and spelled out by their schemas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from verifier.trace.numbers import is_sparse, stored_places
from verifier.trace.record import Reading, dtype_name

#: Operators whose results are one of several solutions (signs and phases of eigenvectors): which one is a choice.
ONE_OF_SEVERAL = frozenset(
    {"aten::_linalg_eigh", "aten::linalg_eig", "aten::_linalg_svd", "aten::linalg_qr", "aten::linalg_lu"}
)

#: What these return depends on the shape of what they are given, and not on its numbers.
SHAPE_ALONE = frozenset(
    {
        *(
            torch.ops.aten.zeros_like.default,
            torch.ops.aten.ones_like.default,
            torch.ops.aten.full_like.default,
            torch.ops.aten.empty_like.default,
        ),
        *(
            torch.ops.aten.new_zeros.default,
            torch.ops.aten.new_ones.default,
            torch.ops.aten.new_full.default,
            torch.ops.aten.new_empty.default,
        ),
        torch.ops.aten.new_empty_strided.default,
    }
)

#: Comparisons of numbers, and what is made of such conditions: they are followed where both sides vary or one does.
CONDITIONS = frozenset(
    f"aten::{name}"
    for name in (
        *("gt", "ge", "lt", "le", "eq", "ne", "logical_and", "logical_or", "logical_xor", "logical_not"),
        *("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not"),
    )
)

#: What takes a condition that varies as such. Everything else takes the truth values that it has at the point.
CONDITIONAL = CONDITIONS | {f"aten::{name}" for name in ("where", "masked_fill", "masked_fill_", "mul", "_to_copy")}

#: Operators whose second argument is a condition that names places, or may hold some in a list of indices.
#: A definition is given the places where the condition holds: of the first kind after the condition, of the second kind
#: instead of it.
MASKED = frozenset(f"aten::{name}" for name in ("masked_select", "masked_scatter", "masked_scatter_"))
INDEXED = frozenset(
    f"aten::{name}"
    for name in ("index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index", "_unsafe_index_put")
)

#: Operators whose first argument is sparse: after it a definition is given the places of the entries that it stores.
STORED = frozenset({"aten::_sparse_mm_reduce_impl"})

#: A call's arguments: positional ones, and keyword-only ones by name.
Arguments = tuple[tuple[Any, ...], tuple[tuple[str, Any], ...]]


def arguments_of(
    func: Any, args: Sequence[Any], kwargs: Mapping[str, Any], reading: Callable[[torch.Tensor], Reading]
) -> Arguments:
    """A call's arguments in the order of the schema, with the defaults filled in and tensors as readings.

    Keyword-only arguments come by name, and `out=` is left out: what is written there is the result. Conditions that
    name places come with the places, see `with_places`.
    """
    args = with_places(func, args)

    def plain(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return reading(value)
        if isinstance(value, list | tuple):
            return tuple(map(plain, value))
        if isinstance(value, torch.dtype):
            return dtype_name(value)
        if isinstance(value, torch.layout | torch.memory_format | torch.device | torch.Generator):
            return None
        return value

    positional, keywords = [], []
    for place, formal in enumerate(func._schema.arguments):
        if formal.is_out:
            continue
        given = args[place] if place < len(args) else kwargs.get(formal.name, formal.default_value)
        if formal.kwarg_only:
            keywords.append((formal.name, plain(given)))
        else:
            positional.append(plain(given))
    return tuple(positional), tuple(keywords)


def with_places(func: Any, args: Sequence[Any]) -> Sequence[Any]:
    """Positional arguments with the places where conditions hold, or entries are: `MASKED`, `INDEXED` and `STORED`."""
    name = func._schema.name
    if name in STORED and is_sparse(args[0]):
        return ((args[0], stored_places(args[0])), *args[1:])
    if name in MASKED:
        mask = torch.broadcast_tensors(args[0], args[1])[1]
        return (args[0], (mask, *mask.nonzero(as_tuple=True)), *args[2:])
    if name in INDEXED:
        return (args[0], [place for index in args[1] for place in _places(index)], *args[2:])
    return args


def _places(index: torch.Tensor | None) -> Sequence[torch.Tensor | None]:
    if index is None or index.dtype not in (torch.bool, torch.uint8):
        return (index,)
    return index.nonzero(as_tuple=True)


def results_of(result: Any) -> tuple[Any, ...]:
    """What a call returned, as a tuple; lists of tensors are spread out."""
    if not isinstance(result, list | tuple):
        return (result,)
    return tuple(part for item in result for part in (item if isinstance(item, list | tuple) else (item,)))


def is_functional_variant(func: Any) -> bool:
    """Whether a call that writes is the in-place or the `out=` variant of one that does not."""
    name = func._schema.name.rpartition("::")[2]
    writes = [a for a in func._schema.arguments if a.alias_info is not None and a.alias_info.is_write]
    in_place = name.endswith("_") and not name.endswith("__") and len(writes) == 1
    return in_place or (len(writes) == 1 and writes[0].is_out)


def python_body(func: Any) -> Callable[..., Any] | None:
    """The Python code of an operator made by `torch.library.custom_op`: it is followed like any other code."""
    if func.namespace in ("aten", "prims", "prim"):
        return None
    from torch._library.custom_ops import OPDEFS

    definition = OPDEFS.get(func._schema.name)
    return None if definition is None or func._schema.is_mutable else definition._init_fn


def names_of(func: Any) -> tuple[str, str]:
    """The name of an operator in its schema, and which of its overloads it is."""
    return func._schema.name, func._overloadname
