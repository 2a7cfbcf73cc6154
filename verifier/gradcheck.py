"""Drop-in replacements for `torch.autograd.gradcheck` and `gradgradcheck`: another import is all that a test needs.

An option means what it means in torch, or a warning says that it is ignored and why. Inputs may have any floating
dtype: what rounding allows is computed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from verifier.verdict.verdict import Verdict

#: Options that mean nothing here, and why.
IGNORED: Mapping[str, str] = {
    "eps": "the step of finite differences is chosen for each entry, with an error estimate",
    "nondet_tol": "what differs between two calls is measured against the rounding that is allowed",
    "fast_mode": "every entry is compared in any case, at a fixed number of evaluations",
    "masked": "sparse inputs cannot be checked",
    "gen_non_contig_grad_outputs": "the cotangent of the first gradient is drawn here",
    "grad_outputs": "the cotangent of the first gradient is drawn here, and is in question like the inputs",
    "check_fwd_over_rev": "forward mode is asked for the second gradient wherever it exists",
}


class IgnoredOptionWarning(UserWarning):
    """An option of torch's gradcheck was given that means nothing here."""


def gradcheck(
    func: Callable[..., Any],
    inputs: torch.Tensor | Sequence[Any],
    *,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether the gradients of a function are right, as `torch.autograd.gradcheck` answers it.

    atol, rtol: tolerances instead of the computed ones, with torch's defaults (1e-5, 1e-3) for the one that is left
    out. check_forward_ad and check_backward_ad choose the modes; the other checks are torch's own.

    Raises `torch.autograd.gradcheck.GradcheckError`, whose text is the report, unless `raise_exception` is False; and
    `VerifierError` for what the caller did wrong.
    """
    _warn({"eps": eps is not None, "nondet_tol": nondet_tol != 0, "fast_mode": fast_mode, "masked": bool(masked)})

    def run() -> None:
        _demand(_checked(func, inputs, 1, atol, rtol, check_forward_ad, check_backward_ad))
        if check_backward_ad and check_undefined_grad:
            _undefined_gradients(func, inputs)
        if check_grad_dtypes:
            _gradient_dtypes(func, inputs)
        if check_batched_grad or check_batched_forward_grad:
            _batched(func, inputs, backward=check_batched_grad, forward=check_batched_forward_grad)

    return _answered(run, raise_exception)


def gradgradcheck(
    func: Callable[..., Any],
    inputs: torch.Tensor | Sequence[Any],
    grad_outputs: Any = None,
    *,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Whether the second gradients of a function are right, as `torch.autograd.gradgradcheck` answers it.

    See `gradcheck`. The first gradient is checked as well, for a second one of a wrong first one means nothing.
    """
    _warn(
        {
            "eps": eps is not None,
            "grad_outputs": grad_outputs is not None,
            "gen_non_contig_grad_outputs": gen_non_contig_grad_outputs,
            "nondet_tol": nondet_tol != 0,
            "check_fwd_over_rev": check_fwd_over_rev,
            "fast_mode": fast_mode,
            "masked": masked,
        }
    )

    def run() -> None:
        _demand(_checked(func, inputs, 2, atol, rtol, check_fwd_over_rev, check_rev_over_rev))
        if check_undefined_grad:
            _undefined_gradients(func, inputs)
        if check_grad_dtypes:
            _gradient_dtypes(func, inputs)
        if check_batched_grad:
            _batched(func, inputs, backward=True, forward=False)

    return _answered(run, raise_exception)


def _warn(given: Mapping[str, bool]) -> None:
    for option in (name for name, is_given in given.items() if is_given):
        warnings.warn(f"{option} is ignored: {IGNORED[option]}", IgnoredOptionWarning, stacklevel=3)


def _checked(
    func: Callable[..., Any],
    inputs: Any,
    order: int,
    atol: float | None,
    rtol: float | None,
    forward: bool,
    backward: bool,
) -> Verdict:
    from verifier.verify import check

    heard = ["symbolic", "finite differences"]
    heard += ["reverse mode"] if backward else []
    heard += ["forward mode"] if forward else []
    tolerances: dict[str, Any] = {}
    if atol is not None or rtol is not None:
        tolerances = {"atol": 1e-5 if atol is None else atol, "rtol": 1e-3 if rtol is None else rtol}
    return check(func, inputs, order=order, witnesses=heard, **tolerances)


def _demand(verdict: Verdict) -> None:
    from torch.autograd.gradcheck import GradcheckError

    if not verdict.ok:
        raise GradcheckError(str(verdict))


def _answered(run: Callable[[], None], raise_exception: bool) -> bool:
    from torch.autograd.gradcheck import GradcheckError

    try:
        run()
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _called(func: Callable[..., Any], inputs: Any) -> tuple[tuple[Any, ...], tuple[torch.Tensor, ...]]:
    """The inputs as a tuple, and the differentiable results of one call."""
    import torch
    from torch.utils._pytree import tree_leaves

    given = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
    results = [t for t in tree_leaves(func(*given)) if isinstance(t, torch.Tensor) and t.requires_grad]
    return given, tuple(results)


def _undefined_gradients(func: Callable[..., Any], inputs: Any) -> None:
    from torch.autograd.gradcheck import _test_undefined_backward_mode

    given, results = _called(func, inputs)
    _test_undefined_backward_mode(func, results, given)


def _gradient_dtypes(func: Callable[..., Any], inputs: Any) -> None:
    import torch
    from torch.autograd.gradcheck import GradcheckError

    given, results = _called(func, inputs)
    asked = [t for t in given if isinstance(t, torch.Tensor) and t.requires_grad]
    found = torch.autograd.grad(results, asked, [torch.ones_like(t) for t in results], allow_unused=True)
    for position, (tensor, gradient) in enumerate(zip(asked, found, strict=True)):
        if gradient is not None and gradient.dtype != tensor.dtype:
            raise GradcheckError(f"the gradient by input {position} has {gradient.dtype}, and the input {tensor.dtype}")


def _batched(func: Callable[..., Any], inputs: Any, *, backward: bool, forward: bool) -> None:
    from torch.autograd.gradcheck import _test_batched_grad, _test_batched_grad_forward_ad

    given, results = _called(func, inputs)
    if backward:
        for position, result in enumerate(results):
            _test_batched_grad(given, result, position)
    if forward:
        _test_batched_grad_forward_ad(func, given)
