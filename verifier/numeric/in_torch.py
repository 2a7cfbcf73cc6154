"""Programs run in torch itself, so that autograd can be asked about a formula that came without torch code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sympy import Expr, Symbol

from verifier.numeric.arithmetic import Axes, Labelled, Values
from verifier.numeric.evaluate import evaluate
from verifier.numeric.tape import tape
from verifier.numeric.torch_nodes import torch_node
from verifier.symbolic.program import Program, shaped
from verifier.symbolic.region import Region


class InTorch:
    """Torch tensors of one dtype; everything is differentiable, and nothing is changed in place that is an input."""

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype

    def context(self) -> AbstractContextManager[None]:
        """Nothing has to be set."""
        return nullcontext()

    def array(self, values: NDArray[Any] | torch.Tensor) -> Values:
        """A tensor as it is, an array as a tensor."""
        return torch.as_tensor(values)

    def filled(self, shape: Sequence[int], number: Expr) -> Values:
        """See `Arithmetic`."""
        return torch.full(tuple(shape), float(number), dtype=self.dtype)

    def function(self, body: Expr, symbols: Sequence[Symbol]) -> Callable[..., Values]:
        """See `Arithmetic`."""
        steps = tape(body, tuple(symbols), torch_node)
        return lambda *arguments: torch.as_tensor(steps.run(*map(self._operand, arguments)), dtype=self.dtype)

    def contract(self, operands: Sequence[Labelled], output: Axes) -> Values:
        """See `Arithmetic`."""
        interleaved = [part for o in operands for part in (o.values.to(self.dtype), list(o.axes))]
        return torch.einsum(*interleaved, list(output))

    def strided(self, values: Values, offset: Sequence[int], shape: Sequence[int], steps: Sequence[Axes]) -> Values:
        """See `Arithmetic`."""
        values = values.contiguous()
        strides = [sum(s * stride for s, stride in zip(step, values.stride(), strict=True)) for step in steps]
        start = sum(at * stride for at, stride in zip(offset, values.stride(), strict=True))
        if min(strides, default=0) < 0:  # torch has no views that run backwards
            along = torch.meshgrid(*(torch.arange(n) for n in shape), indexing="ij")
            return values.reshape(-1)[start + sum(k * stride for k, stride in zip(along, strides, strict=True))]
        return torch.as_strided(values, tuple(shape), strides, values.storage_offset() + start)

    def detached(self, values: Values) -> Values:
        """See `Arithmetic`."""
        return values.detach()

    def gather(self, values: Values, index: Sequence[NDArray[Any]]) -> Values:
        """See `Arithmetic`."""
        return values[tuple(torch.as_tensor(i) for i in index)]

    def pad(self, values: Values, widths: Sequence[tuple[int, int]], fill: Expr) -> Values:
        """See `Arithmetic`."""
        around = [width for pair in reversed(widths) for width in pair]
        return torch.nn.functional.pad(values, around, value=float(fill))

    def where(self, condition: NDArray[Any], values: Values, otherwise: Expr) -> Values:
        """See `Arithmetic`."""
        return torch.where(torch.as_tensor(condition), values, float(otherwise))

    def expand(self, values: Values, shape: Sequence[int]) -> Values:
        """See `Arithmetic`."""
        return torch.broadcast_to(values, tuple(shape))

    def permute(self, values: Values, order: Sequence[int]) -> Values:
        """See `Arithmetic`."""
        return values.permute(tuple(order))

    def sum(self, values: Values, axes: Axes) -> Values:
        """See `Arithmetic`."""
        return values.sum(dim=axes)

    def cumulated(self, values: Values, backwards: bool) -> Values:
        """See `Arithmetic`."""
        return values.flip(-1).cumsum(-1).flip(-1) if backwards else values.cumsum(-1)

    def put(self, buffer: Values, region: Region, values: Values) -> Values:
        """See `Arithmetic`."""
        places = torch.as_tensor(region.places())
        return buffer.index_put((places,), values.to(buffer.dtype).broadcast_to(region.shape))

    def add(self, buffer: Values, region: Region, values: Values) -> Values:
        """See `Arithmetic`."""
        return buffer.index_put((torch.as_tensor(region.places()),), values.to(buffer.dtype), accumulate=True)

    def scatter_add(self, buffer: Values, index: Sequence[NDArray[Any]], values: Values) -> Values:
        """See `Arithmetic`."""
        if not index:
            return buffer + values.sum()
        return buffer.index_put(tuple(torch.as_tensor(i) for i in index), values, accumulate=True)

    def stacked(self, columns: Sequence[Values]) -> Values:
        """See `Arithmetic`."""
        return torch.stack(tuple(columns), dim=-1)

    def solved(self, matrix: Values, right: Values) -> Values:
        """See `Arithmetic`."""
        return torch.linalg.solve(matrix, right)

    def determinant(self, matrix: Values) -> Values:
        """See `Arithmetic`."""
        return torch.linalg.det(matrix)

    def inverse(self, matrix: Values) -> Values | None:
        """See `Arithmetic`."""
        inverse, failed = torch.linalg.inv_ex(matrix)
        return None if failed else inverse

    def exponential(self, matrix: Values) -> Values:
        """See `Arithmetic`."""
        return torch.linalg.matrix_exp(matrix)

    def selected(self, select: Callable[[NDArray[Any]], NDArray[Any]], values: Values) -> NDArray[Any]:
        """See `Arithmetic`."""
        return select(self.approximate(values))

    def approximate(self, values: Values) -> NDArray[Any]:
        """See `Arithmetic`."""
        return np.asarray(values.detach().to(torch.float64))

    def root(
        self, start: NDArray[Any], residual: Callable[[Values], Values], jacobian: Callable[[Values], Values]
    ) -> Values:
        """One Newton step with a constant Jacobian: its derivative is that of the implicit function theorem."""
        near = torch.as_tensor(start, dtype=self.dtype)
        return near - torch.linalg.solve(jacobian(near).detach(), residual(near))

    def _operand(self, argument: Any) -> Any:
        """A tensor or a number as it is; indices as float64, for torch divides whole numbers in float32."""
        return torch.as_tensor(argument, dtype=torch.float64) if isinstance(argument, np.ndarray) else argument


def torch_function(program: Program, output: str) -> Callable[..., torch.Tensor]:
    """The function that a program says, as torch code whose parameters are the program's inputs, by keyword."""

    def run(**inputs: torch.Tensor) -> torch.Tensor:
        floating = [t.dtype for t in inputs.values() if t.is_floating_point()]
        arithmetic = InTorch(floating[0] if floating else torch.float64)
        return evaluate(program, shaped(program, inputs), [output], arithmetic)[output]

    return run
