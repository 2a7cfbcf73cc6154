"""Closed forms: the tensors of a program as the SymPy expressions that a person would have written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import (
    Add,
    Basic,
    BlockMatrix,
    Dummy,
    Expr,
    HadamardPower,
    HadamardProduct,
    IndexedBase,
    Integer,
    MatAdd,
    MatrixExpr,
    MatrixSymbol,
    Mul,
    Sum,
    Symbol,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.slice import MatrixSlice
from sympy.tensor.array.expressions import ArraySymbol

from verifier.errors import NoClosedFormError
from verifier.symbolic.comprehension import Comprehension, comprehension, pointer, value
from verifier.symbolic.determinant import Determinant
from verifier.symbolic.equation import Equation
from verifier.symbolic.language import Total
from verifier.symbolic.notation.algebra import transposed
from verifier.symbolic.notation.contraction import NoMatrixNotation
from verifier.symbolic.notation.elements import element
from verifier.symbolic.notation.factored import factored
from verifier.symbolic.notation.familiar import familiar
from verifier.symbolic.notation.index_notation import decided, entry_form, fresh_indices
from verifier.symbolic.notation.kronecker import kronecker_form
from verifier.symbolic.notation.letters import free_letters, with_letters
from verifier.symbolic.notation.magnitudes import signed
from verifier.symbolic.notation.matrix_notation import matrix_form
from verifier.symbolic.notation.named import Named
from verifier.symbolic.notation.nodes import entries
from verifier.symbolic.notation.products import OtherFactors
from verifier.symbolic.notation.solutions import determinant_form, solution
from verifier.symbolic.notation.substitution import opened, put
from verifier.symbolic.notation.written_out import WrittenOut
from verifier.symbolic.program import Definition, Program, Shape
from verifier.symbolic.selection import Argmax

#: What stands for a matrix or a column only where the formula itself is written with matrices.
ENTRYWISE = (HadamardProduct, HadamardPower, ElementwiseApplyFunction, Total, Sum, BlockMatrix, MatrixSlice)


def closed_form(program: Program, tensor: str, symbols: Mapping[str, Basic]) -> Basic:
    """A tensor of a program in matrix notation where it has one, else in index notation.

    `symbols` maps the names of the program's inputs to what they are in the formula: scalars, matrix expressions,
    an `IndexedBase` with a shape, an `ArraySymbol`. The result is a scalar for a tensor with one entry, a
    `MatrixExpr` (of one column for a vector), or `Entries`. Raises `NoClosedFormError` where a tensor is defined by
    something other than a sum over indices.
    """
    forms = _Forms(program, symbols)
    shape = program.shapes[tensor]
    form = forms.matrix(tensor)
    if form is None:
        axes = list(zip(fresh_indices(len(shape)), shape, strict=True))
        entry = forms.entry(tensor, [Integer(0) if extent == 1 else i for i, extent in axes])
        entry = decided(entry, dict(axes))
        form = _combination(entry, axes) or entries(entry, *axes)
    else:
        form = _in_shape(form, shape)
    written = factored(familiar(opened(signed(form))))
    used = {
        symbol.name for symbol in written.free_symbols if isinstance(symbol, Symbol) and not isinstance(symbol, Dummy)
    }
    return with_letters(written, forms.taken | used)


class _Forms:
    """The forms of a program's tensors, each found once."""

    def __init__(self, program: Program, symbols: Mapping[str, Basic]) -> None:
        self.shapes: Mapping[str, Shape] = program.shapes
        self.taken = frozenset(_names(program, symbols))
        self.argument = Symbol(next(free_letters("xtuv", self.taken)), real=True)
        self.chosen = frozenset(s for s in symbols.values() if isinstance(s, Symbol) and s.is_integer)
        self._program = program
        self._symbols = symbols
        self._indexed = not any(isinstance(symbol, MatrixExpr) for symbol in symbols.values())
        self._matrices: dict[str, Expr | None] = {}
        self._entries: dict[str, tuple[Sequence[Symbol], Expr]] = {}

    def matrix(self, tensor: str) -> Expr | None:
        """A tensor in matrix notation, axes of extent 1 left out: a scalar, a column, a matrix, or None."""
        if tensor not in self._matrices:
            self._matrices[tensor] = self._matrix(tensor)
        return self._matrices[tensor]

    def entry(self, tensor: str, index: Sequence[Expr]) -> Expr:
        """An entry of a tensor in index notation."""
        if tensor in self._symbols:
            return _entry_of_symbol(self._symbols[tensor], tuple(index))
        if not self._indexed:
            form = self.matrix(tensor)
            if form is not None:
                at = [i for i, extent in zip(index, self.shapes[tensor], strict=True) if extent != 1]
                return element(form, *at, *[Integer(0)] * (2 - len(at))) if at else form
        if any(i.is_Integer for i in index):
            # Not put into the general form: SymPy does not bear X[3, i] outside of X, however guarded.
            return self._entry(tensor, index)
        if tensor not in self._entries:
            fresh = fresh_indices(len(index))
            self._entries[tensor] = fresh, self._entry(tensor, fresh)
        own, entry = self._entries[tensor]
        return put(entry, dict(zip(own, index, strict=True)))

    def _matrix(self, tensor: str) -> Expr | None:
        if tensor in self._symbols:
            return _matrix_of_symbol(self._symbols[tensor], self.shapes[tensor])
        definition = self._unshifted(self._program.defined[tensor])
        try:
            form: Expr | None = self._written(definition)
        except NoMatrixNotation:
            form = None
        if self._indexed and form is not None and opened(form).has(*ENTRYWISE):
            form = None
        if form is None and all(extent == 1 for extent in definition.shape):
            form = self._entry(tensor, [Integer(0)] * len(definition.shape))
        return form

    def _written(self, definition: Definition) -> Expr:
        match definition:
            case Comprehension():
                try:
                    return kronecker_form(definition, self)
                except NoMatrixNotation:
                    return matrix_form(definition, self)
            case Determinant():
                return determinant_form(definition, self)
            case Equation():
                return self._solution(definition)
            case Named():
                return self._named(definition)
            case WrittenOut():
                return definition.form({name: self.matrix(name) for name in definition.operands})
            case _:
                raise NoMatrixNotation

    def _named(self, definition: Named) -> Expr:
        """What a word is applied to, under its name."""
        forms = [self.matrix(operand) for operand in definition.operands]
        if any(form is None for form in forms):
            raise NoMatrixNotation
        return definition.word.written(*forms, definition.parameter)

    def _solution(self, definition: Equation) -> Expr:
        """The solution of an equation: its residual is written with a symbol for the unknown."""
        shape = definition.shape
        unknown = MatrixSymbol("the unknown", shape[0], shape[1] if len(shape) == 2 else 1)
        symbols: dict[str, Basic] = {definition.unknown: unknown}
        for local, outer in definition.bindings:
            form = self.matrix(outer)
            if form is None:
                raise NoMatrixNotation
            symbols[local] = _in_shape(form, self.shapes[outer])
        residual = _Forms(definition.residual, symbols).matrix(definition.output)
        if not isinstance(residual, MatrixExpr):
            raise NoMatrixNotation
        return _in_shape(solution(residual, unknown), shape)

    def _entry(self, tensor: str, index: Sequence[Expr]) -> Expr:
        """An entry from the tensor's definition."""
        match definition := self._unshifted(self._program.defined[tensor]):
            case Comprehension():
                return entry_form(definition, index, self)
            case OtherFactors():
                return definition.entry(index, self)
            case WrittenOut():
                at = (*index, Integer(0))[:2]
                return element(definition.form({name: self.matrix(name) for name in definition.operands}), *at)
            case _:
                raise NoClosedFormError(tensor, type(definition).__name__)

    def _unshifted(self, definition: Definition) -> Definition:
        """A comprehension without the detached largest entry that softmax and log-sum-exp are shifted by.

        Nothing depends on the shift (see `Argmax`), so in a closed form it is 0.
        """
        if not isinstance(definition, Comprehension) or not definition.pointers:
            return definition
        defined = self._program.defined
        largest = {
            pointer(k) for k, read in enumerate(definition.pointers) if isinstance(defined.get(read.tensor), Argmax)
        }
        shifts = {
            value(k): Integer(0)
            for k, read in enumerate(definition.reads)
            if read.detached and any(largest & at.free_symbols for at in read.index)
        }
        body = definition.body.xreplace(shifts)
        return comprehension(
            definition.domain, definition.target, body, definition.reads, definition.shape, definition.pointers
        )


