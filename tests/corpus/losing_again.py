"""Functions of the second corpus that lose digits."""

from __future__ import annotations

from corpus.again import further_losing_scalars, further_losing_tensors, losing_scalars, losing_tensors

MODULES = (losing_scalars, further_losing_scalars, losing_tensors, further_losing_tensors)

LOSING_AGAIN = [entry for module in MODULES for entry in module.T]
