"""What a trial is: a function, its formula and one point, with names, shapes and dtypes matched to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sympy import Basic

from verifier.candidate.candidate import Candidate, name_of, parameter_names
from verifier.candidate.lying import strides_of
from verifier.candidate.packing import Packed, packed_call
from verifier.case import Case, Fault, Printed
from verifier.errors import (
    NeitherFormulaNorFunctionError,
    NoInputRequiresGradError,
    SymbolsDoNotMatchError,
    UnknownInputError,
    UnknownOrderError,
    WithoutGradientError,
    WithoutInputsError,
)
from verifier.numeric.in_torch import torch_function
from verifier.point import FLOATING, check_finite, given, held, rounded, sampled, sizes_for
from verifier.symbolic.formula import Formula, formula_of
from verifier.symbolic.program import bind_extents, shaped
from verifier.trace.traced import Traced
from verifier.verdict.call import call_of_case, call_of_check
from verifier.verdict.tolerances import Tolerances, tolerances


@dataclass(frozen=True)
class Trial:
    """Everything that is put before the witnesses. Arrays are exact; dtypes are names such as "float32".

    `formula` is what the user wrote. Without one `traced` is what the code itself says, or that of the torch function
    `model` beside it; its constants are among the `inputs`, under names that the candidate does not know.
    """

    name: str
    candidate: Candidate
    inputs: Mapping[str, NDArray[Any]]
    wrt: tuple[str, ...]
    formula: Formula | None = None
    claims: Mapping[str, Formula] = field(default_factory=dict)
    printed: Mapping[str, Printed] = field(default_factory=dict)
    uncertain: Mapping[str, Printed] = field(default_factory=dict)
    order: int = 1
    seed: int = 0
    fault: Fault | None = None
    lesson: str = ""
    source: str | None = None
    witnesses: tuple[str, ...] | None = None
    tolerances: Tolerances = field(default_factory=Tolerances)
    call: str | None = None
    model: Callable[..., Any] | None = None
    traced: Traced | None = None

    @property
    def reference(self) -> Formula | Traced | None:
        """What the symbolic derivative is taken of."""
        return self.formula or self.traced


def trial_of_case(case: Case) -> Trial:
    """The trial of a case: what it does not give is sampled, and without torch code the formula is run in torch."""
    if case.formula is None and case.function is None:
        raise NeitherFormulaNorFunctionError(case.name)
    formula = None if case.formula is None else formula_of(case.formula)
    names = _names_of_case(case, formula)
    inputs, dtypes = _inputs_of_case(case, formula, names)
    wrt = _in_question(case.wrt, names, dtypes) if case.wrt is not None else _floating(names, dtypes)
    if not wrt:
        raise NoInputRequiresGradError(case.name)
    symbols = {} if formula is None else formula.symbols
    claims = {key: formula_of(claim, symbols) for key, claim in _keyed("claims", case.claims, names).items()}
    uncertain = {
        name: value for name, value in _keyed("inputs", case.inputs, names).items() if isinstance(value, Printed)
    }
    return Trial(
        name=case.name,
        candidate=_candidate(case.function, formula, names, dtypes),
        inputs=inputs,
        wrt=wrt,
        formula=formula,
        claims=claims,
        printed=_keyed("printed", case.printed, names),
        uncertain=uncertain,
        order=_known_order(case.order),
        seed=case.seed,
        fault=case.fault,
        lesson=case.lesson,
        source=case.source,
        tolerances=tolerances(case.atol, case.rtol, case.max_bits_lost),
        call=call_of_case(case.name, case.source),
    )


def trial_of_call(
    function: Callable[..., Any],
    inputs: Any,
    *,
    formula: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    wrt: Sequence[Any] | None = None,
    order: int = 1,
    seed: int = 0,
    witnesses: Sequence[str] | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    max_bits_lost: float | None = None,
) -> Trial:
    """The trial of a library call: `inputs` is a tensor, a sequence of tensors, or a mapping from names to tensors.

    The inputs that require grad are in question, or those in `wrt`, by name or position.
    """
    said = {"formula": formula, "kwargs": kwargs, "wrt": wrt, "order": order, "seed": seed, "witnesses": witnesses}
    said |= {"atol": atol, "rtol": rtol, "max_bits_lost": max_bits_lost}
    original = function
    model = formula if callable(formula) and not isinstance(formula, Basic) else None
    understood = None if formula is None or model is not None else formula_of(formula)
    if understood is None and (packed := packed_call(function, inputs, kwargs)) is not None:
        function, inputs, kwargs = packed.function, packed.tensors, None
    tensors = _named_tensors(function, inputs, understood)
    arrays, dtypes = {}, {}
    for name, tensor in tensors.items():
        arrays[name], dtypes[name] = held(name, tensor, "float64")
    asked = [name for name, tensor in tensors.items() if getattr(tensor, "requires_grad", False)]
    if wrt is not None:
        asked = list(_in_question(wrt, tuple(tensors), dtypes))
    described = name_of(function)
    if not asked:
        raise NoInputRequiresGradError(described)
    for name in asked:
        check_finite(name, arrays[name])
    types = {name: getattr(torch, dtype) for name, dtype in dtypes.items()}
    if isinstance(function, Packed):
        candidate = Candidate(function, tuple(tensors), types, by_name=True)
    else:
        candidate = Candidate.of(function, tuple(tensors), types, kwargs, by_name=isinstance(inputs, Mapping))
    strides = {name: found for name, t in tensors.items() if torch.is_tensor(t) and (found := strides_of(t))}
    chosen = None if witnesses is None else tuple(witnesses)
    return Trial(
        described,
        replace(candidate, strides=strides),
        arrays,
        tuple(asked),
        understood,
        order=_known_order(order),
        seed=seed,
        witnesses=chosen,
        tolerances=tolerances(atol, rtol, max_bits_lost),
        call=call_of_check(original, described, said),
        model=model,
    )


def _known_order(order: int) -> int:
    if order not in (1, 2):
        raise UnknownOrderError(order)
    return order


def _names_of_case(case: Case, formula: Formula | None) -> tuple[str, ...]:
    """The inputs in the order of the function's parameters; without a function in the order of their names."""
    given_names = tuple(str(key) for key in case.inputs)
    symbols = given_names if formula is None else tuple(formula.symbols)
    if not symbols:
        raise WithoutInputsError(case.name)
    if case.function is None:
        return symbols
    parameters = parameter_names(case.function)
    if parameters is None:
        return given_names if set(given_names) == set(symbols) else symbols
    required = parameter_names(case.function, required=True) or ()
    if not set(required) <= set(symbols) <= set(parameters):
        raise SymbolsDoNotMatchError(symbols, parameters)
    return tuple(name for name in parameters if name in symbols)


