"""Says whether a gradient is right, and if not: who is wrong, where, and by how much.

The names below are imported when they are first used, so that `import verifier` is quick and loads neither
torch nor SymPy nor NumPy.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verifier.case import Case, Contract, Fault, printed
    from verifier.claim.proof import prove
    from verifier.errors import VerifierError
    from verifier.gradcheck import gradcheck, gradgradcheck
    from verifier.pytest_plugin import parametrize
    from verifier.symbolic.growth import growth_limits
    from verifier.symbolic.language import (
        Detached,
        adjugate,
        cholesky,
        diag,
        diagonal,
        eigenvalues,
        layer_norm,
        logdet,
        logsumexp,
        lower_triangular,
        matrix_exp,
        mean,
        norm,
        nuclear_norm,
        singular_values,
        softmax,
        solve,
        symmetric,
        total,
    )
    from verifier.verdict.verdict import Run, Verdict
    from verifier.verify import assert_gradients, check, derive, hessian, hvp, jacobian, verify, verify_all

__all__ = [
    "Case",
    "Contract",
    "Detached",
    "Fault",
    "Run",
    "Verdict",
    "VerifierError",
    "adjugate",
    "assert_gradients",
    "check",
    "cholesky",
    "derive",
    "diag",
    "diagonal",
    "eigenvalues",
    "gradcheck",
    "gradgradcheck",
    "growth_limits",
    "hessian",
    "hvp",
    "jacobian",
    "layer_norm",
    "logdet",
    "logsumexp",
    "lower_triangular",
    "matrix_exp",
    "mean",
    "norm",
    "nuclear_norm",
    "parametrize",
    "printed",
    "prove",
    "singular_values",
    "softmax",
    "solve",
    "symmetric",
    "total",
    "verify",
    "verify_all",
]

_HOME = {
    "Case": "verifier.case",
    "Contract": "verifier.case",
    "Detached": "verifier.symbolic.language",
    "Fault": "verifier.case",
    "Run": "verifier.verdict.verdict",
    "Verdict": "verifier.verdict.verdict",
    "VerifierError": "verifier.errors",
    "adjugate": "verifier.symbolic.language",
    "assert_gradients": "verifier.verify",
    "check": "verifier.verify",
    "cholesky": "verifier.symbolic.language",
    "derive": "verifier.verify",
    "diag": "verifier.symbolic.language",
    "diagonal": "verifier.symbolic.language",
    "eigenvalues": "verifier.symbolic.language",
    "gradcheck": "verifier.gradcheck",
    "gradgradcheck": "verifier.gradcheck",
    "growth_limits": "verifier.symbolic.growth",
    "hessian": "verifier.verify",
    "hvp": "verifier.verify",
    "jacobian": "verifier.verify",
    "layer_norm": "verifier.symbolic.language",
    "logdet": "verifier.symbolic.language",
    "logsumexp": "verifier.symbolic.language",
    "lower_triangular": "verifier.symbolic.language",
    "matrix_exp": "verifier.symbolic.language",
    "mean": "verifier.symbolic.language",
    "norm": "verifier.symbolic.language",
    "nuclear_norm": "verifier.symbolic.language",
    "parametrize": "verifier.pytest_plugin",
    "printed": "verifier.case",
    "prove": "verifier.claim.proof",
    "singular_values": "verifier.symbolic.language",
    "softmax": "verifier.symbolic.language",
    "solve": "verifier.symbolic.language",
    "symmetric": "verifier.symbolic.language",
    "total": "verifier.symbolic.language",
    "verify": "verifier.verify",
    "verify_all": "verifier.verify",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    def __setattr__(self, name: str, value: Any) -> None:
        # The import of the module verifier.verify would put it where the function verifier.verify belongs; likewise
        # that of verifier.gradcheck.
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
