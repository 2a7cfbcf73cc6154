"""From tensors written as entry expressions to comprehensions.

A comprehension is one sum over one domain. So sums inside other expressions become tensors of their own, and so do
factors of a product under a sum that are neither plain reads nor need all of its indices: what is left under a sum is
a product of reads (a contraction) or a body that needs the whole domain anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Add, Dummy, Expr, KroneckerDelta, Mul, Pow, Symbol, Tuple, true

from verifier.symbolic.comprehension import Comprehension, Read, comprehension, index, pointer, value
from verifier.symbolic.kinks import spelled_out
from verifier.symbolic.product import Product
from verifier.symbolic.program import Builder, Shape
from verifier.symbolic.tensor import Binder, Entry, Multiplication, Reduction, Tensor, fresh_index, named

Extents = dict[Symbol, Expr]

#: Takes indices, and returns a place with the entry that is added there.
Scattering = Callable[..., tuple[Sequence[Expr], Expr]]


class Lowering:
    """Adds tensors to a program under construction."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def define(self, tensor: Tensor, name: str = "t") -> str:
        """The name of a tensor of the program that equals `tensor`; it is defined if there is none yet."""
        free = [fresh_index() for _ in tensor.shape]
        entry = tensor.entry(*free)
        if isinstance(entry, Entry) and self._is_whole(entry, free, tensor.shape):
            return entry.tensor
        return self._comprehend(entry, dict(zip(free, tensor.shape, strict=True)), name)

    def settled(self, tensor: Tensor, name: str = "t") -> Tensor:
        """The same tensor as a named one of the program."""
        return named(self.define(tensor, name), tensor.shape)

    def detached(self, tensor: Tensor) -> Tensor:
        """The same values with derivative zero."""
        free = [fresh_index() for _ in tensor.shape]
        entry = tensor.entry(*free)
        if any(isinstance(symbol, Dummy) for symbol in entry.free_symbols - set(free)):
            # It depends on indices that are bound further out, and so it is no tensor of its own: its reads are held.
            held = entry.xreplace({r: Entry(r.tensor, r.index, r.args[2], true) for r in entry.atoms(Entry)})
            return Tensor(tensor.shape, lambda *at: held.xreplace(dict(zip(free, at, strict=True))))
        return named(self.define(tensor), tensor.shape, detached=True)

    def scattered(self, shape: Shape, extents: Sequence[Expr], body: Scattering, name: str) -> str:
        """The name of a tensor of zeros with entries added at places: see `Scope.scattered`."""
        free = {fresh_index(): extent for extent in extents}
        place, entry = body(*free)
        summand = self._settle_sums(entry, free)
        return self.builder.define(_canonical(spelled_out(summand), place, free, shape), name)

    def _is_whole(self, entry: Entry, free: list[Dummy], shape: Shape) -> bool:
        whole = entry.index == tuple(free) and not entry.detached and entry.fill is None
        return whole and self.builder.shape(entry.tensor) == shape

    def _comprehend(self, entry: Expr, free: Extents, name: str) -> str:
        if isinstance(entry, Multiplication):
            return self._multiply(entry, free, name)
        summand, bound = _pulled_out(entry)
        summand, free_delta = _without_deltas(summand, free, bound)
        summand = self._settle_sums(self._settle_deltas(summand, free | bound), free | bound)
        if bound:
            parts = _separate(summand, set(bound))
            if len(parts) > 1:
                sums = [Reduction(part, *(Tuple(*pair) for pair in bound.items())) for part in parts]
                summand, bound = self._settle_sums(Add(*sums), free), {}
            else:
                summand = self._settle_factors(summand, free | bound)
        target = [free_delta.get(symbol, symbol) for symbol in free]
        domain = {symbol: extent for symbol, extent in (free | bound).items() if symbol not in free_delta}
        return self.builder.define(_canonical(spelled_out(summand), target, domain, tuple(free.values())), name)

    def _multiply(self, entry: Multiplication, free: Extents, name: str) -> str:
        """The product over a bound index, whose factors become the last axis of a tensor."""
        ((bound, extent),) = entry.bound
        factors = self._comprehend(entry.body, {**free, bound: extent}, "factors")
        return self.builder.define(Product(factors, tuple(free.values()), extent), name)

    def _settle_sums(self, expression: Expr, domain: Extents) -> Expr:
        """Every sum or product over indices inside of the expression as an entry of a tensor of its own."""
        sums = sorted(_outermost(expression, Binder), key=str)
        return expression.xreplace({part: self._settle(part, domain) for part in sums})

    def _settle_deltas(self, expression: Expr, domain: Extents) -> Expr:
        """Every product with a Kronecker delta inside of a sum as a tensor of its own, which is a diagonal."""
        if not (isinstance(expression, Add) and expression.has(KroneckerDelta)):
            return expression
        diagonals = [term for term in expression.args if term.has(KroneckerDelta)]
        return expression.xreplace({term: self._settle(term, domain) for term in diagonals})

    def _settle_factors(self, product: Expr, domain: Extents) -> Expr:
        """Every factor that is no plain read and needs only some of the indices, as a tensor of its own."""
        factors = []
        for factor in Mul.make_args(product):
            own = factor.free_symbols & domain.keys()
            awkward = not _is_read(factor) and own and own != domain.keys()
            factors.append(self._settle(factor, domain) if awkward else factor)
        return Mul(*factors)

    def _settle(self, expression: Expr, domain: Extents) -> Expr:
        own = {i: extent for i, extent in domain.items() if i in expression.free_symbols}
        name = self._comprehend(expression, own, "t")
        return Entry(name, tuple(own))


