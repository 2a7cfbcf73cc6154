"""What plain text of matrices is worth: a reader of the notation that knows nothing of how it is written.

It reads what `random_matrices.py` makes: sums, products, powers, transposes, and what is done entry by entry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

TOKEN = re.compile(r" \+ | − | ∘ |∘\(|∘(?=[⁰¹²³⁴⁵⁶⁷⁸⁹])|[⁰¹²³⁴⁵⁶⁷⁸⁹]+|ᵀ|[·()−/]|[0-9]+|[A-Za-z]+")
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
FUNCTIONS = {"cos": np.cos, "sin": np.sin, "tanh": np.tanh, "exp": np.exp, "diag": lambda v: np.diag(v.ravel())}


def plain_value(text: str, env: Mapping[str, np.ndarray]) -> np.ndarray:
    """The value of plain text."""
    tokens = TOKEN.findall(text)
    assert "".join(tokens) == text, f"{text} holds what is no part of the notation"
    reader = _Reader(tokens, env)
    value = reader.sum()
    assert not reader.tokens, f"{text} goes on after its end: {reader.tokens}"
    return value


class _Reader:
    def __init__(self, tokens: list[str], env: Mapping[str, np.ndarray]) -> None:
        self.tokens, self.env = tokens, env

    def take(self, *wanted: str) -> str | None:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in wanted else None

    def sum(self):
        value = -self.hadamard() if self.take("−") else self.hadamard()
        while sign := self.take(" + ", " − "):
            value = value + self.hadamard() if sign == " + " else value - self.hadamard()
        return value

    def hadamard(self):
        value = self.product()
        while self.take(" ∘ "):
            value = value * self.product()
        return value

    def product(self):
        value = self.power()
        while sign := self.take("·", "/"):
            other = self.power()
            matrices = np.ndim(value) == 2 and np.ndim(other) == 2
            value = value / other if sign == "/" else value @ other if matrices else value * other
        return value

    def power(self):
        value = self.atom()
        while self.tokens and (self.tokens[0] in "ᵀ∘" or self.tokens[0].translate(DIGITS).isdigit()):
            if self.take("ᵀ"):
                value = value.T
            elif self.take("∘"):
                value = value ** int(self.tokens.pop(0).translate(DIGITS))
            elif self.tokens[0][0] in "⁰¹²³⁴⁵⁶⁷⁸⁹":
                value = np.linalg.matrix_power(value, int(self.tokens.pop(0).translate(DIGITS)))
            else:
                break
        return value

    def atom(self):
        token = self.tokens.pop(0)
        if token == "(":
            value = self.sum()
        elif token in FUNCTIONS:
            assert self.take("(" if token == "diag" else "∘("), "a function without its argument"
            value = FUNCTIONS[token](self.sum())
        else:
            return float(token) if token.isdigit() else self.env[token]
        assert self.take(")"), "a bracket is not closed"
        return value
