"""Right and hard functions of the second corpus."""

from __future__ import annotations

from corpus.again import (
    backwards,
    code,
    extremes,
    further_backwards,
    further_networks,
    kinks,
    last_backwards,
    matrices,
    memory,
    more_backwards,
    more_networks,
    networks,
)

MODULES = (
    kinks,
    extremes,
    matrices,
    networks,
    further_networks,
    more_networks,
    code,
    backwards,
    further_backwards,
    more_backwards,
    last_backwards,
    memory,
)

RIGHT_AGAIN = [entry for module in MODULES for entry in module.T]
