"""Linear and quadratic forms with matrices of numbers that were multiplied out: x[0]² + 2·x[1]² is xᵀ·diag(1, 2)·x."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Protocol

from sympy import Add, Basic, Expr, Indexed, Integer, MatrixExpr, Mul, Pow, Rational, Sum, expand
from sympy.matrices.expressions.matexpr import MatrixElement

from verifier.symbolic.folding.numbers import weighted
from verifier.symbolic.folding.positions import Term, abstracted, bound, measured, moved, slot

#: How many terms a polynomial may have when it is multiplied out.
MOST_TERMS = 200

#: The number in front of the product of the entries at these positions.
Coefficients = dict[tuple[int, ...], Expr]
#: The factors of a product, without the positions that they read.
Kind = tuple[Expr, ...]


class Folding(Protocol):
    """How sums over whole tensors are found."""

    def __call__(self, node: Basic, *, weigh: bool) -> Basic:
        """The same expression with sums; `weigh`: also those with numbers that differ from term to term."""


def folded_forms(node: Basic, fold: Folding) -> Basic:
    """The same expression with sums over explicit matrices of numbers; `fold` finds other sums."""
    if isinstance(node, MatrixElement | Indexed | MatrixExpr) or not node.args:
        return node
    if isinstance(node, Add):
        found = _forms(node, fold)
        if found is not None:
            return found
    arguments = [folded_forms(argument, fold) for argument in node.args]
    if all(new is old for new, old in zip(arguments, node.args, strict=True)):
        return node
    return node.func(*arguments)


def _forms(addition: Add, fold: Folding) -> Expr | None:
    """A polynomial in entries as a sum of forms; None where it is none, or needs no matrix of numbers."""
    if not addition.free_symbols or not all(map(_is_polynomial, addition.args)):
        return None
    degree, size = measured(addition, addition.atoms(MatrixElement, Indexed))
    if not 1 <= degree <= 2 or size > MOST_TERMS or (degree == 2 and not all(map(_is_of_vector, _tensors(addition)))):
        return None
    if all(isinstance(term.as_coeff_Mul()[1], Sum) for term in Add.make_args(fold(addition, weigh=True))):
        return None  # it is a sum as it stands, and need not be multiplied out
    kinds: dict[Kind, Coefficients] = defaultdict(dict)
    read: dict[Kind, list[Term]] = {}
    for term in Add.make_args(expand(addition)):
        number, factors = _factors(term)
        found = sorted(map(abstracted, factors), key=lambda one: (str(one.template), one.positions))
        kind = tuple(one.template for one in found)
        read[kind] = found
        kinds[kind][tuple(at for one in found for at in one.positions)] = number
    forms = {kind: _form(kind, coefficients, read[kind]) for kind, coefficients in kinds.items() if kind}
    whole = {kind: _written(kind, coefficients, read[kind]) for kind, coefficients in kinds.items()}
    if any(form is not None and _is_needed(whole[kind], fold) for kind, form in forms.items()):
        return _form_of_sum(kinds, read) or Add(
            *(
                form if (form := forms.get(kind)) is not None and _is_needed(part, fold) else part
                for kind, part in whole.items()
            )
        )
    return None


def _tensors(node: Basic) -> set[Basic]:
    """The matrices and indexed bases that a polynomial has entries of."""
    return {entry.args[0] for entry in node.atoms(MatrixElement, Indexed)}


def _is_of_vector(tensor: Basic) -> bool:
    return sum(extent != 1 for extent in tensor.shape or (None, None)) == 1


def _is_needed(terms: Expr, fold: Folding) -> bool:
    """Whether terms are no sums over whole tensors as they stand."""
    return not all(term.has(Sum) for term in Add.make_args(fold(terms, weigh=False)))


def _is_polynomial(node: Basic) -> bool:
    """Whether a term is made of numbers and entries by addition, multiplication and whole powers."""
    if isinstance(node, MatrixElement | Indexed):
        return all(at.is_Integer for at in node.indices)
    if isinstance(node, Pow):
        return bool(node.exp.is_Integer and 0 < node.exp <= 2 and _is_polynomial(node.base))
    return isinstance(node, Rational) or (isinstance(node, Add | Mul) and all(map(_is_polynomial, node.args)))


def _factors(term: Expr) -> tuple[Expr, list[Expr]]:
    """The number in front of a product, and the entries in it, squares twice."""
    number, rest = term.as_coeff_Mul()
    powers = [factor.as_base_exp() for factor in Mul.make_args(rest) if not factor.is_number]
    return number, [base for base, exponent in powers for _ in range(int(exponent))]


def _written(kind: Kind, coefficients: Mapping[tuple[int, ...], Expr], read: Sequence[Term]) -> Expr:
    """The terms of one kind, as they stand."""
    template = _product(kind, read)
    return Add(
        *(c * template.xreplace({slot(k): Integer(p) for k, p in enumerate(at)}) for at, c in coefficients.items())
    )


def _product(kind: Kind, read: Sequence[Term]) -> Expr:
    """The product of entries, with slots of its own for each."""
    first, others = kind[:1], kind[1:]
    return Mul(*first, *(moved(other, len(read[1].positions), len(read[0].positions)) for other in others))


def _form(kind: Kind, coefficients: Coefficients, read: Sequence[Term]) -> Expr | None:
    """A sum over an explicit matrix times entries; None where some row or column of the matrix would be zero."""
    extents = [extent for one in read for extent in one.extents]
    if not 1 <= len(extents) <= 2 or any(len(one.extents) != 1 for one in read[1:]):
        return None
    if any({at[axis] for at in coefficients} != set(range(extent)) for axis, extent in enumerate(extents)):
        symmetric = len(kind) == 2 and kind[0] == kind[1]
        if not symmetric or {p for at in coefficients for p in at} != set(range(extents[0])):
            return None
    if len(kind) == 2 and kind[0] == kind[1]:
        coefficients = _symmetric(coefficients)
    rows, columns = (*extents, 1)[:2]
    box = product(range(rows), range(columns))
    indices = [bound(0, k) for k in range(len(extents))]
    body = _product(kind, read).xreplace({slot(k): i for k, i in enumerate(indices)})
    entries = [coefficients.get(at[: len(extents)], Integer(0)) for at in box]
    return weighted(body, indices, entries, extents)


def _form_of_sum(kinds: Mapping[Kind, Coefficients], read: Mapping[Kind, list[Term]]) -> Expr | None:
    """(x + r·y)ᵀ·C·(x + r·y), where that is what the terms in xx, xy and yy are; else None."""
    mixed = next((kind for kind in kinds if len(set(kind)) == 2), None)
    if mixed is None or kinds.keys() != {mixed, (mixed[0],) * 2, (mixed[1],) * 2}:
        return None
    one, other = mixed
    extents = {one.extents for terms in read.values() for one in terms}
    if len(extents) > 1 or len(read[mixed][0].extents) != 1:
        return None
    first, second = (_halved(kinds[(factor, factor)]) for factor in mixed)
    twice = kinds[mixed]
    (at, number), *_ = first.items()
    ratio = twice.get(at, Integer(0)) / (2 * number)
    if second != {at: ratio**2 * c for at, c in first.items()} or twice != {
        at: 2 * ratio * c for at, c in first.items()
    }:
        return None
    n = read[mixed][0].extents[0]
    i, j = bound(0, 0), bound(0, 1)
    row, column = (one.xreplace({slot(0): k}) + ratio * other.xreplace({slot(0): k}) for k in (i, j))
    entries = [first.get(at, Integer(0)) for at in product(range(n), repeat=2)]
    return weighted(row * column, (i, j), entries, (n, n))


def _symmetric(coefficients: Coefficients) -> Coefficients:
    """The coefficients of a quadratic form, evenly on both sides of the diagonal, unless that makes fractions."""
    halved = _halved(coefficients)
    whole = all(number.is_Integer for number in coefficients.values())
    return coefficients if whole and not all(number.is_Integer for number in halved.values()) else halved


def _halved(coefficients: Coefficients) -> Coefficients:
    """The coefficients of a quadratic form, evenly on both sides of the diagonal."""
    halves = {at: c / (2 if at[0] != at[1] else 1) for at, c in coefficients.items()}
    return halves | {at[::-1]: half for at, half in halves.items()}
