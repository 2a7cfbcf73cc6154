"""Declarations of tensors on the command line."""

import pytest

from verifier.errors import DeclarationError, DeclaredTwiceError
from verifier.symbolic.declaration import declarations


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("X: n×k", ("n", "k")),
        ("X:n,k", ("n", "k")),
        (" X : 3 , 3 ", (3, 3)),
        ("X: n x k", ("n", "k")),
        ("X: 3x4", (3, 4)),
        ("X: n*2", ("n", 2)),
        ("X: n", ("n",)),
        ("X: 10", (10,)),
        ("X: max×x1", ("max", "x1")),
        ("X: 2×n×k", (2, "n", "k")),
    ],
)
def test_shapes(text, shape):
    assert declarations([text]) == {"X": shape}


def test_names_keep_their_order():
    assert declarations(["W: k×m", "β: m"]) == {"W": ("k", "m"), "β": ("m",)}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("X", "has no colon"),
        ("", "has no colon"),
        (": n×k", "does not begin with a name but with ''"),
        ("2X: n", "does not begin with a name but with '2X'"),
        ("lambda: n", "does not begin with a name but with 'lambda'"),
        ("s:", "has no extents; a scalar needs no declaration"),
        ("X: n×", "has the extent '', which is neither a positive number nor a name"),
        ("X: 0×3", "has the extent '0', which is neither a positive number nor a name"),
        ("X: -1", "has the extent '-1', which is neither a positive number nor a name"),
        ("X: n+1", "has the extent 'n+1', which is neither a positive number nor a name"),
        ("X: 3.5", "has the extent '3.5', which is neither a positive number nor a name"),
        ("X: n k", "has the extent 'n k', which is neither a positive number nor a name"),
        ("X: ²", "has the extent '²', which is neither a positive number nor a name"),
        ("X: exit()", "has the extent 'exit()', which is neither a positive number nor a name"),
    ],
)
def test_what_cannot_be_understood(text, why):
    with pytest.raises(DeclarationError) as caught:
        declarations([text])
    assert str(caught.value) == f"the declaration {text!r} {why}: write it as 'X: n×k', 'X: 3,3' or 'x: n'"


def test_declarations_that_contradict_each_other():
    with pytest.raises(DeclaredTwiceError) as caught:
        declarations(["X: n", "X: n"])
    assert str(caught.value) == "X is declared twice: declare each symbol once"
    with pytest.raises(DeclarationError, match="uses n as an extent, which is itself a tensor"):
        declarations(["X: n×k", "n: 3"])