def _pulled_out(entry: Expr) -> tuple[Expr, Extents]:
    """`entry` as a summand and the bound indices of the sum that it is, as far as it is one sum."""
    if isinstance(entry, Reduction):
        summand, bound = _pulled_out(entry.body)
        return summand, dict(entry.bound) | bound
    if isinstance(entry, Mul):
        sums = [factor for factor in entry.args if isinstance(factor, Reduction)]
        others = [factor for factor in entry.args if not isinstance(factor, Reduction)]
        if len(sums) == 1 and all(_is_read(factor) for factor in others):
            summand, bound = _pulled_out(sums[0])
            return Mul(*others, summand), bound
    return entry, {}


def _without_deltas(summand: Expr, free: Extents, bound: Extents) -> tuple[Expr, dict[Symbol, Symbol]]:
    """The summand of a product without its Kronecker deltas.

    A delta with a bound index replaces that index and removes it from `bound`; a delta of two free indices says that
    only a diagonal is written: the second value maps the index that is tied to the one that stays.
    """
    tied: dict[Symbol, Symbol] = {}
    while deltas := [f for f in Mul.make_args(summand) if isinstance(f, KroneckerDelta) and _ties(f, free | bound)]:
        gone, stays = sorted(deltas[0].args, key=lambda symbol: symbol not in bound)
        summand = Mul(*(f for f in Mul.make_args(summand) if f != deltas[0])).xreplace({gone: stays})
        if gone in bound:
            del bound[gone]
        else:
            tied = {old: stays if new == gone else new for old, new in tied.items()} | {gone: stays}
    return summand, tied


def _ties(delta: KroneckerDelta, domain: Extents) -> bool:
    """Whether a delta ties two indices of the domain that run over the same range."""
    first, second = delta.args
    return first in domain and second in domain and domain[first] == domain[second]


def _is_read(factor: Expr) -> bool:
    """Whether a factor is free of work: a number, an entry, or a whole power of one."""
    if isinstance(factor, Pow) and factor.exp.is_Integer and factor.exp > 0:
        factor = factor.base
    return isinstance(factor, Entry) or not factor.has(Entry, Binder)


def _separate(summand: Expr, bound: set[Symbol]) -> list[Expr]:
    """The terms of a summand, apart where they do not run over the same bound indices."""
    terms = Add.make_args(summand)
    together = len({frozenset(term.free_symbols & bound) for term in terms}) == 1
    return [summand] if together and not any(_is_contraction(t) for t in terms) else list(terms)


def _is_contraction(term: Expr) -> bool:
    return sum(isinstance(factor, Entry) for factor in Mul.make_args(term)) > 1


def _outermost(expression: Expr, kind: type[Expr]) -> list[Expr]:
    """The outermost parts of a kind, each once, in the order of the expression: texts of two may be the same."""
    if isinstance(expression, kind):
        return [expression]
    return list(dict.fromkeys(part for argument in expression.args for part in _outermost(argument, kind)))


def _canonical(summand: Expr, target: Sequence[Expr], domain: Extents, shape: Shape) -> Comprehension:
    """The comprehension that adds `summand` to the entry at `target` for every index in `domain`."""
    rename: dict[Expr, Expr] = {symbol: index(k) for k, symbol in enumerate(domain)}
    entries = sorted(_outermost(summand, Entry), key=str)
    places = (*target, *(at for entry in entries for at in entry.index))
    chosen = sorted(_outermost(Tuple(*places), Entry), key=str)
    rename |= {entry: pointer(k) for k, entry in enumerate(chosen)}
    return comprehension(
        tuple(domain.values()),
        tuple(expression.xreplace(rename) for expression in target),
        summand.xreplace({entry: value(k) for k, entry in enumerate(entries)}).xreplace(rename),
        [_read(entry, rename) for entry in entries],
        shape,
        [_read(entry, rename) for entry in chosen],
    )


def _read(entry: Entry, rename: dict[Expr, Expr]) -> Read:
    at = tuple(expression.xreplace(rename) for expression in entry.index)
    return Read(entry.tensor, at, entry.fill, entry.detached)
