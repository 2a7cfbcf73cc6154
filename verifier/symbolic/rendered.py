"""What a rendered formula is: one formula, written for three places."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rendered:
    """One formula, written for a terminal, for a LaTeX document and for a web page (presentation MathML)."""

    plain: str
    latex: str
    mathml: str
