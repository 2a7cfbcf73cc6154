"""What SymPy has written out entry by entry, found again.

At shapes that are numbers SymPy turns `(x.T*A*x)[0]` into a polynomial in entries, and `X.I[0, 1]` into cofactors over
a determinant, before anybody else sees them. A formula is folded before it is lowered, so that its program, and with
it the closed form of its gradient, is that of the matrix expression.
"""

from functools import lru_cache

from sympy import Basic

from verifier.symbolic.folding.forms import folded_forms
from verifier.symbolic.folding.inverses import folded_inverses
from verifier.symbolic.folding.sums import folded_sums

__all__ = ["folded"]


@lru_cache(maxsize=256)
def folded(expression: Basic) -> Basic:
    """The same function with sums, determinants and inverses where they were written out."""
    return folded_sums(folded_forms(folded_inverses(expression), folded_sums))
