"""Matrices, factorisations, rotations, complex numbers, Fourier transforms."""

import torch

from corpus.reported.entry import WIDE, between, complex_normal, custom, definite, normal, regular, wrong

la, fft = torch.linalg, torch.fft
T = lambda a: a.transpose(-1, -2)


def linear(twist_w=None, twist_b=None, twist_x=None):
    def backward(g, x, w, b, y):
        return (
            twist_x(g, x, w) if twist_x else g @ w,
            twist_w(g, x, w) if twist_w else T(g) @ x,
            twist_b(g) if twist_b else g.sum(0),
        )

    return custom(lambda x, w, b: x @ w.T + b, backward)


def cholesky_backward(phi, symmetric=True):
    def backward(g, a, y):
        inner = phi(T(y) @ g.tril())
        s = la.solve_triangular(T(y), inner, upper=True)
        s = la.solve_triangular(y, s, upper=False, left=False)
        return (s + T(s)) / 2 if symmetric else s

    return backward


def half(m):
    m = m.tril()
    return m - 0.5 * torch.diag(m.diagonal())


def cholesky(a):
    return la.cholesky((a + T(a)) / 2)


def qr_backward(g, h, a, q, r):
    """copyltu without the sign of the second product."""
    m = r @ T(h) + T(g) @ q
    m = m.tril() + m.tril(-1).T
    return T(la.solve(r, T(g + q @ m)))


def eigh_backward(sign, keep_values=True):
    def backward(g, h, a, values, vectors):
        gap = values[None, :] - values[:, None]
        f = sign * torch.where(gap == 0, torch.zeros_like(gap), 1 / torch.where(gap == 0, torch.ones_like(gap), gap))
        middle = f * (T(vectors) @ h) + (torch.diag(g) if keep_values else 0)
        s = vectors @ middle @ T(vectors)
        return (s + T(s)) / 2

    return backward


def symmetric_eigh(a):
    values, vectors = la.eigh((a + T(a)) / 2)
    return values, vectors


def rotate(q):
    w, x, y, z = q
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return torch.stack([torch.stack(row) for row in rows])


def unnormalised(g, q, y):
    """The gradient by the unit quaternion, without the step from q to it."""
    with torch.enable_grad():
        unit = (q / q.norm()).detach().requires_grad_()
        (grad,) = torch.autograd.grad(rotate(unit), unit, g)
    return grad


def skew(v):
    zero = torch.zeros_like(v[0])
    return torch.stack([torch.stack([zero, -v[2], v[1]]), torch.stack([v[2], zero, -v[0]]), torch.stack([-v[1], v[0], zero])])


def exponential_map(v):
    angle = v.norm()
    k = skew(v / angle)
    return torch.eye(3, dtype=v.dtype) + torch.sin(angle) * k + (1 - torch.cos(angle)) * k @ k


def at_identity(g, v, y):
    """The generators alone: right at v = 0 and nowhere else."""
    return torch.stack([(g * skew(e)).sum() for e in torch.eye(3, dtype=v.dtype)])


def conic(a, b, c):
    return torch.exp(-0.5 * (a * 0.7**2 + c * 0.4**2) - b * 0.7 * 0.4)


def project(p):
    return torch.stack([2 * p[:, 0] / p[:, 2], 3 * p[:, 1] / p[:, 2]], -1)


def ssd(x, y):
    return (x[:, None] - y[None]).square().sum(-1)


def quaternion_product(a, b):
    (w, x, y, z), (p, q, r, s) = a, b
    return torch.stack([w * p - x * q - y * r - z * s, w * q + x * p + y * s - z * r, w * r - x * s + y * p + z * q, w * s + x * r - y * q + z * p])


def double_quaternion(g, a, b, y):
    conjugate = torch.tensor([1.0, -1, -1, -1], dtype=a.dtype)
    return quaternion_product(g, b * conjugate), quaternion_product(a, g)  # a should be conjugated


