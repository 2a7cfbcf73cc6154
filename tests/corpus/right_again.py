"""Right and hard functions of the second corpus."""

from __future__ import annotations

from corpus.again import backwards, code, extremes, kinks, matrices, networks

RIGHT_AGAIN = [entry for module in (kinks, extremes, matrices, networks, code, backwards) for entry in module.T]
