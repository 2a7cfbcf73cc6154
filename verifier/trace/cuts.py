"""What the user's code takes off the gradient, call by call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from verifier.trace.grad_mode import GradSwitches, inside_function

aten = torch.ops.aten

#: The user's `detach()`, `detach_()` and `.data`, and what autograd does with a tensor that it saves.
DETACHES = frozenset({aten.detach.default, aten.detach_.default})

#: Draws whose result is differentiable by a tensor that they take; the rest of the random operators return constants.
DIFFERENTIABLE_DRAWS = frozenset(
    {
        aten._scaled_dot_product_flash_attention_for_cpu.default,
        aten.native_dropout.default,
        aten.rrelu_with_noise.default,
        aten.rrelu_with_noise_.default,
        aten.rrelu_with_noise_functional.default,
    }
)


class Cuts:
    """Follows the user's grad switches, and tells which calls return constants for autograd.

    saves: whether autograd runs as well, and detaches what it saves: only the detaches that the user calls are cuts.
    """

    def __init__(self, *, saves: bool) -> None:
        self.saves = saves
        self.user_grad = torch.is_grad_enabled()
        self.switches = GradSwitches(self._switched)

    def _switched(self, enabled: bool) -> None:
        self.user_grad = enabled

    def cuts(self, func: Any, args: Sequence[Any]) -> bool:
        """Whether the result of this call is a constant for autograd because the user says so."""
        if inside_function():
            # Autograd switches grad mode off in there; only what the user had switched off before counts.
            return not self.user_grad
        if not torch.is_grad_enabled() or torch.is_inference_mode_enabled():
            return True
        # A boolean that is read decides a path; held, it would hide that the path changes.
        read = func is aten._local_scalar_dense.default and args[0].is_floating_point()
        return read or (func in DETACHES and (self.switches.detaching or not self.saves))

    @staticmethod
    def draws(func: Any) -> bool:
        """Whether a call draws at random, with a result that nothing can be differentiated by."""
        return torch.Tag.nondeterministic_seeded in func.tags and func not in DIFFERENTIABLE_DRAWS
