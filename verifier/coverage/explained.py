"""Entries of the database that cannot agree, and why: defects of torch, and what torch leaves undefined.

Each defect is reproduced, with its proof, in `docs/findings.md`.
"""

from __future__ import annotations

from collections.abc import Mapping

POLYGAMMA = "torch's trigamma is off by 8e-10: docs/findings.md"
TWICE = "torch leaves undefined what a place named twice is unpooled to"
SPARSE = "its inputs or results are sparse, which are not followed"

#: Why, by the name of the entry.
EXPLAINED: Mapping[str, str] = {
    **{f"polygamma.polygamma_n_{n}": POLYGAMMA for n in range(5)},
    "special.polygamma.special_polygamma_n_0": POLYGAMMA,
    "digamma": POLYGAMMA,
    "cholesky_inverse": "torch's forward mode is wrong: docs/findings.md",
    "as_strided_scatter": "torch's gradient by self is masked the wrong way round: docs/findings.md",
    "logcumsumexp": "torch's forward mode underflows: docs/findings.md",
    "nn.functional.ctc_loss": "torch's gradient loses digits, and has a term too many: docs/findings.md",
    "nn.functional.hardsigmoid": "torch computes a coefficient in float32: docs/findings.md",
    "scatter_reduce.prod": "torch's forward mode says 0: docs/findings.md",
    "special.log_ndtr": "torch's gradient loses digits in the left tail: docs/findings.md",
    **{f"nn.functional.max_unpool{n}d": TWICE for n in (1, 2, 3)},
    "sparse.sampled_addmm": SPARSE,
    "sparse.mm.reduce": SPARSE,
    "to_sparse": SPARSE,
}
