"""Complex entries as pairs of real expressions, with the functions that operators need of them.

A complex tensor is two real ones. Every function here takes real and complex entries alike, so that a definition is
written once; of real entries it returns a real one where the real function exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, Integer, Piecewise, Rational, true


@dataclass(frozen=True)
class Complex:
    """re + im·i, both real expressions."""

    re: Expr
    im: Expr

    def map(self, function: Callable[[Expr], Expr]) -> Complex:
        """The pair of what a linear function makes of both parts."""
        return Complex(function(self.re), function(self.im))

    def __add__(self, other: Any) -> Complex:
        other = as_complex(other)
        return Complex(self.re + other.re, self.im + other.im)

    __radd__ = __add__

    def __neg__(self) -> Complex:
        return Complex(-self.re, -self.im)

    def __sub__(self, other: Any) -> Complex:
        return self + -as_complex(other)

    def __rsub__(self, other: Any) -> Complex:
        return -self + other

    def __mul__(self, other: Any) -> Complex:
        if not isinstance(other, Complex | complex):
            return Complex(self.re * other, self.im * other)
        other = as_complex(other)
        return Complex(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Complex:
        if not isinstance(other, Complex | complex):
            return Complex(self.re / other, self.im / other)
        return self * reciprocal(as_complex(other))

    def __rtruediv__(self, other: Any) -> Complex:
        return as_complex(other) * reciprocal(self)

    def __pow__(self, exponent: Any) -> Complex:
        if isinstance(exponent, int | Integer) and abs(int(exponent)) <= 16:
            base = self if exponent >= 0 else reciprocal(self)
            result = Complex(Integer(1), Integer(0))
            for _ in range(abs(int(exponent))):
                result = result * base
            return result
        return exp(log(self) * exponent)

    def __rpow__(self, base: Any) -> Complex:
        return exp(self * log(as_complex(base)))


Scalar = Expr | Complex


def as_complex(number: Any) -> Complex:
    """A real or complex entry or number as a pair."""
    if isinstance(number, Complex):
        return number
    if isinstance(number, complex):
        return Complex(exactly(number.real), exactly(number.imag))
    return Complex(exactly(number), Integer(0))


def exactly(number: Any) -> Any:
    """A Python number as the SymPy number that it is: a float as the fraction that it holds. Entries stay."""
    if isinstance(number, complex):
        return as_complex(number)
    if isinstance(number, float):
        if number != number:
            return sympy.nan
        if number in (float("inf"), float("-inf")):
            return sympy.oo if number > 0 else -sympy.oo
        return Rational(*number.as_integer_ratio())
    return Integer(int(number)) if isinstance(number, int) else number


def quotient(a: Any, b: Any) -> Any:
    """a/b; a real a over the number 0 is infinite or no number, as in floating point, not a complex infinity."""
    return a * sympy.oo if b == 0 and not isinstance(a, Complex) else a / b


def real(z: Any) -> Expr:
    """The real part."""
    return z.re if isinstance(z, Complex) else z


def imag(z: Any) -> Expr:
    """The imaginary part; 0 of a real entry."""
    return z.im if isinstance(z, Complex) else Integer(0)


def conjugate(z: Any) -> Any:
    """The conjugate; a real entry as it is."""
    return Complex(z.re, -z.im) if isinstance(z, Complex) else z


def reciprocal(z: Any) -> Any:
    """1/z."""
    if not isinstance(z, Complex):
        return 1 / z
    norm = square_magnitude(z)
    return Complex(z.re / norm, -z.im / norm)


def square_magnitude(z: Any) -> Expr:
    """|z|², a polynomial of the parts."""
    return z.re**2 + z.im**2 if isinstance(z, Complex) else z**2


def magnitude(z: Any) -> Expr:
    """|z|."""
    return sympy.sqrt(square_magnitude(z)) if isinstance(z, Complex) else sympy.Abs(z)


def direction(z: Any) -> Any:
    """z/|z|, and 0 at 0."""
    if not isinstance(z, Complex):
        return sympy.sign(z)
    square = square_magnitude(z)
    return z.map(lambda part: Piecewise((part / sympy.sqrt(square), square > 0), (Integer(0), true), evaluate=False))


def angle(z: Any) -> Expr:
    """The argument, between -π and π; 0 or π for a real entry."""
    if isinstance(z, Complex):
        return sympy.atan2(z.im, z.re)
    return Piecewise((sympy.pi, z < 0), (Integer(0), true), evaluate=False)


def exp(z: Any) -> Any:
    """The exponential."""
    if not isinstance(z, Complex):
        return sympy.exp(z)
    size = sympy.exp(z.re)
    return Complex(size * sympy.cos(z.im), size * sympy.sin(z.im))


def log(z: Any) -> Any:
    """The principal logarithm."""
    if not isinstance(z, Complex):
        return sympy.log(z)
    return Complex(sympy.log(square_magnitude(z)) / 2, angle(z))


def sqrt(z: Any) -> Any:
    """The principal square root."""
    return exp(log(z) / 2) if isinstance(z, Complex) else sympy.sqrt(z)


def sin(z: Any) -> Any:
    """The sine."""
    if not isinstance(z, Complex):
        return sympy.sin(z)
    return Complex(sympy.sin(z.re) * sympy.cosh(z.im), sympy.cos(z.re) * sympy.sinh(z.im))


def cos(z: Any) -> Any:
    """The cosine."""
    if not isinstance(z, Complex):
        return sympy.cos(z)
    return Complex(sympy.cos(z.re) * sympy.cosh(z.im), -sympy.sin(z.re) * sympy.sinh(z.im))


def sinh(z: Any) -> Any:
    """The hyperbolic sine."""
    if not isinstance(z, Complex):
        return sympy.sinh(z)
    return Complex(sympy.sinh(z.re) * sympy.cos(z.im), sympy.cosh(z.re) * sympy.sin(z.im))


def cosh(z: Any) -> Any:
    """The hyperbolic cosine."""
    if not isinstance(z, Complex):
        return sympy.cosh(z)
    return Complex(sympy.cosh(z.re) * sympy.cos(z.im), sympy.sinh(z.re) * sympy.sin(z.im))


def tan(z: Any) -> Any:
    """The tangent."""
    return sin(z) / cos(z) if isinstance(z, Complex) else sympy.tan(z)


def tanh(z: Any) -> Any:
    """The hyperbolic tangent."""
    return sinh(z) / cosh(z) if isinstance(z, Complex) else sympy.tanh(z)
