"""`verifier derive`, to the very formula."""

import pytest
from samples import said

PRODUCT = ("total(X*W)", "X: n×k", "W: k×m")


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (PRODUCT, ["gradient by W: Xᵀ·1", "gradient by X: 1·Wᵀ"]),
        ((*PRODUCT, "--by", "X"), ["1·Wᵀ"]),
        ((*PRODUCT, "--by", "X", "--as", "latex"), [r"\mathbf{1} W^{\top}"]),
        (("mean(X*W)", "X:3,3", "W:3,3", "--by", "W"), ["(1/9)·Xᵀ·1"]),
        (("X*W", "X: n x k", "W: k x m", "--by", "X"), ["G·Wᵀ"]),
        (("s**3 + t",), ["gradient by s: 3·s²", "gradient by t: 1"]),
        (("Sum(x[i]**2, (i, 0, n - 1))", "x: n"), ["gradient by x: 2·x"]),
        ((*PRODUCT, "--order", "2"), ["second gradient by W: 0", "second gradient by X: 0"]),
        (("trace(A*X*B*X.T)", "X: n×m", "A: n×n", "B: m×m", "--by", "X", "--order", "2"), ["Aᵀ·V·Bᵀ + A·V·B"]),
        (("s**3", "--order", "2"), ["second gradient by s: 6·s·v"]),
        (("total(X*Detached(X))", "X: n×n"), ["gradient by X: 1·Detached(X)ᵀ"]),
    ],
)
def test_gradients(call, arguments, lines):
    result = call("derive", *arguments)
    assert (result.exit_code, result.stdout.splitlines(), result.stderr) == (0, lines, "")


def test_mathml_is_one_element(call):
    result = call("derive", *PRODUCT, "--by", "X", "--as", "mathml")
    assert result.stdout.startswith("<math") and result.stdout.endswith("</math>\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("3",), "'3' holds no symbol: write a formula that depends on one"),
        ((*PRODUCT, "--by", "Z"), "'total(X*W)' does not hold Z: differentiate it by W or X"),
        (("total(X)", "X: n", "X: k"), "X is declared twice: declare each symbol once"),
        (
            ("total(X)", "X"),
            "the declaration 'X' has no colon: write it as 'X: n×k', 'X: 3,3' or 'x: n'",
        ),
        (
            ("X*W", "X: n×k", "W: m×k"),
            "the shapes n×k and m×k do not fit in X*W: transpose a factor, or mend the shape of a symbol",
        ),
    ],
)
def test_what_cannot_be_derived(call, arguments, sentence):
    assert said(call("derive", *arguments)) == f"verifier: {sentence}"


def test_text_is_never_run(call, tmp_path):
    trap = tmp_path / "trap"
    for formula in (f"open({str(trap)!r}, 'w')", f"[open(p, 'w') for p in [{str(trap)!r}]][0]"):
        assert said(call("derive", formula)).startswith("verifier: the formula ")
    assert not trap.exists()
