"""Follows one run of a function, below autograd, and keeps what its result is made of as a `Record`.

Values belong to storages, derivatives to *families* of aliases: a tensor that the user detached shares the numbers of
its base and none of its derivative. A write is seen by its own family; every other family of that storage gets the
change as a constant. What does not vary with the inputs is a constant, and so is what the user cut off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from verifier.trace.grad_mode import running_function
from verifier.trace.numbers import (
    UNSEEN,
    Array,
    change,
    geometry_of_numbers,
    is_condition,
    is_sparse,
    may_vary,
    numbers_of,
    rests_on,
    stored_places,
)
from verifier.trace.record import (
    Constant,
    FromInput,
    Geometry,
    Reading,
    Record,
    Result,
    Shifted,
    Statement,
    Version,
    Written,
)
from verifier.trace.recorder import FollowingMode, tensors_in, written
from verifier.trace.schema import (
    CONDITIONAL,
    CONDITIONS,
    ONE_OF_SEVERAL,
    SHAPE_ALONE,
    arguments_of,
    is_functional_variant,
    names_of,
    python_body,
    results_of,
)

#: The family of what autograd follows.
FOLLOWED = 0


class Tracer(FollowingMode):
    """Records a function while it is entered.

    inputs: the tensors that vary, real and dense, by name. closed_over: tensors that require grad and that the
    function holds itself, found on the way. opaque: what cannot be followed, as reasons. explained: the positions of
    those constants that may be others at another point: the user cut them off, or they were drawn.
    """

    def __init__(self, inputs: Mapping[str, torch.Tensor]) -> None:
        super().__init__(saves=True)
        self.versions: list[Version] = []
        self.statements: list[Statement] = []
        self.constants: list[Array] = []
        self.closed_over: dict[str, torch.Tensor] = {}
        self.opaque: list[str] = []
        self._current: dict[int, dict[int, int]] = {}
        self._family: dict[int, int] = {}
        self._made_inside: set[int] = set()
        self._held: set[int] = set()
        self._fresh: set[int] = set()
        self.explained: set[int] = set()
        self._alive: list[Any] = []
        self._inputs = list(inputs.values())
        for name, tensor in inputs.items():
            self._follow(tensor, FOLLOWED, self._version(FromInput(name, Geometry.of(tensor))))

    def record(self, outputs: Sequence[torch.Tensor]) -> Record:
        """What was recorded, with the tensors that the function returned."""
        readings = tuple(self._reading(tensor, None) for tensor in outputs)
        return Record(tuple(self.statements), tuple(self.versions), readings)

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        body = python_body(func)
        if body is not None:
            with self:
                return body(*args, **kwargs)
        if torch.Tag.inplace_view in func.tags:
            return func(*args, **kwargs)
        inside = running_function()
        constant = func in SHAPE_ALONE or self.cuts.cuts(func, args) or self.cuts.draws(func)
        operands = tensors_in((args, kwargs))
        targets = written(func, args, kwargs)
        conditional = func._schema.name in CONDITIONAL
        varies = any(self._varies(t, inside, conditional) for t in operands)
        if inside and varies and func is torch.ops.aten._local_scalar_dense.default:
            self.opaque.append(f"a value leaves {inside} as a Python number (.item())")
        if not varies and not any(self._storage(t) in self._current for t in targets):
            return self._held_again(func(*args, **kwargs), operands, inside)
        if targets:
            return self._write(func, args, kwargs, targets, inside, constant or not varies)
        alias = func.is_view and not any(map(is_sparse, operands))
        before = None if constant or alias else self._arguments(func, args, kwargs, inside)
        result = func(*args, **kwargs)
        self._take(func, operands, result, before, inside, constant)
        return result

    def _held_again(self, result: Any, operands: list[torch.Tensor], inside: str | None) -> Any:
        """What is made of held numbers alone is held too, and so are its aliases.

        A new tensor is the function's own: if it comes to require grad, as a parameter, nobody holds it afterwards.
        """
        owned = {self._storage(t) for t in operands}
        for output in tensors_in(result):
            if self._storage(output) not in owned:
                self._alive.append(output)
                self._fresh.add(self._storage(output))
                self._made_inside.update({self._storage(output)} if inside else ())
        sources = {self._storage(t): t for t in reversed(operands)}
        if any(storage in self._held or storage in self._current for storage in sources):
            for output in tensors_in(result):
                self._alive.append(output)
                storage = self._storage(output)
                if storage in self._current and storage in sources:
                    self._family[id(output)] = self._family.get(id(sources[storage]), FOLLOWED)
                elif storage not in self._current:
                    self._held.add(storage)
        return result

    def _take(
        self, func: Any, operands: list[torch.Tensor], result: Any, before: Any, inside: str | None, constant: bool
    ) -> None:
        """Note what a call returned: aliases of what is followed, or the results of a statement."""
        outputs = tensors_in(result)
        sources = {self._storage(t): t for t in reversed(operands) if t.layout == torch.strided}
        fresh = []
        for output in outputs:
            self._alive.append(output)
            source = sources.get(self._storage(output)) if output.layout == torch.strided else None
            if func is torch.ops.aten.detach.default and is_sparse(output) and not constant:  # what autograd saves
                self._follow(output, FOLLOWED, self._reading(operands[0], inside).version)
            elif source is None:
                fresh.append(output)
            elif self._storage(output) in self._current:
                family = self._family.get(id(source), FOLLOWED)
                self._family[id(output)] = len(self._alive) if constant else family
        if constant:
            self._held.update(map(self._storage, fresh))
            self._made_inside.update(map(self._storage, fresh if inside else ()))
        elif fresh and before is not None:
            self._state(func, before, result, fresh, inside)

    def _state(
        self,
        func: Any,
        before: Any,
        result: Any,
        fresh: list[torch.Tensor],
        inside: str | None,
        buffers: Sequence[torch.Tensor] = (),
    ) -> None:
        """Add a statement, unless it returns integers and booleans alone: they are constants when they are read."""
        everything = results_of(result)
        followed = is_condition if func._schema.name in CONDITIONS else may_vary
        if not any(followed(t) for t in fresh):
            return
        if any(t.layout != torch.strided and not is_sparse(t) for t in fresh):
            self.opaque.append(f"{func} returns a tensor that is neither strided nor sparse")
            return
        chosen = func._schema.name in ONE_OF_SEVERAL
        held = tuple(
            self._beside(t, chosen or not followed(t)) if isinstance(t, torch.Tensor) else None for t in everything
        )
        held += tuple(self._constant(buffer) for buffer in buffers)
        self.statements.append(Statement(*names_of(func), before[0], before[1], held, inside))
        for position, tensor in enumerate(everything):
            if isinstance(tensor, torch.Tensor) and followed(tensor):
                size = (
                    tensor.numel() if is_sparse(tensor) else tensor.untyped_storage().nbytes() // tensor.element_size()
                )
                version = Result(len(self.statements) - 1, position, Geometry.of(tensor), size)
                self._follow(tensor, FOLLOWED, self._version(version))
                if inside:
                    self._made_inside.add(self._storage(tensor))

    def _beside(self, result: torch.Tensor, taken: bool) -> Reading | None:
        """What a definition is told of a result: the places of a sparse one's entries, and what it takes from it."""
        if is_sparse(result):
            return self._constant(stored_places(result))
        return self._constant(result) if taken else None

    def _write(
        self,
        func: Any,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        targets: list[torch.Tensor],
        inside: str | None,
        constant: bool,
    ) -> Any:
        """A call that writes to its arguments."""
        before = None if constant else self._arguments(func, args, kwargs, inside)
        if not constant and not is_functional_variant(func):
            # It keeps statistics or draws in buffers, which autograd does not follow: what it returns is what counts.
            result = func(*args, **kwargs)
            fresh = tensors_in(result)
            self._alive += fresh
            self._state(func, before, result, fresh, inside, targets)
            return result
        target = targets[0]
        if is_sparse(target):
            self.opaque.append(f"{func} writes into a sparse tensor")
        storage, family = self._storage(target), self._family.get(id(target), FOLLOWED)
        if not constant and family not in self._current.get(storage, {}):
            self._follow(target, family, self._whole(target))
        old = target.detach().clone() if may_vary(target) else None
        result = func(*args, **kwargs)
        if before is not None:
            self.statements.append(Statement(*names_of(func), before[0], before[1], (None,), inside))
        if old is not None:
            self._update(target, family, None if constant else len(self.statements) - 1, old, self.cuts.draws(func))
        return result

    def _update(self, target: torch.Tensor, family: int, statement: int | None, old: torch.Tensor, drawn: bool) -> None:
        """New versions of a storage that was written to, for every family that has one."""
        storage, geometry = self._storage(target), Geometry.of(target)
        for other, version in list(self._current.get(storage, {}).items()):
            if other == family and statement is not None:
                new: Version = Written(version, geometry, statement=statement)
            elif drawn:
                new = Written(version, geometry, constant=self._constant(target).version)
            else:
                new = Shifted(version, geometry, self._constant(change(old, target)).version)
            self._current[storage][other] = self._version(new)

    def _arguments(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any], inside: str | None) -> Any:
        conditional = func._schema.name in CONDITIONAL
        return arguments_of(func, args, kwargs, lambda tensor: self._reading(tensor, inside, conditional))

    def _reading(self, tensor: torch.Tensor, inside: str | None, conditional: bool = False) -> Reading:
        if not self._varies(tensor, inside, conditional):
            return self._constant(tensor)
        family = self._family.get(id(tensor), FOLLOWED)
        return Reading(self._current[self._storage(tensor)][family], Geometry.of(tensor))

    def _varies(self, tensor: torch.Tensor, inside: str | None, conditional: bool = False) -> bool:
        """Whether autograd follows a tensor from the inputs: in its family, and not marked as non-differentiable.

        A condition varies for whoever takes it as such (`conditional`).
        """
        if tensor.layout != torch.strided and not is_sparse(tensor):
            return False
        if not may_vary(tensor):
            return conditional and is_condition(tensor) and self._storage(tensor) in self._current
        storage, family = self._storage(tensor), self._family.get(id(tensor), FOLLOWED)
        known = storage in self._current or storage in self._held or storage in self._fresh
        if tensor.requires_grad and not known:
            self._found(tensor)
        if family not in self._current.get(storage, {}):
            self.opaque += [UNSEEN] * (storage in self._made_inside and rests_on(tensor, self._inputs))
            return False
        marked = not inside and storage in self._made_inside and not tensor.requires_grad and torch.is_grad_enabled()
        return not marked

    def _found(self, tensor: torch.Tensor) -> None:
        """A tensor that requires grad, and that the function did not get from its caller."""
        if rests_on(tensor, self._inputs):
            self.opaque.append(UNSEEN)
        base = tensor._base if tensor._base is not None and tensor._base.requires_grad else tensor
        if is_sparse(base):
            self.opaque.append("a sparse tensor that the function holds itself requires grad")
        if base.is_complex():
            self.opaque.append("a complex tensor that the function holds itself requires grad")
        name = f"closed over {len(self.closed_over)}"
        self.closed_over[name] = base
        self._follow(base, FOLLOWED, self._version(FromInput(name, Geometry.of(base))))

    def _follow(self, tensor: torch.Tensor, family: int, version: int) -> None:
        self._alive.append(tensor)
        self._current.setdefault(self._storage(tensor), {})[family] = version

    def _version(self, version: Version) -> int:
        self.versions.append(version)
        return len(self.versions) - 1

    def _constant(self, tensor: torch.Tensor) -> Reading:
        """The numbers that a tensor has now; complex ones as pairs along a last axis."""
        shape, dtype = tuple(tensor.shape), Geometry.of(tensor).dtype
        if self._storage(tensor) in self._held or self._storage(tensor) in self._current:
            self.explained.add(len(self.constants))
        self.constants.append(numbers_of(tensor))
        held = geometry_of_numbers(shape, dtype)
        version = self._version(Constant(len(self.constants) - 1, held))
        return Reading(version, Geometry.contiguous(shape, dtype))

    def _whole(self, tensor: torch.Tensor) -> int:
        """The numbers of a whole storage that was not followed so far."""
        size = tensor.untyped_storage().nbytes() // tensor.element_size()
        with torch.no_grad():
            flat = torch.as_strided(tensor.detach(), (size,), (1,), 0)
        return self._constant(flat).version

    @staticmethod
    def _storage(tensor: torch.Tensor) -> int:
        """A sparse tensor has no storage that others share: it stands for itself."""
        return int(tensor.untyped_storage()._cdata) if tensor.layout == torch.strided else -id(tensor)
