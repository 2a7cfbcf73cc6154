"""How a trial came about, as one line that a person can paste to see the same again."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

#: Options whose value is too long for one line: the caller's own variable of the same name stands for it.
BY_NAME = ("formula", "kwargs")

#: Options that are left out where they have these values; others where they are None.
DEFAULTS = {"order": 1, "seed": 0}


def call_of_check(function: Callable[..., Any], named: str, options: Mapping[str, Any]) -> str:
    """The call of `verifier.check`: `named` is the function's name, and options at their default are left out.

    `inputs`, `formula` and `kwargs` are the caller's own. Everything else that was drawn at random comes from the
    seed, so the same call gives the same verdict.
    """
    written = named if inspect.isroutine(function) and re.fullmatch(r"\w+(\.\w+)*", named) else "function"
    said = [
        f"{name}={name if name in BY_NAME else _spelled(value)}"
        for name, value in options.items()
        if not _is_default(name, value)
    ]
    return f"verifier.check({', '.join([written, 'inputs', *said])})"


def _is_default(name: str, value: Any) -> bool:
    return value is None or (name in DEFAULTS and value == DEFAULTS[name])


def call_of_case(name: str, source: str | None) -> str:
    """What shows the verdict on a case again: a command, where the case has a file."""
    return "verifier.verify(case)" if source is None else shlex.join(["verifier", "explain", name, source])


def _spelled(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_spelled, value))}]"
    return repr(value) if isinstance(value, int | float | str) else repr(str(value))
