"""Functions of the second corpus that lose digits."""

from __future__ import annotations

from corpus.again import losing_scalars, losing_tensors

LOSING_AGAIN = [entry for module in (losing_scalars, losing_tensors) for entry in module.T]
