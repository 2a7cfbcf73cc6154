"""Comprehensions in index notation: one entry as a scalar expression with sums."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, And, Dummy, Expr, Integer, Mul, Sum, Symbol, Tuple, expand, false, true
from sympy.core.relational import GreaterThan, LessThan, Relational
from sympy.core.relational import StrictGreaterThan as Greater
from sympy.core.relational import StrictLessThan as Less
from sympy.functions.special.tensor_functions import KroneckerDelta
from sympy.logic.boolalg import Boolean

from verifier.symbolic.comprehension import Comprehension, Read, index, pointer, value
from verifier.symbolic.language import Detached
from verifier.symbolic.notation.operands import Operands
from verifier.symbolic.notation.pieces import Pieces, folded
from verifier.symbolic.notation.substitution import put

Extents = dict[Expr, Expr]
Chosen = frozenset[Symbol]


def fresh_indices(order: int) -> tuple[Dummy, ...]:
    """As many index symbols that occur nowhere else."""
    return tuple(Dummy("i", integer=True, nonnegative=True) for _ in range(order))


def entry_form(definition: Comprehension, at: Sequence[Expr], operands: Operands) -> Expr:
    """The entry of a comprehension at a position inside: index symbols or numbers."""
    return _Summation(definition, at, operands).entry()


def decided(expression: Expr, extents: Extents) -> Expr:
    """The expression without pieces that no index in its extent reaches, and without guards that always hold."""
    relations = expression.atoms(GreaterThan, LessThan, Greater, Less)
    known = {relation: _always(relation, extents) for relation in relations}
    return put(expression, {relation: holds for relation, holds in known.items() if holds is not None})


def _always(relation: Relational, extents: Extents) -> Boolean | None:
    """Whether a relation between integers holds for all indices, or for none; None where neither is known."""
    margin = relation.gts - relation.lts - (1 if relation.func in (Less, Greater) else 0)
    low, high = (expand(bound) for bound in _range(expand(margin), extents))
    if low.is_nonnegative:
        return true
    return false if high.is_negative else None


class _Summation:
    """One comprehension, with its domain's indices tied to those of the entry or summed over."""

    def __init__(self, definition: Comprehension, at: Sequence[Expr], operands: Operands) -> None:
        self.definition = definition
        self.operands = operands
        self.domain = {index(k): extent for k, extent in enumerate(definition.domain)}
        self.renamed: dict[Expr, Expr] = {i: Integer(0) for i, extent in self.domain.items() if extent == 1}
        self.at = at
        loose = self._tie()
        summed = dict(zip(loose, fresh_indices(len(loose)), strict=True))
        self.summed = {summed[i]: self.domain[i] for i in loose}
        self.extents: Extents = dict(zip(at, definition.shape, strict=True)) | self.summed
        self.renamed = {i: expression.xreplace(summed) for i, expression in self.renamed.items()} | summed
        for k, read in enumerate(definition.pointers):
            self.renamed[pointer(k)] = operands.entry(read.tensor, self._at(read.index))

    def entry(self) -> Expr:
        """The entry."""
        reads = {value(k): self._read(read) for k, read in enumerate(self.definition.reads)}
        body = put(folded(self.definition.body), self.renamed | reads)
        return _sum(
            _guarded(body * self._deltas(), self._condition(), Integer(0)),
            self.summed,
            self.extents,
            self.operands.chosen,
        )

    def _tie(self) -> list[Symbol]:
        """Solve target = index of the entry for the domain's indices; returns those that are left to sum over."""
        self.tied: list[tuple[Symbol, Expr]] = []
        self.deltas: list[tuple[Expr, Expr]] = []
        loose = [i for i in self.domain if i not in self.renamed]
        kept: set[Symbol] = set()
        targets = zip(self.at, self.definition.target, strict=True)
        for at, target in sorted(targets, key=lambda pair: not pair[1].is_Symbol):
            target = target.xreplace(self.renamed)
            solved = next((i for i in loose if i not in kept and _is_offset(target, i)), None)
            if solved is None:
                self.deltas.append((at, target))
                continue
            rest = target - target.coeff(solved) * solved
            kept |= rest.free_symbols
            loose.remove(solved)
            self.renamed[solved] = target.coeff(solved) * (at - rest)
            self.tied.append((solved, self.renamed[solved]))
        return loose

    def _at(self, at: Sequence[Expr]) -> tuple[Expr, ...]:
        return tuple(expression.xreplace(self.renamed) for expression in at)

    def _read(self, read: Read) -> Expr:
        at = self._at(read.index)
        inside: Boolean = true
        if read.fill is not None:
            inside = _inside(at, self.operands.shapes[read.tensor], self.extents)
            if inside == false:
                return read.fill
        entry = self.operands.entry(read.tensor, at)
        if read.detached and not entry.is_number:
            entry = Detached(entry)
        return _guarded(entry, inside, read.fill)

    def _deltas(self) -> Expr:
        return Mul(*(KroneckerDelta(at, *self._at([target])) for at, target in self.deltas))

    def _condition(self) -> Boolean:
        """That tied indices are in the domain."""
        tied = [i for i, _ in self.tied]
        return _inside(self._at(tied), [self.domain[i] for i in tied], self.extents)


