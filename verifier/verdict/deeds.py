"""What a function or its derivative did and should not, whatever its numbers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verifier.verdict.verdict import Finding
from verifier.witness import Testimony


def deed_findings(said: Mapping[str, Testimony], names: Sequence[str]) -> list[Finding]:
    """One finding for each deed of a witness; `names` are the function's inputs, in their order."""
    return [
        Finding(
            outcome=deed.outcome,
            blamed=witness,
            reason=deed.reason,
            input=deed.input,
            position=names.index(deed.input) if deed.input in names else None,
            error=deed.error,
            deed=deed.said,
        )
        for witness, testimony in said.items()
        for deed in testimony.deeds
    ]


def unstable(what: str, apart: float) -> str:
    """Why nothing can be said of a function, or of its first gradient, whose results are so far apart."""
    return (
        f"{what} returned something else when it was called again with the same inputs "
        f"(off by {apart:.3g}): draw random numbers outside of it, or seed them inside"
    )


def unsteady(what: str, apart: float) -> str:
    """The note on a function, or on its first gradient, whose results are only so far apart."""
    return f"{what} differs from call to call by up to {apart:.2g}, which is rounding"