def _inputs_of_case(
    case: Case, formula: Formula | None, names: tuple[str, ...]
) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    values = _keyed("inputs", case.inputs, names)
    arrays, dtypes = {}, {}
    for name, value in values.items():
        symbol = None if formula is None else formula.symbols.get(name)
        meant = _as_meant(value, symbol)
        arrays[name], dtypes[name] = given(name, meant, case.dtype)
    if formula is None:
        return {name: arrays[name] for name in names}, dtypes
    shapes = dict(formula.program.inputs)
    fitted = shaped(formula.program, arrays)
    bound = bind_extents(formula.program, {name: array.shape for name, array in fitted.items()})
    extents = {symbol for shape in shapes.values() for extent in shape for symbol in extent.free_symbols}
    sizes = sizes_for(extents, {**case.sizes, **bound})
    generator = np.random.default_rng(case.seed)
    for name in sorted(names):
        if name not in arrays:
            shape = tuple(int(extent.subs(sizes)) for extent in shapes[name])
            drawn = sampled(formula.symbols[name], shape, generator)
            floating = drawn.dtype.kind == "f"
            arrays[name] = rounded(drawn, case.dtype) if floating else drawn
            dtypes[name] = case.dtype if floating else "int64"
    return {name: arrays[name] for name in names}, dtypes


def _as_meant(value: Any, symbol: Any) -> Any:
    """Whole numbers in nested lists are real numbers, unless the symbol that they are for is an integer."""
    plain = isinstance(value, int | list | tuple) and not isinstance(value, bool)
    if not plain or symbol is None or symbol.is_integer:
        return value
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind == "i" else value


def _candidate(
    function: Callable[..., Any] | None, formula: Formula | None, names: tuple[str, ...], dtypes: Mapping[str, str]
) -> Candidate:
    types = {name: getattr(torch, dtypes[name]) for name in names}
    if function is not None:
        return Candidate.of(function, names, types)
    assert formula is not None
    return Candidate(torch_function(formula.program, formula.output), names, types, by_name=True)


def _named_tensors(function: Callable[..., Any], inputs: Any, formula: Formula | None) -> dict[str, Any]:
    if isinstance(inputs, Mapping):
        named = {str(name): tensor for name, tensor in inputs.items()}
    else:
        tensors = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        parameters = parameter_names(function) or ()
        known = len(parameters) >= len(tensors)
        names = parameters[: len(tensors)] if known else tuple(f"x{k}" for k in range(len(tensors)))
        if formula is not None and len(tensors) == len(formula.symbols) == 1:
            names = tuple(formula.symbols)
        named = dict(zip(names, tensors, strict=True))
    if formula is not None and not set(formula.symbols) <= set(named):
        raise SymbolsDoNotMatchError(tuple(formula.symbols), tuple(named))
    return named


def _floating(names: tuple[str, ...], dtypes: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name in names if dtypes[name] in FLOATING)


def _in_question(wrt: Sequence[Any], names: tuple[str, ...], dtypes: Mapping[str, str]) -> tuple[str, ...]:
    """The inputs that the caller wants the gradient by, each once."""
    asked = tuple(dict.fromkeys(_by_name("wrt", wrt, names)))
    for name in asked:
        if dtypes[name] not in FLOATING:
            raise WithoutGradientError(name, dtypes[name])
    return asked


def _by_name(what: str, chosen: Sequence[Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """Inputs given by symbol, name or position, as names."""
    found = tuple(
        names[key] if isinstance(key, int) and -len(names) <= key < len(names) else str(key) for key in chosen
    )
    for name in found:
        if name not in names:
            raise UnknownInputError(what, name, names)
    return found


def _keyed(what: str, values: Mapping[Any, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """A mapping from symbols or names, keyed by name."""
    return dict(zip(_by_name(what, list(values), names), values.values(), strict=True))
