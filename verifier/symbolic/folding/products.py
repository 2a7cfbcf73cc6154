"""Additions of products in which one tensor stands twice, such as xᵀ·A·x multiplied out: x[0]²·A[0, 0] + …

Which of its entries comes from which place is not to be seen in a product. So places are tried in every way, and each
is written out and compared.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain, islice

from sympy import Add, Expr, Integer, Mul, Pow

from verifier.symbolic.folding.positions import Pattern, Term, abstracted, moved, skeleton, ties

#: A factor without its positions, and the positions.
Factor = tuple[str, tuple[int, ...]]
Monomial = tuple[Factor, ...]

HIGHEST_POWER = 4
#: How many positions a product may read, how many ways of tying them are tried, and how many terms are written out.
MOST_SLOTS, MOST_PATTERNS, MOST_TERMS = 6, 2000, 1000


def folded_products(addition: Add) -> Expr:
    """An addition with a sum in the place of terms that are one, factors in any order."""
    kinds: dict[tuple[str, ...], list[tuple[Expr, Monomial, Expr]]] = defaultdict(list)
    templates: dict[str, Term] = {}
    for term in addition.args:
        coefficient, factors = _factors(term)
        read = [(skeleton(factor), abstracted(factor)) for factor in factors]
        templates |= dict(read)
        monomial = tuple(sorted((kind, found.positions) for kind, found in read))
        kinds[tuple(kind for kind, _ in monomial)].append((coefficient, monomial, term))
    kept: list[Expr] = []
    for kind, terms in kinds.items():
        sought = {monomial: coefficient for coefficient, monomial, _ in terms}
        found = _sum([templates[factor] for factor in kind], kind, sought) if len(terms) > 1 else None
        kept += [found] if found is not None else [term for _, _, term in terms]
    return Add(*kept)


def _factors(term: Expr) -> tuple[Expr, list[Expr]]:
    """The number in front of a product, and its factors, small powers as often as they say."""
    coefficient, product = term.as_coeff_Mul()
    factors: list[Expr] = []
    for factor in Mul.make_args(product):
        repeated = isinstance(factor, Pow) and factor.exp.is_Integer and 1 < factor.exp <= HIGHEST_POWER
        factors += [factor.base] * int(factor.exp) if repeated else [factor]
    return coefficient, factors


def _sum(templates: list[Term], kind: tuple[str, ...], sought: Mapping[Monomial, Expr]) -> Expr | None:
    """The sum that gives these monomials with these coefficients; None where none is found."""
    extents = [extent for template in templates for extent in template.extents]
    if not 0 < len(extents) <= MOST_SLOTS or len(set(kind)) == len(kind):
        return None
    read: list[set[int]] = []
    for factor, template in zip(kind, templates, strict=True):
        places = {at for monomial in sought for name, at in monomial if name == factor}
        read += [{at[k] for at in places} for k in range(len(template.extents))]
    total = Add(*sought.values())
    patterns = chain(ties([()] * len(extents), extents), ties(read, extents))
    for pattern in islice(patterns, MOST_PATTERNS):
        box = _small_box(pattern)
        if len(box) < 2:
            continue
        written = Counter(_monomial(kind, templates, at) for at in box)
        each = total / Integer(len(box))
        if written.keys() == sought.keys() and all(each * count == sought[one] for one, count in written.items()):
            return each * pattern.summed(_product(templates))
    return None


def _small_box(pattern: Pattern) -> list[tuple[int, ...]]:
    box = list(islice(pattern.box(), MOST_TERMS + 1))
    return box if len(box) <= MOST_TERMS else []


def _monomial(kind: tuple[str, ...], templates: list[Term], at: tuple[int, ...]) -> Monomial:
    return tuple(sorted(zip(kind, _shares(templates, at), strict=True)))


def _shares(templates: list[Term], at: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The positions of each factor, from those of the product."""
    start = 0
    for template in templates:
        yield at[start : start + len(template.extents)]
        start += len(template.extents)


def _product(templates: list[Term]) -> Expr:
    """The product of the factors, with slots of its own for each."""
    start, factors = 0, []
    for template in templates:
        factors.append(moved(template.template, len(template.extents), start))
        start += len(template.extents)
    return Mul(*factors)
