"""Formulas from text. The text is parsed, and only what is listed here has a meaning: nothing is ever evaluated."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import sympy
from sympy import (
    Basic,
    Expr,
    IndexedBase,
    Integer,
    Inverse,
    MatPow,
    MatrixExpr,
    MatrixSymbol,
    Piecewise,
    Rational,
    Sum,
    Symbol,
)
from sympy.matrices.expressions.matexpr import MatrixElement

from verifier.errors import FormulaTextError
from verifier.symbolic import language
from verifier.symbolic.language import Detached, mean, total

Shape = tuple[int | str, ...]

#: Longer texts, deeper nesting and larger numbers are refused: each could keep SymPy busy for ever.
MOST_CHARACTERS = 10_000
DEEPEST = 100
LARGEST_EXPONENT = 1_000
MOST_DIGITS = 50

SCALAR_FUNCTIONS: dict[str, Callable[..., Expr]] = {
    name: getattr(sympy, name)
    for name in (
        *("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "atan2"),
        *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sign", "floor", "ceiling"),
        *("erf", "erfc", "erfinv", "gamma", "loggamma", "digamma", "polygamma", "besselj", "besseli"),
        *("Abs", "Max", "Min", "Heaviside"),
    )
} | {"abs": sympy.Abs, "max": sympy.Max, "min": sympy.Min}

TENSOR_FUNCTIONS: dict[str, Callable[..., Basic]] = {
    "total": total,
    "mean": mean,
    "Detached": Detached,
    "detach": Detached,
    "Trace": sympy.Trace,
    "trace": sympy.Trace,
    "tr": sympy.Trace,
    "Transpose": sympy.Transpose,
    "transpose": sympy.Transpose,
    "HadamardProduct": sympy.HadamardProduct,
    "hadamard": sympy.HadamardProduct,
    "HadamardPower": sympy.HadamardPower,
    "Inverse": sympy.Inverse,
    "inverse": sympy.Inverse,
    "inv": sympy.Inverse,
    "Determinant": sympy.Determinant,
    "det": sympy.Determinant,
    "KroneckerProduct": sympy.KroneckerProduct,
    "kron": sympy.KroneckerProduct,
    **{
        word: getattr(language, word)
        for word in (
            *("adjugate", "cholesky", "diag", "eigenvalues", "layer_norm", "logdet", "logsumexp", "matrix_exp"),
            *("norm", "nuclear_norm", "singular_values", "softmax", "solve"),
        )
    },
    "Identity": sympy.Identity,
    "OneMatrix": sympy.OneMatrix,
    "ZeroMatrix": sympy.ZeroMatrix,
}

CONSTANTS: dict[str, Expr] = {"pi": sympy.pi, "E": sympy.E, "True": sympy.true, "False": sympy.false}

COMPARISONS: dict[type[ast.cmpop], Callable[[Expr, Expr], Basic]] = {
    ast.Lt: sympy.Lt,
    ast.LtE: sympy.Le,
    ast.Gt: sympy.Gt,
    ast.GtE: sympy.Ge,
    ast.Eq: sympy.Eq,
    ast.NotEq: sympy.Ne,
}


def parse_formula(text: str, shapes: Mapping[str, Shape] | None = None) -> Basic:
    """The SymPy expression that `text` says, with tensors of the declared shapes; other names are real scalars.

    Understood are numbers, names, `+ - * / ** @`, comparisons, `X.T`, `X[i, j]`, `X.applyfunc(exp)`, `Sum(x[i],
    (i, 0, n - 1))`, `Piecewise((x, x > 0), (0, True))`, and the functions listed in this module. Raises
    `FormulaTextError`, quoting the part that has no meaning.
    """
    if len(text) > MOST_CHARACTERS:
        raise FormulaTextError(text[:40] + "…", f"it has more than {MOST_CHARACTERS} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaTextError(text, "it is no expression; check brackets and operators") from error
    if _depth(tree) > DEEPEST:
        raise FormulaTextError(text[:40] + "…", f"it is nested more than {DEEPEST} levels deep")
    reader = _Reader(text, _tensors(shapes or {}))
    try:
        return _with_whole_exponents(reader.read(tree.body))
    except (TypeError, ValueError, AttributeError, IndexError, NotImplementedError) as error:
        raise FormulaTextError(text, str(error).splitlines()[0] if str(error) else type(error).__name__) from error


def _with_whole_exponents(expression: Any) -> Any:
    """The same with whole numbers for the names in exponents of matrices, which can be raised to nothing else."""
    exponents = [node.exp for node in sympy.preorder_traversal(expression) if isinstance(node, MatPow)]
    names = {s for e in exponents for s in e.free_symbols if isinstance(s, Symbol) and not s.is_integer}
    return expression.xreplace({symbol: Symbol(symbol.name, integer=True) for symbol in names})


def _tensors(shapes: Mapping[str, Shape]) -> dict[str, Basic]:
    """The declared tensors: matrices, vectors as matrices of one column, and `IndexedBase` for higher orders."""
    tensors: dict[str, Basic] = {}
    for name, shape in shapes.items():
        extents = [Symbol(n, integer=True, positive=True) if isinstance(n, str) else Integer(n) for n in shape]
        if len(extents) <= 2:
            tensors[name] = MatrixSymbol(name, *extents, *[Integer(1)] * (2 - len(extents)))
        else:
            tensors[name] = IndexedBase(name, shape=tuple(extents))
    named = {str(symbol): symbol for tensor in tensors.values() for n in tensor.shape for symbol in n.free_symbols}
    return {**named, **tensors}


def _depth(tree: ast.AST) -> int:
    deepest, level = 0, [tree]
    while level and deepest <= DEEPEST:
        deepest, level = deepest + 1, [child for node in level for child in ast.iter_child_nodes(node)]
    return deepest


class _Reader:
    """Reads one syntax tree; `names` are the tensors and extents, and grow by the indices of sums."""

    def __init__(self, text: str, names: dict[str, Basic]) -> None:
        self.text = text
        self.names = names

    def read(self, node: ast.AST) -> Any:
        """What a node says."""
        reading = getattr(self, f"_{type(node).__name__.lower()}", None)
        if reading is None:
            raise self._unknown(node, "is not part of a formula")
        return reading(node)

    def _constant(self, node: ast.Constant) -> Basic:
        if isinstance(node.value, bool):
            return sympy.true if node.value else sympy.false
        if not isinstance(node.value, int | float):
            raise self._unknown(node, "is no number")
        written = ast.get_source_segment(self.text.strip(), node) or str(node.value)
        if len(written) > MOST_DIGITS or abs(int(written.lower().partition("e")[2] or 0)) > LARGEST_EXPONENT:
            raise self._unknown(node, f"has more than {MOST_DIGITS} digits, or an exponent beyond {LARGEST_EXPONENT}")
        return Integer(node.value) if isinstance(node.value, int) else Rational(written)

    def _name(self, node: ast.Name) -> Basic:
        if node.id in self.names:
            return self.names[node.id]
        if node.id in CONSTANTS:
            return CONSTANTS[node.id]
        if node.id in SCALAR_FUNCTIONS or node.id in TENSOR_FUNCTIONS:
            raise self._unknown(node, "is a function and needs arguments")
        return Symbol(node.id, real=True)

    def _unaryop(self, node: ast.UnaryOp) -> Basic:
        operand = self.read(node.operand)
        if isinstance(node.op, ast.USub):
            return -operand
        if isinstance(node.op, ast.UAdd):
            return operand
        raise self._unknown(node, "is not part of a formula")

    def _binop(self, node: ast.BinOp) -> Basic:
        left, right = self.read(node.left), self.read(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult | ast.MatMult):
            return left * right
        if isinstance(node.op, ast.Div):
            return left / right
        if isinstance(node.op, ast.Pow):
            if right.is_number and not abs(right) <= LARGEST_EXPONENT:
                raise self._unknown(node, f"has an exponent beyond {LARGEST_EXPONENT}")
            return left**right
        raise self._unknown(node, "has an operator that formulas do not have")

    def _compare(self, node: ast.Compare) -> Basic:
        if len(node.ops) != 1 or type(node.ops[0]) not in COMPARISONS:
            raise self._unknown(node, "is not a comparison of two scalars")
        return COMPARISONS[type(node.ops[0])](self.read(node.left), self.read(node.comparators[0]))

    def _attribute(self, node: ast.Attribute) -> Basic:
        if node.attr != "T":
            raise self._unknown(node, f"has .{node.attr}, and formulas have only .T")
        return self.read(node.value).T

    def _subscript(self, node: ast.Subscript) -> Basic:
        tensor = self.read(node.value)
        written = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        at = tuple(self.read(element) for element in written)
        if isinstance(tensor, MatrixExpr) and len(at) == 1 and tensor.shape[1] == 1:
            at = (*at, Integer(0))
        if isinstance(tensor, Inverse) and tensor.valid_index(*at) is not False:
            # SymPy would write the entry out, which takes it up to minutes.
            return MatrixElement(tensor, *at)
        return tensor[at]

    def _call(self, node: ast.Call) -> Basic:
        if node.keywords:
            raise self._unknown(node, "has keyword arguments, which formulas do not have")
        if isinstance(node.func, ast.Attribute) and node.func.attr == "applyfunc":
            return self._applied(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "Sum":
            return self._sum(node)
        if name == "Piecewise":
            return Piecewise(*(self._pair(argument) for argument in node.args))
        arguments = [self.read(argument) for argument in node.args]
        if name in TENSOR_FUNCTIONS:
            return TENSOR_FUNCTIONS[name](*arguments)
        if name not in SCALAR_FUNCTIONS:
            raise self._unknown(node, "calls something that formulas do not have")
        if any(isinstance(argument, MatrixExpr) for argument in arguments):
            raise self._unknown(node, f"applies {name} to a matrix; entry by entry it is X.applyfunc({name})")
        return SCALAR_FUNCTIONS[name](*arguments)

    def _applied(self, node: ast.Call) -> Basic:
        assert isinstance(node.func, ast.Attribute)
        names = [argument.id for argument in node.args if isinstance(argument, ast.Name)]
        if len(node.args) != 1 or not names or names[0] not in SCALAR_FUNCTIONS:
            raise self._unknown(node, "needs the name of one scalar function")
        return self.read(node.func.value).applyfunc(SCALAR_FUNCTIONS[names[0]])

    def _sum(self, node: ast.Call) -> Basic:
        limits = []
        for argument in node.args[1:]:
            if not (
                isinstance(argument, ast.Tuple) and len(argument.elts) == 3 and isinstance(argument.elts[0], ast.Name)
            ):
                raise self._unknown(argument, "is no range; write (i, 0, n - 1)")
            index = Symbol(argument.elts[0].id, integer=True)
            limits.append((index, self.read(argument.elts[1]), self.read(argument.elts[2])))
        if not limits:
            raise self._unknown(node, "has no range; write Sum(x[i], (i, 0, n - 1))")
        inner = _Reader(self.text, {**self.names, **{index.name: index for index, _, _ in limits}})
        return Sum(inner.read(node.args[0]), *limits)

    def _pair(self, node: ast.AST) -> tuple[Any, Any]:
        if not (isinstance(node, ast.Tuple) and len(node.elts) == 2):
            raise self._unknown(node, "is no branch; write (value, condition)")
        value, condition = node.elts
        return self.read(value), self.read(condition)

    def _unknown(self, node: ast.AST, why: str) -> FormulaTextError:
        part = ast.get_source_segment(self.text.strip(), node) or self.text
        return FormulaTextError(self.text, f"{part!r} {why}")
