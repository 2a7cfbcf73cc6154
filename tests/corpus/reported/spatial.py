"""Convolutions, pooling, padding, sampling, scans along an axis."""

import torch
import torch.nn.functional as F

from corpus.reported.entry import WIDE, between, custom, given, normal, signed, wrong

grads = torch.nn.grad
image, kernel, bias = normal(1, 2, 5, 5), normal(3, 2, 3, 3), normal(3)


def conv(stride=1, padding=0, dilation=1, groups=1, by_x=None, by_w=None, by_b=None):
    """A convolution, right but for the parts given."""
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}

    def backward(g, x, w, b, y):
        return (
            by_x(g, x, w) if by_x else grads.conv2d_input(x.shape, w, g, **how),
            by_w(g, x, w) if by_w else grads.conv2d_weight(x, w.shape, g, **how),
            by_b(g) if by_b else g.sum((0, 2, 3)),
        )

    return custom(lambda x, w, b: F.conv2d(x, w, b, **how), backward)


def convolution(name, culprit, x=image, w=kernel, b=bias, **how):
    return wrong(f"convolution, {name}", culprit, conv(**how), dtypes=WIDE, x=x, w=w, b=b)


def replayed(forward, twisted):
    """A forward whose gradient is that of another function."""

    def backward(g, *saved):
        with torch.enable_grad():
            inputs = [s.detach().requires_grad_() for s in saved[:-1]]
            return torch.autograd.grad(twisted(*inputs), inputs, g)

    return custom(forward, backward)


def max_pool(x):
    return F.max_pool1d(x[None], 3, 1)[0]


def overwritten(g, x, y):
    """Windows overlap, and the last one wins."""
    _, places = F.max_pool1d(x[None], 3, 1, return_indices=True)
    grad = torch.zeros_like(x)
    for row in range(len(x)):
        for k, place in enumerate(places[0, row].tolist()):
            grad[row, place] = g[row, k]
    return grad


def unfolded(x):
    return x.unfold(-1, 3, 1)


def unfold_overwritten(g, x, y):
    grad = torch.zeros_like(x)
    for k in range(g.shape[1]):
        grad[:, k : k + 3] = g[:, k]
    return grad


def interpolate(x, place):
    low = place.floor().long()
    t = place - low
    return x[low] * (1 - t) + x[low + 1] * t


def interpolate_backward(by_x=None, by_place=None):
    def backward(g, x, place, y):
        low = place.floor().long()
        t = place - low
        right = torch.zeros_like(x).index_add(0, low, g * (1 - t)).index_add(0, low + 1, g * t)
        return by_x(g, x, low, t) if by_x else right, by_place(g, x, low) if by_place else g * (x[low + 1] - x[low])

    return backward


def grid_backward(twist):
    def backward(g, x, grid, y):
        with torch.enable_grad():
            a, b = x.detach().requires_grad_(), grid.detach().requires_grad_()
            by_x, by_grid = torch.autograd.grad(F.grid_sample(a, b, align_corners=True), (a, b), g)
        return twist(by_x, by_grid)

    return backward


def sampled(x, grid):
    return F.grid_sample(x, grid, align_corners=True)


def scan(a, x):
    state, states = torch.zeros_like(x[0]), []
    for k in range(len(x)):
        state = a[k] * state + x[k]
        states.append(state)
    return torch.stack(states)


def scan_backward(decay):
    """The adjoint recurrence; `decay(a, k)` is what carries it from k + 1 to k."""

    def backward(g, a, x, y):
        lam, by_a, by_x = torch.zeros_like(g[0]), torch.zeros_like(a), torch.zeros_like(x)
        for k in reversed(range(len(g))):
            lam = g[k] + (decay(a, k) * lam if k + 1 < len(g) else 0)
            by_x[k] = lam
            by_a[k] = lam * (y[k - 1] if k else 0)
        return by_a, by_x

    return backward


def shifted_state(g, a, x, y):
    by_a, by_x = scan_backward(lambda a, k: a[k + 1])(g, a, x, y)
    return by_x * y, by_x


def tanh_rnn(x, u):
    h = torch.zeros_like(x[0])
    for k in range(len(x)):
        h = torch.tanh(x[k] + u * h)
    return h


def bilinear_upsampling(corners):
    return lambda x: F.interpolate(x[None, None], scale_factor=2, mode="bilinear", align_corners=corners)[0, 0]


