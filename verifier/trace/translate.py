"""From a record to a program: every statement by the definition of its operator.

The definitions are in `verifier/ops/`. Equal records are translated once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sympy import Integer

from verifier.discover import collect
from verifier.op import Op, Operand
from verifier.symbolic.assembly import Part, assembly
from verifier.symbolic.lowering import Lowering
from verifier.symbolic.program import Builder, Program
from verifier.symbolic.region import Region
from verifier.symbolic.scope import Scope, is_complex, parts
from verifier.symbolic.tensor import Tensor
from verifier.trace.record import Constant, FromInput, Geometry, Reading, Record, Result, Shifted, Statement, Written
from verifier.trace.storage import Stored, interleaved, read, region_of, written


class Undefined(Exception):  # noqa: N818 - not an error of anybody's: a definition is still missing
    """An operator without a definition; `operators` are their names, as torch prints them."""

    def __init__(self, operators: tuple[str, ...]) -> None:
        super().__init__(f"no definition of {', '.join(operators)}")
        self.operators = operators


@dataclass(frozen=True)
class Translation:
    """The program of a record. `constants` maps tensors that it takes to positions among the trace's constants."""

    program: Program
    output: str
    constants: Mapping[str, int]


@lru_cache(maxsize=256)
def translate(record: Record) -> Translation:
    """The program that a record says; several or complex outputs are packed into one vector, one after the other.

    Raises `Undefined` with all the operators that have no definition.
    """
    missing = [statement.name for statement in record.statements if definition_of(statement) is None]
    if missing:
        raise Undefined(tuple(dict.fromkeys(missing)))
    return _Translator(record).translation()


def definition_of(statement: Statement) -> Op | None:
    """The definition of a statement's operator: of the overload, or of all overloads; None where there is none."""
    return defined(statement.operator, statement.overload)


def defined(operator: str, overload: str) -> Op | None:
    """The definition of an operator by its names in the schema ("aten::add_", "Tensor")."""
    namespace, _, name = operator.rpartition("::")
    functional = name.removesuffix("_") if not name.endswith("__") else name
    prefix = "" if namespace == "aten" else f"{namespace}::"
    plain = overload.replace("out", "Tensor")  # `div.out` and `div.out_mode` are of `div.Tensor`, `div.Tensor_mode`
    known = catalogue()
    for called in dict.fromkeys((name, functional)):
        for key in (f"{prefix}{called}.{overload}", f"{prefix}{called}.{plain}", f"{prefix}{called}"):
            if key in known:
                return known[key]
    return None


@cache
def catalogue() -> dict[str, Op]:
    """All definitions of `verifier/ops/`, by each of their names."""
    return {name: op for ops in collect("verifier.ops", "OPS") for op in ops for name in op.names}