def _is_offset(expression: Expr, i: Symbol) -> bool:
    """Whether an expression is ±i plus something else."""
    coefficient = expression.coeff(i)
    return abs(coefficient) == 1 and i not in (expression - coefficient * i).free_symbols


def _guarded(entry: Expr, condition: Boolean, otherwise: Expr | None) -> Expr:
    return entry if condition == true or entry == otherwise else Pieces(Tuple(entry, condition), Tuple(otherwise, true))


def _inside(at: Sequence[Expr], shape: Sequence[Expr], extents: Extents) -> Boolean:
    """The condition under which an index lies inside of a tensor, without what always holds."""
    conditions = []
    for expression, extent in zip(at, shape, strict=True):
        low, high = _range(expression, extents)
        if not expand(low).is_nonnegative:
            conditions.append(_at_least(expression, Integer(0)))
        if not expand(extent - 1 - high).is_nonnegative:
            conditions.append(~_at_least(expression, extent))
    return And(*conditions)


def _at_least(expression: Expr, bound: Expr) -> Boolean:
    """expression ≥ bound, with the numbers on the right."""
    if not expression.free_symbols:
        return bound <= expression
    number, rest = expression.as_coeff_Add()
    return -rest <= number - bound if rest.could_extract_minus_sign() else rest >= bound - number


def _range(expression: Expr, extents: Extents) -> tuple[Expr, Expr]:
    """The least and the largest value of an affine expression of indices; of others, the expression itself."""
    low = high = expression
    for i in expression.free_symbols & extents.keys():
        coefficient = expression.coeff(i)
        if i in expand(expression - coefficient * i).free_symbols or coefficient.is_positive is None:
            return expression, expression
        first, last = (Integer(0), extents[i] - 1) if coefficient > 0 else (extents[i] - 1, Integer(0))
        low, high = low.xreplace({i: first}), high.xreplace({i: last})
    return low, high


def _sum(body: Expr, summed: Extents, extents: Extents, chosen: Chosen) -> Expr:
    """The sum over indices, term by term, with what does not depend on them in front."""
    terms = [part for term in Add.make_args(body) for part in _apart(term, summed)]
    return Add(*(_sum_of_term(term, dict(summed), extents, chosen) for term in terms))


def _apart(term: Expr, summed: Extents) -> list[Expr]:
    """The terms of a product in which a sum of deltas of bound indices is multiplied out."""
    for factor in Mul.make_args(term):
        if isinstance(factor, Add) and any(_has_delta(part, summed) for part in factor.args):
            return [apart for part in factor.args for apart in _apart(part * (term / factor), summed)]
    return [term]


def _has_delta(term: Expr, summed: Extents) -> bool:
    """Whether a delta of a bound index is a factor of a term."""
    return any(isinstance(f, KroneckerDelta) and f.free_symbols & summed.keys() for f in Mul.make_args(term))


def _sum_of_term(term: Expr, summed: Extents, extents: Extents, chosen: Chosen) -> Expr:
    for delta in Mul.make_args(term):
        tied = isinstance(delta, KroneckerDelta) and _tied(delta, summed, extents, chosen)
        if tied:
            rest = {i: extent for i, extent in summed.items() if i != tied[0]}
            return _sum_of_term(put(term / delta, dict([tied])), rest, extents, chosen)
    term = _at_deltas(term, extents, chosen)
    repeated = Mul(*(extent for i, extent in summed.items() if i not in term.free_symbols))
    bound = [(i, Integer(0), extent - 1) for i, extent in summed.items() if i in term.free_symbols]
    if not bound:
        return term * repeated
    indices = {i for i, _, _ in bound}
    inside = [factor for factor in Mul.make_args(term) if factor.free_symbols & indices]
    outside = [factor for factor in Mul.make_args(term) if not factor.free_symbols & indices]
    return Mul(repeated, *outside) * Sum(Mul(*inside), *reversed(bound))


def _at_deltas(term: Expr, extents: Extents, chosen: Chosen) -> Expr:
    """A product in which what stands beside the delta of an index and an input is taken at that input."""
    for delta in [factor for factor in Mul.make_args(term) if isinstance(factor, KroneckerDelta)]:
        for i, other in (delta.args, tuple(reversed(delta.args))):
            if i.is_Symbol and i in extents and other in chosen:
                term = delta * put(term / delta, {i: other})
    return term


def _tied(delta: KroneckerDelta, summed: Extents, extents: Extents, chosen: Chosen) -> tuple[Symbol, Expr] | None:
    """The bound index that a delta replaces by another index of the same extent, or by a number within it."""
    for i, other in (delta.args, tuple(reversed(delta.args))):
        if i in summed and (other in chosen or extents.get(other) == summed[i] or _is_within(other, summed[i])):
            return i, other
    return None


def _is_within(position: Expr, extent: Expr) -> bool:
    return bool(position.is_Integer and position >= 0 and (extent - 1 - position).is_nonnegative)
