"""networks"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from corpus.again.table import Table, normal

T = Table()
a = T.add
a(
    "nerf volume render",
    lambda s, c: (
        lambda al: (al * torch.cumprod(torch.cat([torch.ones(1, dtype=s.dtype), 1 - al + 1e-10])[:-1], 0)) @ c
    )(1 - torch.exp(-F.relu(s) * 0.3)),
    normal(6),
    normal(6, 3),
)
