"""Torch's compiler, which takes longer to load than most checks take, and which torch loads without need.

Where one operand of a sum or product has a tangent and the other one has none, torch adds a tangent of zeros. What has
their shape is found by torch's reference implementations in Python, and these load the compiler when they first run, to
tell it to keep away from them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from torch._compile import _disable_dynamo
from torch._decomp import global_decomposition_table

#: Where torch notes how a reference is to be called so that the compiler keeps away from it.
_NOTE = "__dynamo_disable"


@contextmanager
def without_compiler() -> Iterator[None]:
    """Let torch's references run as they are. Where the compiler is loaded already, nothing is changed."""
    waiting = () if "torch._dynamo" in sys.modules else _kept_from_compiler()
    marked = [function for function in waiting if not hasattr(function, _NOTE)]
    for function in marked:
        setattr(function, _NOTE, function)
    try:
        yield
    finally:
        for function in marked:
            delattr(function, _NOTE)


@cache
def _kept_from_compiler() -> tuple[Callable[..., Any], ...]:
    """The references that the compiler is told to keep away from, as they were written."""
    code = _disable_dynamo(lambda: None).__code__
    place = code.co_freevars.index("fn")
    wrappers = (f for table in global_decomposition_table.values() for call in table.values() for f in _layers(call))
    found = (f.__closure__[place].cell_contents for f in wrappers if getattr(f, "__code__", None) is code)
    return tuple(dict.fromkeys(found))


def _layers(function: Any) -> Iterator[Any]:
    """A function, and what it wraps, from the outside in."""
    while function is not None:
        yield function
        function = getattr(function, "__wrapped__", None)
