"""Torch's scripted rules for forward mode, which take longer to load than most checks take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch.autograd import forward_ad


@contextmanager
def without_scripted_rules() -> Iterator[None]:
    """Keep torch from scripting its rules for jvps of backward passes, which takes longer than most checks.

    The few operators that need one raise `NotImplementedError` without it. Once scripted, the rules stay.
    """
    load = forward_ad._maybe_load_decompositions
    forward_ad._maybe_load_decompositions = lambda: None
    try:
        yield
    finally:
        forward_ad._maybe_load_decompositions = load


def may_need_a_scripted_rule(cause: BaseException | None) -> bool:
    """Whether an operator has no jvp yet; what a custom Function lacks, torch has no rule for."""
    return isinstance(cause, NotImplementedError) and "custom autograd.Function" not in str(cause)
