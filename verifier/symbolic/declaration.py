"""Declarations of tensors as text: `X: n×k`, `X: 3,3`, `x: n`."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from verifier.errors import DeclarationError, DeclaredTwiceError

#: The extents of a tensor: numbers, and names of numbers that are not known yet.
Shape = tuple[int | str, ...]

_BETWEEN = re.compile(r"\s*[×,*]\s*|\s+x\s+|(?<=\d)x(?=\d)")


def declarations(texts: Iterable[str]) -> dict[str, Shape]:
    """The shape of each tensor that `texts` declare, one text each.

    Between extents stands ×, a comma, * or a lone x. Raises `DeclarationError` and `DeclaredTwiceError`.
    """
    shapes: dict[str, Shape] = {}
    origins: dict[str, str] = {}
    for text in texts:
        name, shape = _declaration(text)
        if name in shapes:
            raise DeclaredTwiceError(name)
        shapes[name], origins[name] = shape, text
    for name, shape in shapes.items():
        for extent in shape:
            if extent in shapes:
                raise DeclarationError(origins[name], f"uses {extent} as an extent, which is itself a tensor")
    return shapes


def _declaration(text: str) -> tuple[str, Shape]:
    name, colon, extents = (part.strip() for part in text.partition(":"))
    if not colon:
        raise DeclarationError(text, "has no colon")
    if not _is_name(name):
        raise DeclarationError(text, f"does not begin with a name but with {name!r}")
    if not extents:
        raise DeclarationError(text, "has no extents; a scalar needs no declaration")
    return name, tuple(_extent(text, extent) for extent in _BETWEEN.split(extents))


def _extent(text: str, extent: str) -> int | str:
    if extent.isascii() and extent.isdigit() and int(extent) > 0:
        return int(extent)
    if _is_name(extent):
        return extent
    raise DeclarationError(text, f"has the extent {extent!r}, which is neither a positive number nor a name")


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)