class _Translator:
    def __init__(self, record: Record) -> None:
        self.record = record
        self.builder = Builder()
        self.scope = Scope(Lowering(self.builder))
        self.constants: dict[str, int] = {}
        self.results: dict[int, tuple[tuple[str, ...] | None, ...]] = {}
        self.stored: dict[int, Stored] = {}
        for version in record.versions:
            if isinstance(version, FromInput):
                self.builder.give(version.name, version.geometry.shape)

    def translation(self) -> Translation:
        for number, statement in enumerate(self.record.statements):
            self.results[number] = self._called(statement)
        output = self._packed([self._operand(reading) for reading in self.record.outputs])
        return Translation(self.builder.build(), output, self.constants)

    def _called(self, statement: Statement) -> tuple[tuple[str, ...] | None, ...]:
        """The names of what a statement returns: one for each real result, two for each complex one."""
        op = definition_of(statement)
        assert op is not None
        keywords = {name: self._argument(value) for name, value in statement.keywords}
        asked = _parameters(op.define)
        if "scope" in asked:
            keywords["scope"] = self.scope
        if "results" in asked:
            keywords["results"] = tuple(r and self._operand(r) for r in statement.results)
        found = op.define(*map(self._argument, statement.arguments), **keywords)
        found = found if isinstance(found, tuple | list) else (found,)
        return tuple(None if tensor is None else self._names(tensor) for tensor in found)

    def _names(self, tensor: Tensor) -> tuple[str, ...]:
        tensor = self.scope.settled(tensor)
        if not is_complex(tensor):
            return (self.scope.name(tensor),)
        return tuple(self.scope.name(part) for part in parts(tensor))

    def _argument(self, value: Any) -> Any:
        if isinstance(value, Reading):
            return self._operand(value)
        return tuple(map(self._argument, value)) if isinstance(value, tuple) else value

    def _operand(self, reading: Reading) -> Operand:
        tensor = read(self._version(reading.version), reading.geometry, self.builder)
        return Operand(tensor.shape, tensor.entry, reading.geometry.dtype)

    def _version(self, number: int) -> Stored:
        if number not in self.stored:
            self.stored[number] = self._storage(number)
        return self.stored[number]

    def _storage(self, number: int) -> Stored:
        version = self.record.versions[number]
        if isinstance(version, FromInput):
            return Stored((version.name,), region_of(version.geometry), _reach(version.geometry))
        if isinstance(version, Constant):
            name = self.builder.give(f"constant {version.position}", version.geometry.shape)
            self.constants[name] = version.position
            return Stored.filled([name], version.geometry.shape)
        if isinstance(version, Result):
            names = self._as_dtype(self.results[version.statement][version.output], version.geometry)
            return Stored(names, region_of(version.geometry), version.size)
        before = self._version(version.before)
        if isinstance(version, Shifted):
            now = read(before, version.geometry, self.builder)
            change = read(self._version(version.constant), _plain(version.geometry), self.builder)
            shifted = Tensor(now.shape, lambda *at: now.entry(*at) + change.entry(*at))
            return written(before, version.geometry, self._names(shifted), self.builder)
        return written(before, version.geometry, self._new_values(version), self.builder)

    def _new_values(self, version: Written) -> tuple[str, ...]:
        if version.constant is not None:
            value = read(self._version(version.constant), _plain(version.geometry), self.builder)
        else:
            assert version.statement is not None
            names = self._as_dtype(self.results[version.statement][0], version.geometry)
            result = Stored.filled(names, version.geometry.shape)
            value = read(result, _plain(version.geometry), self.builder)
        plain = Stored.filled(self._names(value), version.geometry.shape)
        return self._names(read(plain, _flags(version.geometry), self.builder))

    def _as_dtype(self, names: tuple[str, ...] | None, geometry: Geometry) -> tuple[str, ...]:
        """A result in parts, as its dtype has them: a definition may return real entries for a complex tensor."""
        if names is None:
            raise TypeError("the definition returns nothing for a result that is read")
        if not geometry.dtype.startswith("complex") or len(names) == 2:
            return names
        shape = tuple(map(Integer, geometry.shape))
        zero = Tensor(shape, lambda *at: Integer(0))
        return (*names, self.scope.name(zero, "zero"))

    def _packed(self, outputs: list[Operand]) -> str:
        if len(outputs) == 1 and not outputs[0].complex:
            return self._names(outputs[0])[0]
        offset, packed = 0, []
        for output in outputs:
            shape = tuple(int(n) for n in output.shape)
            names = self._as_dtype(self._names(output), Geometry.contiguous(shape, output.dtype))
            stored = Stored.filled(names, shape)
            if output.complex:
                stored = interleaved(stored, self.builder)
            packed.append(Part(Region(offset, stored.region.shape, stored.region.strides), stored.names[0]))
            offset += stored.size
        return self.builder.define(assembly((offset,), packed), "outputs")


def _plain(geometry: Geometry) -> Geometry:
    """The geometry of a tensor of the same shape that has a storage of its own."""
    return Geometry.contiguous(geometry.shape, geometry.dtype)


def _flags(geometry: Geometry) -> Geometry:
    """The same, with the conjugation and the sign that are undone when something is written through it."""
    plain = _plain(geometry)
    return Geometry(plain.shape, plain.strides, 0, plain.dtype, geometry.conjugated, geometry.negated)


def _reach(geometry: Geometry) -> int:
    """The number of entries of the storage that a tensor needs."""
    if 0 in geometry.shape:
        return 0
    return 1 + geometry.offset + sum(s * (n - 1) for s, n in zip(geometry.strides, geometry.shape, strict=True))


@cache
def _parameters(define: Callable[..., Any]) -> frozenset[str]:
    return frozenset(inspect.signature(define).parameters)
