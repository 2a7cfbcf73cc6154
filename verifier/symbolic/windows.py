"""Windows that move over the axes of a tensor: what convolutions, poolings and patches have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer, Tuple

from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Entry, Tensor, total


@dataclass(frozen=True)
class Windows:
    """For each axis: entries of a window, steps between windows, padding before the first, steps between entries."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]

    def places(self, at: Sequence[Expr], within: Sequence[Expr]) -> list[Expr]:
        """Where the entries `within` the windows `at` lie; below 0 and beyond the extents is padding."""
        axes = zip(at, within, self.stride, self.dilation, self.padding, strict=True)
        return [i * stride + k * dilation - padding for i, k, stride, dilation, padding in axes]

    def counts(self, sizes: Sequence[int], *, ceil: bool = False) -> tuple[int, ...]:
        """How many windows there are along axes of these sizes.

        ceil: also those that begin inside and reach beyond the padding.
        """
        return tuple(_count(size, self.along(axis), ceil) for axis, size in enumerate(sizes))

    def spanned(self, counts: Sequence[int]) -> tuple[int, ...]:
        """The sizes of axes over which so many windows reach from end to end."""
        return tuple(
            (count - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1
            for count, kernel, stride, padding, dilation in zip(counts, *self._options, strict=True)
        )

    def along(self, axis: int) -> Windows:
        """The windows over one axis alone."""
        return Windows(*((option[axis],) for option in self._options))

    @property
    def _options(self) -> tuple[tuple[int, ...], ...]:
        return self.kernel, self.stride, self.padding, self.dilation


def _count(size: int, window: Windows, ceil: bool) -> int:
    ((kernel,), (stride,), (padding,), (dilation,)) = window._options
    reach = size + 2 * padding - dilation * (kernel - 1) - 1
    count = (reach + (stride - 1 if ceil else 0)) // stride + 1
    return count - 1 if ceil and (count - 1) * stride >= size + padding else count


def windows(
    axes: int,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = (),
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
) -> Windows:
    """Windows over so many axes; one number stands for all of them, and no stride for windows side by side."""
    shape = spread(kernel, axes)
    steps = spread(stride, axes) if isinstance(stride, int) or stride else shape
    return Windows(shape, steps, spread(padding, axes), spread(dilation, axes))


def spread(numbers: int | Sequence[int], axes: int) -> tuple[int, ...]:
    """One number for each axis; a single one stands for all of them."""
    given = (numbers,) if isinstance(numbers, int) else tuple(numbers)
    return given * axes if len(given) == 1 else given


def total_over(extents: Sequence[Expr | int], body: Callable[..., Any]) -> Any:
    """The sum of body(i, j, ...) over several indices."""
    if not extents:
        return body()
    first, *rest = extents
    return total(Integer(first), lambda i: total_over(rest, lambda *others: body(i, *others)))


def coverage(windows: Windows, sizes: Sequence[int], counts: Sequence[int], scope: Scope) -> list[Tensor]:
    """For each axis how many entries of every window lie on it."""
    found = []
    for axis, (size, count) in enumerate(zip(sizes, counts, strict=True)):
        own = windows.along(axis)
        ones = scope.name(Tensor((Integer(size),), lambda i: Integer(1)), "ones")
        found.append(_covered(own, ones, count, scope))
    return found


def _covered(window: Windows, ones: str, count: int, scope: Scope) -> Tensor:
    def covered(i: Expr) -> Expr:
        return total(Integer(window.kernel[0]), lambda k: Entry(ones, window.places((i,), (k,)), Tuple(Integer(0))))

    return scope.settled(Tensor((Integer(count),), covered), "covered")