square, a33, b33 = normal(3, 3), regular(3), normal(3, 2)
x, w, b = normal(4, 4), normal(4, 4), normal(4)
z, v = complex_normal(4), complex_normal(4)
WRONG = [
    wrong("linear, weight not transposed, square", "w", linear(twist_w=lambda g, x, w: T(x) @ g), x=x, w=w, b=b),
    wrong("linear, input by the transposed weight", "x", linear(twist_x=lambda g, x, w: g @ T(w)), x=x, w=w, b=b),
    wrong("linear, bias averaged over the batch", "b", linear(twist_b=lambda g: g.mean(0)), x=x, w=w, b=b),
    wrong("linear, bias summed over the features", "b", linear(twist_b=lambda g: g.sum(1)), x=x, w=w, b=b),
    wrong("linear, bias of the first row", "b", linear(twist_b=lambda g: g[0]), x=x, w=w, b=b),
    wrong("linear, bias of a scalar's one", "b", linear(twist_b=lambda g: torch.ones(4, dtype=g.dtype) * len(g)), x=x, w=w, b=b),
    wrong("linear, weight's gradient averaged", "w", linear(twist_w=lambda g, x, w: T(g) @ x / len(x)), x=x, w=w, b=b),
    wrong("linear, weight decay added", "w", linear(twist_w=lambda g, x, w: T(g) @ x + 0.1 * w), x=x, w=w, b=b),
    wrong("matmul, cotangent times itself", "a", custom(torch.mm, lambda g, a, b, y: (g @ T(g), T(a) @ g)), a=square, b=square),
    wrong("matmul, factors exchanged", "a b", custom(torch.mm, lambda g, a, b, y: (T(a) @ g, g @ T(b))), a=square, b=square),
    wrong("batched matmul, one matrix of the batch", "a", custom(torch.bmm, lambda g, a, b, y: (torch.cat([g[:1] @ T(b[:1]), torch.zeros_like(a[1:])]), T(a) @ g)), a=normal(3, 2, 4), b=normal(3, 4, 2)),
    wrong("batched matmul, shared matrix not summed", "b", custom(lambda a, b: a @ b, lambda g, a, b, y: (g @ T(b), (T(a) @ g)[0])), a=normal(3, 2, 4), b=normal(4, 2)),
    wrong("addmm, alpha and beta exchanged", "c a b", custom(lambda c, a, b: torch.addmm(c, a, b, beta=0.5, alpha=2.0), lambda g, c, a, b, y: (2 * g, 0.5 * g @ T(b), 0.5 * T(a) @ g)), c=square, a=square, b=square),
    wrong("low-rank update, scaling forgotten by one", "d", custom(lambda x, u, d: 2 * x @ u @ d, lambda g, x, u, d, y: (2 * g @ T(d) @ T(u), 2 * T(x) @ g @ T(d), T(x @ u) @ g)), x=normal(3, 4), u=normal(4, 2), d=normal(2, 4)),
    wrong("bilinear form, matrix taken for symmetric", "x", custom(lambda x, m: x @ m @ x, lambda g, x, m, y: (2 * g * (m @ x), g * torch.outer(x, x))), x=normal(3), m=square),
    wrong("bilinear form, one side", "x", custom(lambda x, m: x @ m @ x, lambda g, x, m, y: (g * (m @ x), g * torch.outer(x, x))), x=normal(3), m=square),
    wrong("outer product, second by the untransposed", "v", custom(torch.outer, lambda g, u, v, y: (g @ v, g @ u)), u=normal(3), v=normal(3)),
    wrong("gram matrix, factor 2 for symmetry", "x", custom(lambda x: x @ x.T, lambda g, x, y: 2 * g @ x), x=normal(3, 3)),
    wrong("gram matrix, one side", "x", custom(lambda x: x @ x.T, lambda g, x, y: g @ x), x=normal(3, 3)),
    wrong("trace, ones everywhere", "x", custom(torch.trace, lambda g, x, y: g * torch.ones_like(x)), x=square),
    wrong("trace of a product, not transposed", "a", custom(lambda a, b: (a @ b).trace(), lambda g, a, b, y: (g * b, g * a.T)), a=square, b=square),
    wrong("inverse, sign", "a", custom(la.inv, lambda g, a, y: T(y) @ g @ T(y)), dtypes=WIDE, a=a33),
    wrong("inverse, taken for symmetric", "a", custom(la.inv, lambda g, a, y: -y @ g @ y), dtypes=WIDE, a=a33),
    wrong("inverse, order of the factors", "a", custom(la.inv, lambda g, a, y: -T(y @ g @ y)), dtypes=WIDE, a=a33),
    wrong("solve, not transposed", "b", custom(la.solve, lambda g, a, b, y: (-la.solve(T(a), g) @ T(y), la.solve(a, g))), dtypes=WIDE, a=a33, b=b33),
    wrong("solve, matrix by the right-hand side", "a", custom(la.solve, lambda g, a, b, y: (-la.solve(T(a), g) @ T(b), la.solve(T(a), g))), dtypes=WIDE, a=a33, b=b33),
    wrong("solve, matrix's sign", "a", custom(la.solve, lambda g, a, b, y: (la.solve(T(a), g) @ T(y), la.solve(T(a), g))), dtypes=WIDE, a=a33, b=b33),
    wrong("triangular solve, the other triangle filled", "a", custom(lambda a, b: la.solve_triangular(a, b, upper=False), lambda g, a, b, y: (lambda s: (-s @ T(y), s))(la.solve_triangular(T(a), g, upper=True))), dtypes=WIDE, a=a33, b=b33),
    wrong("determinant, inverse not transposed", "a", custom(la.det, lambda g, a, y: g * y * la.inv(a)), dtypes=WIDE, a=a33),
    wrong("determinant, of log det", "a", custom(la.det, lambda g, a, y: g * T(la.inv(a))), dtypes=WIDE, a=a33),
    wrong("log det, factor 2 of the factor", "a", custom(lambda a: 2 * cholesky(a).diagonal().log().sum(), lambda g, a, y: 2 * g * la.inv((a + T(a)) / 2)), dtypes=WIDE, a=definite(3)),
    wrong("cholesky, diagonal not halved", "a", custom(cholesky, cholesky_backward(torch.tril)), dtypes=WIDE, a=definite(3)),
    wrong("cholesky, not symmetrised", "a", custom(cholesky, cholesky_backward(half, False)), dtypes=WIDE, a=definite(3)),
    wrong("cholesky, lower triangle forgotten", "a", custom(cholesky, cholesky_backward(lambda m: m / 2)), dtypes=WIDE, a=definite(3)),
    wrong("qr, sign of copyltu's part", "a", custom(lambda a: la.qr(a), qr_backward), dtypes=WIDE, a=a33),
    wrong("eigh, gaps the wrong way round", "a", custom(symmetric_eigh, eigh_backward(-1)), dtypes=WIDE, a=definite(3)),
    wrong("eigh, values' cotangent dropped", "a", custom(symmetric_eigh, eigh_backward(1, False)), dtypes=WIDE, a=definite(3)),
    wrong("eigenvalues, sorted the other way", "a", custom(lambda a: la.eigvalsh((a + T(a)) / 2), lambda g, a, y: (lambda q: q @ torch.diag(g.flip(0)) @ T(q))(la.eigh((a + T(a)) / 2)[1])), dtypes=WIDE, a=definite(3)),
    wrong("singular values, left and right exchanged", "a", custom(la.svdvals, lambda g, a, y: (lambda u, s, v: T(v) @ torch.diag(g) @ T(u))(*la.svd(a))), dtypes=WIDE, a=a33),
    wrong("nuclear norm, left factor alone", "a", custom(lambda a: la.matrix_norm(a, "nuc"), lambda g, a, y: (lambda u, s, v: g * u)(*la.svd(a))), dtypes=WIDE, a=a33),
    wrong("matrix exponential, as if everything commuted", "a", custom(la.matrix_exp, lambda g, a, y: T(y) @ g), dtypes=WIDE, a=normal(3, 3, scale=0.5)),
    wrong("matrix power, as if everything commuted", "a", custom(lambda a: a @ a @ a, lambda g, a, y: 3 * g @ T(a) @ T(a)), a=square),
    wrong("matrix square, one term", "a", custom(lambda a: a @ a, lambda g, a, y: g @ T(a)), a=square),
    wrong("pseudoinverse, first term alone", "a", custom(la.pinv, lambda g, a, y: -T(y) @ g @ T(y)), dtypes=WIDE, a=normal(4, 2)),
    wrong("frobenius norm, squared", "a", custom(lambda a: a.norm(), lambda g, a, y: 2 * g * a), a=square),
    wrong("distances, not divided", "p", custom(torch.cdist, lambda g, p, q, y: ((g[..., None] * (p[:, None] - q[None])).sum(1), -(g[..., None] / y[..., None] * (p[:, None] - q[None])).sum(0))), dtypes=WIDE, p=normal(3, 2), q=normal(4, 2)),
    wrong("squared distances, second's sign", "q", custom(ssd, lambda g, p, q, y: (2 * (g[..., None] * (p[:, None] - q[None])).sum(1), 2 * (g[..., None] * (p[:, None] - q[None])).sum(0))), p=normal(3, 2), q=normal(4, 2)),
    wrong("squared distances, nearest alone", "p", custom(ssd, lambda g, p, q, y: ((lambda m: 2 * ((g * m)[..., None] * (p[:, None] - q[None])).sum(1))((y == y.min(1, keepdim=True).values).to(y.dtype)), -2 * (g[..., None] * (p[:, None] - q[None])).sum(0))), p=normal(3, 2), q=normal(4, 2)),
    wrong("rbf kernel, width's power", "s", custom(lambda d, s: torch.exp(-d / (2 * s * s)), lambda g, d, s, y: (-g * y / (2 * s * s), (g * y * d).sum().reshape(1) / s**2)), d=between(0.3, 2, 4), s=between(0.7, 0.9, 1)),
    wrong("cross product, order", "a b", custom(lambda a, b: la.cross(a, b), lambda g, a, b, y: (la.cross(g, b), la.cross(a, g))), a=normal(3), b=normal(3)),
    wrong("quaternion to rotation, length held", "q", custom(lambda q: rotate(q / q.norm()), unnormalised), q=normal(4, shift=0.3)),
    wrong("quaternion product, conjugate forgotten", "b", custom(quaternion_product, double_quaternion), a=normal(4), b=normal(4)),
    wrong("exponential map, generators at the identity", "v", custom(exponential_map, at_identity), v=normal(3)),
    wrong("gaussian splat, half of the off-diagonal term", "b", custom(conic, lambda g, a, b, c, y: (-0.5 * 0.49 * g * y, -0.5 * 0.28 * g * y, -0.5 * 0.16 * g * y)), a=between(1, 2, 3), b=between(0.1, 0.3, 3), c=between(1, 2, 3)),
    wrong("pinhole projection, depth's square", "p", custom(project, lambda g, p, y: torch.stack([2 * g[:, 0] / p[:, 2], 3 * g[:, 1] / p[:, 2], -(g * y).sum(-1)], -1)), p=between(0.5, 2.5, 4, 3)),
    wrong("homogeneous coordinates, depth held", "p", custom(project, lambda g, p, y: torch.stack([2 * g[:, 0] / p[:, 2], 3 * g[:, 1] / p[:, 2], torch.zeros_like(p[:, 2])], -1)), p=between(0.5, 2.5, 4, 3)),
    wrong("einsum, summed axis of the second", "b", custom(lambda a, b: torch.einsum("ij,jk->ik", a, b), lambda g, a, b, y: (torch.einsum("ik,jk->ij", g, b), torch.einsum("ij,jk->ik", a, g))), a=square, b=square),
    wrong("kronecker, blocks and entries exchanged", "b", custom(torch.kron, lambda g, a, b, y: (torch.einsum("iajb,ab->ij", g.reshape(2, 2, 2, 2), b), torch.einsum("aibj,ab->ij", g.reshape(2, 2, 2, 2), a).T)), a=normal(2, 2), b=normal(2, 2)),
    wrong("complex product, conjugate missing", "z v", custom(torch.mul, lambda g, z, v, y: (g * v, g * z)), dtypes=WIDE, z=z, v=v),
    wrong("complex product, one conjugate missing", "v", custom(torch.mul, lambda g, z, v, y: (g * v.conj(), g * z)), dtypes=WIDE, z=z, v=v),
    wrong("complex exponential, conjugate missing", "z", custom(torch.exp, lambda g, z, y: g * y), dtypes=WIDE, z=z),
    wrong("complex square, conjugate missing", "z", custom(lambda z: z * z, lambda g, z, y: 2 * g * z), dtypes=WIDE, z=z),
    wrong("absolute square, factor 2", "z", custom(lambda z: (z * z.conj()).real, lambda g, z, y: g * z), dtypes=WIDE, z=z),
    wrong("complex absolute value, conjugated", "z", custom(torch.abs, lambda g, z, y: g * z.conj() / y), dtypes=WIDE, z=z),
    wrong("phase, sign", "z", custom(torch.angle, lambda g, z, y: -g * 1j * z / (z * z.conj()).real), dtypes=WIDE, z=z),
    wrong("conjugate, not conjugated", "z", custom(lambda z: z.conj().resolve_conj(), lambda g, z, y: g), dtypes=WIDE, z=z),
    wrong("hermitian product, not conjugated", "z", custom(lambda z: z.conj() @ torch.arange(1.0, 5).to(z.dtype), lambda g, z, y: g * torch.arange(1.0, 5).to(z.dtype)), dtypes=WIDE, z=z),
    wrong("fourier transform, inverse's normalisation", "z", custom(fft.fft, lambda g, z, y: fft.ifft(g)), dtypes=WIDE, z=z),
    wrong("fourier transform, forwards again", "z", custom(fft.fft, lambda g, z, y: fft.fft(g)), dtypes=WIDE, z=z),
    wrong("inverse transform, normalised twice", "z", custom(fft.ifft, lambda g, z, y: fft.fft(g) / 16), dtypes=WIDE, z=z),
    wrong("real transform, inner frequencies doubled", "x", custom(fft.rfft, lambda g, x, y: fft.irfft(g, 6) * 6), dtypes=WIDE, x=normal(6)),
    wrong("fourier shift, the same way again", "x", custom(lambda x: fft.fftshift(x), lambda g, x, y: fft.fftshift(g)), x=normal(5)),
    wrong("spectral filter, conjugate of the filter", "x", custom(lambda x, h: fft.irfft(fft.rfft(x) * fft.rfft(h), 6), lambda g, x, h, y: (fft.irfft(fft.rfft(g) * fft.rfft(h), 6), fft.irfft(fft.rfft(g) * fft.rfft(x).conj(), 6))), dtypes=WIDE, x=normal(6), h=normal(6)),
    wrong("implicit layer, one step instead of the solve", "w", custom(lambda w, x: la.solve(torch.eye(3, dtype=w.dtype) - w, x), lambda g, w, x, y: (g @ T(y), la.solve(torch.eye(3, dtype=w.dtype) - T(w), g))), dtypes=WIDE, w=normal(3, 3, scale=0.2), x=normal(3, 2)),
    wrong("mahalanobis, matrix halved", "m", custom(lambda x, m: x @ m @ x, lambda g, x, m, y: (g * (m + m.T) @ x, g * torch.outer(x, x).tril())), x=normal(3), m=square),
    wrong("matrix square root, as if everything commuted", "a", custom(lambda a: (lambda s, q: q @ torch.diag(s.sqrt()) @ T(q))(*la.eigh((a + T(a)) / 2)), lambda g, a, y: 0.5 * la.inv(y) @ (g + T(g)) / 2), dtypes=WIDE, a=definite(3)),
    wrong("power iteration, vector's path", "a", custom(lambda a: (lambda u: u / u.norm())(a @ torch.ones(3, dtype=a.dtype)), lambda g, a, y: torch.outer(g, torch.ones(3, dtype=a.dtype)) / (a @ torch.ones(3, dtype=a.dtype)).norm()), a=regular(3)),
    wrong("normal equations, design's second path", "a", custom(lambda a, b: la.solve(a.T @ a, a.T @ b), lambda g, a, b, y: (lambda s: (torch.outer(b, s) - torch.outer(a @ s, y), a @ s))(la.solve(a.T @ a, g))), dtypes=WIDE, a=normal(4, 2), b=normal(4)),
]