rows = normal(2, 6)
WRONG = [
    convolution("padding off by one", "x", padding=1, by_x=lambda g, x, w: grads.conv2d_input(x.shape, w, F.pad(g, (1, 0, 1, 0))[:, :, :5, :5], padding=1)),
    convolution("stride ignored in the weight's gradient", "w", stride=2, by_w=lambda g, x, w: grads.conv2d_weight(x[:, :, :4, :4], w.shape, g)),
    convolution("dilation ignored", "x", x=normal(1, 2, 7, 7), dilation=2, by_x=lambda g, x, w: F.pad(grads.conv2d_input((1, 2, 5, 5), w, g), (1, 1, 1, 1))),
    convolution("kernel not flipped", "x", by_x=lambda g, x, w: grads.conv2d_input(x.shape, w.flip(2, 3), g)),
    convolution("kernel transposed in space", "x", by_x=lambda g, x, w: grads.conv2d_input(x.shape, w.transpose(2, 3), g)),
    convolution("weight's gradient flipped", "w", by_w=lambda g, x, w: grads.conv2d_weight(x, w.shape, g).flip(2, 3)),
    convolution("weight's gradient of the first image", "w", x=normal(2, 2, 5, 5), by_w=lambda g, x, w: grads.conv2d_weight(x[:1], w.shape, g[:1])),
    convolution("bias averaged over the image", "b", by_b=lambda g: g.mean((0, 2, 3))),
    convolution("bias, batch axis left out", "b", x=normal(2, 2, 5, 5), by_b=lambda g: g[0].sum((1, 2))),
    convolution("groups' weights exchanged", "w", x=normal(1, 2, 4, 4), w=normal(2, 1, 3, 3), b=normal(2), groups=2, by_w=lambda g, x, w: grads.conv2d_weight(x, w.shape, g, groups=2).flip(0)),
    convolution("depthwise, channels averaged", "x", x=normal(1, 2, 4, 4), w=normal(2, 1, 3, 3), b=normal(2), groups=2, by_x=lambda g, x, w: grads.conv2d_input(x.shape, w, g, groups=2).mean(1, keepdim=True).expand_as(x)),
    wrong("transposed convolution, stride of one", "x", custom(lambda x, w: F.conv_transpose1d(x, w, stride=2), lambda g, x, w, y: (F.conv1d(g, w)[:, :, : x.shape[-1]], F.conv1d(g.transpose(0, 1), x.transpose(0, 1), dilation=2).transpose(0, 1))), dtypes=WIDE, x=normal(1, 2, 4), w=normal(2, 3, 3)),
    wrong("causal convolution, future leaks", "x", custom(lambda x, w: F.conv1d(F.pad(x, (2, 0)), w), lambda g, x, w, y: (F.conv_transpose1d(g, w)[..., 1:-1], F.conv1d(F.pad(x, (2, 0)).transpose(0, 1), g.transpose(0, 1)).transpose(0, 1))), dtypes=WIDE, x=normal(1, 2, 5), w=normal(2, 2, 3)),
    wrong("average pool, not divided", "x", custom(lambda x: F.avg_pool1d(x[None], 2)[0], lambda g, x, y: g.repeat_interleave(2, -1)), x=rows),
    wrong("average pool, padding counted", "x", custom(lambda x: F.avg_pool1d(x[None], 3, 2, 1, count_include_pad=False)[0], lambda g, x, y: torch.autograd.functional.vjp(lambda t: F.avg_pool1d(t[None], 3, 2, 1)[0], x, g)[1]), dtypes=WIDE, x=rows),
    wrong("max pool, overlapping windows overwritten", "x", custom(max_pool, overwritten), x=given([[0.1, 2.0, -1.0, 0.4, 0.3, 1.5], [3.0, 0.2, 0.1, 0.0, -0.5, -1.0]])),
    wrong("max pool, gradient to the whole window", "x", custom(lambda x: F.max_pool1d(x[None], 2)[0], lambda g, x, y: g.repeat_interleave(2, -1)), x=rows),
    wrong("max pool, first of each window", "x", custom(lambda x: F.max_pool1d(x[None], 2)[0], lambda g, x, y: torch.stack([g, torch.zeros_like(g)], -1).reshape(x.shape)), x=rows),
    wrong("unfold, overlaps overwritten", "x", custom(unfolded, unfold_overwritten), x=rows),
    wrong("fold, divided by the overlaps", "x", custom(lambda x: x.unfold(-1, 3, 1).sum(-1), lambda g, x, y: torch.autograd.functional.vjp(lambda t: t.unfold(-1, 3, 1).sum(-1), x, g)[1] / torch.tensor([1.0, 2, 3, 3, 2, 1], dtype=x.dtype)), x=rows),
    wrong("nearest upsampling, mean for sum", "x", custom(lambda x: x.repeat_interleave(2, -1), lambda g, x, y: g.reshape(*x.shape, 2).mean(-1)), x=rows),
    wrong("nearest upsampling, last copy alone", "x", custom(lambda x: x.repeat_interleave(2, -1), lambda g, x, y: g[..., 1::2]), x=rows),
    wrong("bilinear upsampling, corners aligned", "x", replayed(bilinear_upsampling(False), bilinear_upsampling(True)), dtypes=WIDE, x=normal(3, 3)),
    wrong("reflection padding, border not accumulated", "x", custom(lambda x: F.pad(x[None], (2, 2), mode="reflect")[0], lambda g, x, y: g[..., 2:-2].clone()), x=rows),
    wrong("replication padding, ends once", "x", custom(lambda x: F.pad(x[None], (1, 1), mode="replicate")[0], lambda g, x, y: g[..., 1:-1].clone()), x=rows),
    wrong("circular padding, ends exchanged", "x", custom(lambda x: F.pad(x[None], (1, 1), mode="circular")[0], lambda g, x, y: g[..., 1:-1] + torch.cat([g[..., :1], torch.zeros_like(x[..., 2:]), g[..., -1:]], -1)), x=rows),
    wrong("crop, off by one", "x", custom(lambda x: x[..., 1:4].clone(), lambda g, x, y: F.pad(g, (2, 1))), x=rows),
    wrong("roll, the same way again", "x", custom(lambda x: x.roll(1, -1), lambda g, x, y: g.roll(1, -1)), x=rows),
    wrong("flip, not flipped back", "x", custom(lambda x: x.flip(-1), lambda g, x, y: g.clone()), x=rows),
    wrong("pixel shuffle, rows and columns exchanged", "x", custom(lambda x: F.pixel_shuffle(x, 2), lambda g, x, y: F.pixel_unshuffle(g.transpose(-1, -2), 2)), x=normal(4, 2, 2)),
    wrong("permute, the same permutation again", "x", custom(lambda x: x.permute(1, 2, 0).contiguous(), lambda g, x, y: g.permute(1, 2, 0)), x=normal(2, 2, 2)),
    wrong("reshape, columns first", "x", custom(lambda x: x.reshape(-1), lambda g, x, y: g.reshape(3, 3).T), x=normal(3, 3)),
    wrong("sampling, weights exchanged", "x", custom(interpolate, interpolate_backward(by_x=lambda g, x, low, t: torch.zeros_like(x).index_add(0, low, g * t).index_add(0, low + 1, g * (1 - t)))), x=normal(5), place=given([0.3, 2.6, 2.2, 3.7])),
    wrong("sampling, repeated cells overwritten", "x", custom(interpolate, interpolate_backward(by_x=lambda g, x, low, t: torch.zeros_like(x).index_put((low,), g * (1 - t)).index_put((low + 1,), g * t))), x=normal(5), place=given([0.3, 2.6, 2.2, 3.7])),
    wrong("sampling, place's gradient zero", "place", custom(interpolate, interpolate_backward(by_place=lambda g, x, low: torch.zeros_like(g))), x=normal(5), place=given([0.3, 2.6, 2.2, 3.7])),
    wrong("sampling, place's difference reversed", "place", custom(interpolate, interpolate_backward(by_place=lambda g, x, low: g * (x[low] - x[low + 1]))), x=normal(5), place=given([0.3, 2.6, 2.2, 3.7])),
    wrong("grid sample, half the width forgotten", "grid", custom(sampled, grid_backward(lambda a, b: (a, b / 2))), dtypes=WIDE, x=normal(1, 1, 5, 5), grid=signed(0.1, 0.9, 1, 2, 2, 2)),
    wrong("grid sample, x and y exchanged", "grid", custom(sampled, grid_backward(lambda a, b: (a, b.flip(-1)))), dtypes=WIDE, x=normal(1, 1, 4, 4), grid=signed(0.1, 0.9, 1, 2, 2, 2)),
    wrong("grid sample, image transposed", "x", custom(sampled, grid_backward(lambda a, b: (a.transpose(2, 3), b))), dtypes=WIDE, x=normal(1, 1, 4, 4), grid=signed(0.1, 0.9, 1, 2, 2, 2)),
    wrong("roi pooling, scale forgotten", "box", custom(lambda x, box: interpolate(x, box * 0.5), lambda g, x, box, y: (interpolate_backward()(g, x, box * 0.5, y)[0], interpolate_backward()(g, x, box * 0.5, y)[1])), x=normal(5), box=given([0.6, 5.2, 4.4])),
    wrong("roi average, samples not averaged", "x", custom(lambda x, p: interpolate(x, p).reshape(2, 2).mean(-1), lambda g, x, p, y: (interpolate_backward()(g.repeat_interleave(2), x, p, y)[0], interpolate_backward()(g.repeat_interleave(2) / 2, x, p, y)[1])), x=normal(5), p=given([0.3, 2.6, 2.2, 3.7])),
    wrong("deformable convolution, mask's gradient without the value", "m", custom(lambda x, m: (x * m).sum(-1), lambda g, x, m, y: (g[:, None] * m, g[:, None].expand_as(m))), x=rows, m=between(0.2, 0.8, 2, 6)),
    wrong("running sum, not reversed", "x", custom(lambda x: x.cumsum(-1), lambda g, x, y: g.cumsum(-1)), x=rows),
    wrong("running sum, exclusive", "x", custom(lambda x: x.cumsum(-1), lambda g, x, y: g.flip(-1).cumsum(-1).flip(-1) - g), x=rows),
    wrong("running product, own factor", "x", custom(lambda x: x.cumprod(-1), lambda g, x, y: (g * y).flip(-1).cumsum(-1).flip(-1)), x=between(0.6, 1.8, 2, 4)),
    wrong("running product, division by zero guarded away", "x", custom(lambda x: x.cumprod(-1), lambda g, x, y: torch.where(x == 0, torch.zeros_like(x), (g * y).flip(-1).cumsum(-1).flip(-1) / torch.where(x == 0, torch.ones_like(x), x))), x=given([1.5, 0.0, 2.0, 0.5])),
    wrong("product, division by zero guarded away", "x", custom(lambda x: x.prod(), lambda g, x, y: g * y / torch.where(x == 0, torch.ones_like(x), x)), x=given([1.5, 0.0, 2.0, 0.5])),
    wrong("running maximum, to every place", "x", custom(lambda x: x.cummax(-1).values, lambda g, x, y: g.clone()), x=rows),
    wrong("difference, borders", "x", custom(lambda x: x.diff(dim=-1), lambda g, x, y: F.pad(g, (1, 0)) - torch.cat([torch.zeros_like(g[:, :1]), g[:, 1:], torch.zeros_like(g[:, :1])], -1)), x=rows),
    wrong("trapezoid, ends not halved", "x", custom(lambda x: torch.trapezoid(x, dim=-1), lambda g, x, y: g[:, None].expand_as(x)), x=rows),
    wrong("scan, decay of the wrong step", "x a", custom(scan, scan_backward(lambda a, k: a[k])), a=between(0.4, 0.9, 5), x=normal(5)),
    wrong("scan, adjoint without decay", "x a", custom(scan, scan_backward(lambda a, k: 1.0)), a=between(0.4, 0.9, 5), x=normal(5)),
    wrong("scan, adjoint of the last step alone", "x a", custom(scan, scan_backward(lambda a, k: 0.0)), a=between(0.4, 0.9, 5), x=normal(5)),
    wrong("scan, this state for the one before", "a", custom(scan, shifted_state), a=between(0.4, 0.9, 5), x=normal(5)),
    wrong("recurrent network, truncated to one step", "u", custom(tanh_rnn, lambda g, x, u, y: (torch.autograd.functional.vjp(lambda t: tanh_rnn(t, u), x, g)[1], g * (1 - y * y) * tanh_rnn(x[:-1], u))), x=normal(4, 3), u=normal(3)),
    wrong("depth-wise shift, sign of the shift", "x", custom(lambda x: torch.cat([x[:, 1:], torch.zeros_like(x[:, :1])], -1), lambda g, x, y: torch.cat([g[:, 1:], torch.zeros_like(g[:, :1])], -1)), x=rows),
    wrong("laplacian, borders as inside", "x", custom(lambda x: F.pad(x, (1, 1))[..., 2:] + F.pad(x, (1, 1))[..., :-2] - x * torch.tensor([1.0, 2, 2, 2, 2, 1], dtype=x.dtype), lambda g, x, y: F.pad(g, (1, 1))[..., 2:] + F.pad(g, (1, 1))[..., :-2] - 2 * g), x=rows),
    wrong("blur, width of the tile", "x", custom(lambda x: (x + x.roll(1, -1)) / 2, lambda g, x, y: torch.cat([(g + g.roll(-1, -1))[:, :4] / 2, g[:, 4:]], -1)), x=rows),
    wrong("total over a window, last one missing", "x", custom(lambda x: x.unfold(-1, 2, 2).sum(-1), lambda g, x, y: torch.cat([g[:, :2].repeat_interleave(2, -1), torch.zeros_like(x[:, :2])], -1)), x=rows),
]