def _combination(entry: Expr, axes: Sequence[tuple[Symbol, Expr]]) -> Expr | None:
    """The sum of multiples of matrices and their transposes of which this is an entry; None where it is none."""
    if len(axes) != 2:
        return None
    at, shape = tuple(i for i, _ in axes), tuple(extent for _, extent in axes)
    terms = []
    for term in Add.make_args(entry):
        factors = Mul.make_args(term)
        elements = [factor for factor in factors if isinstance(factor, MatrixElement)]
        rest = Mul(*(factor for factor in factors if factor not in elements))
        if len(elements) != 1 or rest.free_symbols & set(at) or not isinstance(elements[0].parent, MatrixSymbol):
            return None
        parent, where = elements[0].parent, elements[0].indices
        if where == at and parent.shape == shape:
            terms.append(rest * parent)
        elif where == at[::-1] and parent.shape == shape[::-1]:
            terms.append(rest * transposed(parent))
        else:
            return None
    return MatAdd(*terms).doit()


def _in_shape(form: Expr, shape: Shape) -> Expr:
    """A row from a column, or a column from a row, where a tensor is a row; everything else as it is."""
    return transposed(form) if len(shape) == 2 and shape[0] == 1 and shape[1] != 1 else form


def _entry_of_symbol(symbol: Basic, index: tuple[Expr, ...]) -> Expr:
    if isinstance(symbol, MatrixExpr):
        return element(symbol, *index)
    return symbol[index] if isinstance(symbol, IndexedBase | ArraySymbol) else symbol


def _matrix_of_symbol(symbol: Basic, shape: Shape) -> Expr | None:
    extents = [extent for extent in shape if extent != 1]
    if len(extents) > 2 or (extents and len(shape) > 2):
        return None  # a matrix in the place of a tensor with more axes would leave open which of them it has
    if not extents:
        return _entry_of_symbol(symbol, (Integer(0),) * len(shape))
    if isinstance(symbol, IndexedBase | ArraySymbol):
        return MatrixSymbol(str(symbol.args[0]), *extents, *[Integer(1)] * (2 - len(extents)))
    return _in_shape(symbol, shape)


def _names(program: Program, symbols: Mapping[str, Basic]) -> set[str]:
    """The names that the formula uses: its symbols' and its extents'."""
    used = [extent for shape in program.shapes.values() for extent in shape] + list(symbols.values())
    return set(symbols) | {str(symbol) for expression in used for symbol in expression.free_symbols}
