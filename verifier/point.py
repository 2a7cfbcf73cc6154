"""Points: the numbers that a case is tried at, given by the user or sampled from the symbols' assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from verifier.case import Printed
from verifier.errors import InputNotFiniteError, InputNotNumbersError, UnknownDtypeError, UnsupportedTensorError

if TYPE_CHECKING:
    from sympy import Basic, Symbol

#: Unit roundoff and underflow threshold of each floating dtype (IEEE 754; bfloat16 as float32 with 8 bits). Below its
#: smallest normal number a vectorised float32 function may give 0; float16 is computed in float32, and keeps its
#: subnormal numbers.
FLOATING: dict[str, tuple[float, float]] = {
    "float64": (2.0**-53, 2.0**-1022),
    "float32": (2.0**-24, 2.0**-126),
    "float16": (2.0**-11, 2.0**-24),
    "bfloat16": (2.0**-8, 2.0**-126),
}

#: The largest finite number of each floating dtype.
LARGEST: dict[str, float] = {
    "float64": (2 - 2.0**-52) * 2.0**1023,
    "float32": (2 - 2.0**-23) * 2.0**127,
    "float16": 65504.0,
    "bfloat16": (2 - 2.0**-7) * 2.0**127,
}


def rounded(values: NDArray[np.float64], dtype: str) -> NDArray[np.float64]:
    """The nearest numbers that `dtype` has, as float64."""
    if dtype == "float64":
        return values
    if dtype == "float16":
        return values.astype(np.float16).astype(np.float64)
    single = values.astype(np.float32)
    if dtype == "float32":
        return single.astype(np.float64)
    if dtype != "bfloat16":
        raise UnknownDtypeError(dtype, list(FLOATING))
    bits = single.view(np.uint32)
    half_to_even = np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return ((bits + half_to_even) & np.uint32(0xFFFF0000)).view(np.float32).astype(np.float64)


def given(name: str, values: Any, dtype: str) -> tuple[NDArray[Any], str]:
    """An input that the user gave, as an exact array and the name of its dtype, all of it finite numbers.

    Nested lists and floating arrays become `dtype`; torch tensors keep their own; integers stay integers. Raises
    `InputNotNumbersError` for what is no array of real numbers, `UnsupportedTensorError` for sparse, quantised and
    such tensors, `InputNotFiniteError` for NaN and infinities.
    """
    array, own = held(name, values, dtype)
    check_finite(name, array)
    return array, own


def check_finite(name: str, array: NDArray[Any]) -> None:
    """Raises `InputNotFiniteError` for an input that holds NaN or infinities: no derivative exists there."""
    if not np.isfinite(array).all():
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
        raise InputNotFiniteError(name, float(array[place]), place)


def held(name: str, values: Any, dtype: str) -> tuple[NDArray[Any], str]:
    """The same for an input that stays as it is, as the -inf of a mask does: its numbers need not be finite."""
    if isinstance(values, Printed):
        values = values.value
    own = _torch_dtype(values)
    if own is not None:
        _check_kind(name, values, own)
    try:
        array = np.asarray(values.detach().double().cpu().numpy() if own in FLOATING else values)
    except (ValueError, TypeError, RuntimeError) as cause:
        raise InputNotNumbersError(name, own or type(values).__name__) from cause
    if array.dtype.kind in "iub":
        return array, own or str(array.dtype)
    if array.dtype.kind != "f":
        raise InputNotNumbersError(name, str(array.dtype) if array.dtype.kind == "c" else type(values).__name__)
    return rounded(np.array(array, dtype=np.float64), own or dtype), own or dtype


def _torch_dtype(values: Any) -> str | None:
    """The dtype's name if `values` is a torch tensor, found out without importing torch."""
    tensor = any(kind.__module__ == "torch" and kind.__name__ == "Tensor" for kind in type(values).__mro__)
    return str(values.dtype).removeprefix("torch.") if tensor else None


def _check_kind(name: str, tensor: Any, dtype: str) -> None:
    """Raises `UnsupportedTensorError` for a tensor whose numbers are not there, not here, or not laid out plainly."""
    move = f"give {name}.cpu(), and let the function run there"
    own, name_of_kind = type(tensor), type(tensor).__name__
    plain = f"give {name}.as_subclass(torch.Tensor), and make a {name_of_kind} of it in the function"
    for found, kind, do in (
        (own.__module__.split(".")[0] != "torch", f"of the class {name_of_kind}", plain),
        (tensor.is_meta, "a meta tensor, which holds no numbers", "give one that holds numbers"),
        (tensor.device.type != "cpu", f"on the device {tensor.device}", move),
        (tensor.is_quantized, f"quantised ({dtype})", f"give {name}.dequantize()"),
        (getattr(tensor, "is_nested", False), "a nested tensor", "give its parts as inputs of their own"),
        (str(tensor.layout) != "torch.strided", f"sparse ({tensor.layout})", f"give {name}.to_dense()"),
        (dtype.startswith("float") and dtype not in FLOATING, f"of dtype {dtype}", f"give {name}.float()"),
    ):
        if found:
            raise UnsupportedTensorError(name, kind, do)


def sizes_for(extents: Iterable[Symbol], chosen: Mapping[Any, int]) -> dict[Symbol, int]:
    """A number for each extent: as chosen (by symbol or name), else small ones that are all different."""
    by_name = {str(key): size for key, size in chosen.items()}
    sizes, free = {}, (n for n in range(3, 10_000) if n not in by_name.values())
    for symbol in sorted(extents, key=str):
        sizes[symbol] = by_name[str(symbol)] if str(symbol) in by_name else next(free)
    return sizes


def sampled(symbol: Basic, shape: tuple[int, ...], generator: np.random.Generator) -> NDArray[Any]:
    """Random numbers that a symbol's assumptions allow: integer, positive, negative, nonnegative, or any real."""
    if getattr(symbol, "is_integer", None):
        low = 1 if getattr(symbol, "is_positive", None) else 0 if getattr(symbol, "is_nonnegative", None) else -4
        return generator.integers(low, 5, shape)
    if getattr(symbol, "is_nonnegative", None) or getattr(symbol, "is_positive", None):
        return generator.uniform(0.3, 2.0, shape)
    if getattr(symbol, "is_nonpositive", None) or getattr(symbol, "is_negative", None):
        return -generator.uniform(0.3, 2.0, shape)
    return generator.standard_normal(shape)
