"""matrices"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from corpus.again.table import F64, WIDE, Table, normal

T = Table()
a = T.add


def cond(n, c, seed=0):
    q1, _ = torch.linalg.qr(normal(n, n, seed=seed))
    q2, _ = torch.linalg.qr(normal(n, n, seed=seed + 5))
    return q1 @ torch.diag(torch.logspace(0, -math.log10(c), n, dtype=F64)) @ q2


def spd(n, c, seed=0):
    q, _ = torch.linalg.qr(normal(n, n, seed=seed))
    m = q @ torch.diag(torch.logspace(0, -math.log10(c), n, dtype=F64)) @ q.T
    return (m + m.T) / 2


L = torch.linalg


def symmetric(x):
    return (x + x.mT) / 2


for c, dts in ((1e2, WIDE), (1e4, WIDE), (1e8, (F64,)), (1e12, (F64,))):
    a(f"inverse cond {c:g}", L.inv, cond(4, c), dt=dts)
    a(f"solve cond {c:g}", L.solve, cond(4, c), normal(4, 2), dt=dts)
    a(f"cholesky cond {c:g}", lambda x: L.cholesky(symmetric(x)), spd(4, c), dt=dts)
    a(f"slogdet cond {c:g}", lambda x: L.slogdet(x).logabsdet, cond(4, c), dt=dts)
    a(f"det cond {c:g}", L.det, cond(4, c), dt=dts)
    a(f"lstsq-ish pinv cond {c:g}", L.pinv, torch.cat([cond(3, c), normal(2, 3) * 1e-3]), dt=dts)
    a(
        f"triangular solve cond {c:g}",
        lambda x, b: L.solve_triangular(x.triu(), b, upper=True),
        cond(4, c) + torch.eye(4) * 0.1,
        normal(4, 2),
        dt=dts,
    )
a("det zero 3x3", L.det, torch.zeros(3, 3), dt=WIDE)
a("eigvalsh", lambda x: L.eigvalsh(symmetric(x)), spd(4, 10) * 3, dt=WIDE)
a(
    "eigvalsh near degenerate",
    lambda x: L.eigvalsh(symmetric(x)),
    torch.diag(torch.tensor([1.0, 1.0 + 1e-3, 2.0])).double() + 0.0,
    dt=WIDE,
)
a(
    "eigh vectors projector",
    lambda x: (lambda e: e.eigenvectors[:, -1:] @ e.eigenvectors[:, -1:].mT)(L.eigh(symmetric(x))),
    spd(4, 10) * 3,
    dt=WIDE,
)
a("svdvals", L.svdvals, normal(4, 3), dt=WIDE)
a(
    "svd reconstruct rank 1",
    lambda x: (lambda s: s[0][:, :1] * s[1][:1] @ s[2][:1])(L.svd(x, full_matrices=False)),
    normal(4, 3),
    dt=WIDE,
)
a("qr r", lambda x: L.qr(x).R, normal(4, 3), dt=WIDE)
a("qr q", lambda x: L.qr(x).Q, normal(4, 3), dt=WIDE)
a("nuclear norm", lambda x: L.matrix_norm(x, "nuc"), normal(3, 3), dt=WIDE)
a("spectral norm", lambda x: L.matrix_norm(x, 2), normal(3, 3), dt=WIDE)
a("frobenius", lambda x: L.matrix_norm(x), normal(3, 3))
a("matrix exp", L.matrix_exp, normal(3, 3), dt=WIDE)
a("matrix exp large", L.matrix_exp, normal(3, 3, scale=4), dt=WIDE)
a("matrix power", lambda x: L.matrix_power(x, 4), normal(3, 3), dt=WIDE)
a("matrix power negative", lambda x: L.matrix_power(x, -2), normal(3, 3) + 2 * torch.eye(3), dt=WIDE)
a("eig values", lambda x: L.eigvals(x).abs(), normal(3, 3) + torch.diag(torch.tensor([1.0, 4.0, 9.0])), dt=WIDE)
a(
    "lu solve",
    lambda x, b: torch.linalg.lu_solve(*torch.linalg.lu_factor(x), b),
    normal(3, 3) + 2 * torch.eye(3),
    normal(3, 1),
    dt=WIDE,
)
a("cholesky solve", lambda x, b: torch.cholesky_solve(b, L.cholesky(symmetric(x))), spd(3, 10), normal(3, 1), dt=WIDE)
a("lstsq", lambda x, b: L.lstsq(x, b).solution, normal(5, 3), normal(5, 1), dt=WIDE)
a("multi dot", lambda x, y, z: L.multi_dot([x, y, z]), normal(2, 3), normal(3, 4), normal(4, 2))
a("householder", lambda x, t: L.householder_product(x, t), normal(4, 2), [0.5, 0.3], dt=WIDE)
a("kron", torch.kron, normal(2, 2), normal(2, 3))
a("cross", lambda x, y: L.cross(x, y), normal(2, 3), normal(2, 3, seed=1))
a("trace of solve", lambda x: torch.trace(L.solve(x, torch.eye(3, dtype=x.dtype))), cond(3, 1e3), dt=WIDE)
a(
    "gaussian log likelihood",
    lambda x, m: (
        -0.5 * (x - m) @ torch.cholesky_solve((x - m)[:, None], L.cholesky(torch.eye(3, dtype=x.dtype) + 0.1))[:, 0]
    ),
    normal(3),
    normal(3, seed=1),
    dt=WIDE,
)
a(
    "mvn via cholesky",
    lambda S_, x: (
        lambda l: -l.diagonal().log().sum() - 0.5 * (L.solve_triangular(l, x[:, None], upper=False) ** 2).sum()
    )(L.cholesky(symmetric(S_))),
    spd(3, 50),
    normal(3),
    dt=WIDE,
)
a("batched inv", L.inv, normal(3, 2, 2) + 2 * torch.eye(2), dt=WIDE)
a("batched cholesky", lambda x: L.cholesky(x @ x.mT + 0.5 * torch.eye(3, dtype=x.dtype)), normal(2, 3, 3), dt=WIDE)
a(
    "hilbert solve",
    lambda h, b: L.solve(h, b),
    torch.tensor([[1 / (i + j + 1) for i in range(6)] for j in range(6)], dtype=F64),
    normal(6, 1),
    dt=(F64,),
)
a(
    "hilbert inverse F32",
    lambda h: L.inv(h),
    torch.tensor([[1 / (i + j + 1) for i in range(4)] for j in range(4)], dtype=F64),
    dt=WIDE,
)
a("einsum trace", lambda x, y: torch.einsum("ij,ji->", x, y), normal(3, 4), normal(4, 3))
a("einsum diag", lambda x: torch.einsum("ii->i", x), normal(3, 3))
a(
    "einsum bilinear",
    lambda x, y, z: torch.einsum("bi,ijk,bk->bj", x, y, z),
    normal(2, 3),
    normal(3, 4, 2),
    normal(2, 2),
)
a("bilinear", F.bilinear, normal(2, 3), normal(2, 4), normal(5, 3, 4), normal(5))
a("outer", torch.outer, normal(3), normal(4))
a(
    "baddbmm",
    lambda x, y, z: torch.baddbmm(x, y, z, beta=0.5, alpha=2),
    normal(2, 3, 3),
    normal(2, 3, 4),
    normal(2, 4, 3),
)
a("addmv beta zero", lambda x, y, z: torch.addmv(x, y, z, beta=0), normal(3), normal(3, 4), normal(4))
a("tensordot", lambda x, y: torch.tensordot(x, y, dims=2), normal(2, 3, 4), normal(3, 4, 2))
a("tril triu", lambda x: x.tril() @ x.triu(1), normal(3, 3))
a("logdet spd", lambda x: torch.logdet(symmetric(x)), spd(3, 100), dt=WIDE)
a(
    "symmetric whitening",
    lambda x: (lambda e: e.eigenvectors @ torch.diag(e.eigenvalues.rsqrt()) @ e.eigenvectors.mT)(L.eigh(symmetric(x))),
    spd(3, 10),
    dt=WIDE,
)
a("polar via svd", lambda x: (lambda s: s[0] @ s[2])(L.svd(x)), normal(3, 3), dt=WIDE)
