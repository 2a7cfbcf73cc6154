"""The Matrix Cookbook's identities: how many there are, what they are called, and that wrong ones are refuted.

That each of them agrees is tested with all the other shipped cases, in test_cases.py.
"""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from verifier import verify
from verifier.discover import load_cases

FILES = sorted((Path(__file__).parent.parent / "cases").glob("matrix_cookbook*.py"))
IDENTITIES = {case.name: case for file in FILES for case in load_cases(file)}
MISPRINTS = [case for case in IDENTITIES.values() if case.fault]

# Equation (45) is about conjugates, (94) is no derivative, (96) is a definition, and so is (135).
DERIVATIVES = set(range(34, 145)) - {45, 94, 96, 135}


def transposed(claim):
    return claim.T


def doubled(claim):
    return 2 * claim


def negated(claim):
    return -claim


def without_its_last_term(claim):
    return claim.func(*claim.args[:-1])


SLIPS = [
    ("(42) ∂det(X) = det(X)tr(X⁻¹∂X)", doubled),
    ("(49) ∂det(X)/∂X", transposed),
    ("(54) ∂det(XᵀAX)/∂X", doubled),
    ("(61) ∂aᵀX⁻¹b/∂X", negated),
    ("(61) ∂aᵀX⁻¹b/∂X", transposed),
    ("(78) ∂(Bx+b)ᵀC(Dx+d)/∂x", without_its_last_term),
    ("(92) ∂aᵀ(Xⁿ)ᵀXⁿb/∂X, n = 3", without_its_last_term),
    ("(107) ∂tr(X²B)/∂X", transposed),
    ("(118) ∂tr(AXBXᵀC)/∂X", without_its_last_term),
    ("(121) ∂tr(Xᵏ)/∂X", transposed),
    ("(130) ∂((x−a)/‖x−a‖₂)/∂x", without_its_last_term),
    ("(138) df/dA = ∂f/∂A+(∂f/∂A)ᵀ−diag(∂f/∂A)", without_its_last_term),
    ("(143) ∂tr(AT)/∂T, T Toeplitz", negated),
    ("(396) ∂ln p(s)/∂Σⱼ", doubled),
]


def equations(name):
    """The numbers in brackets that a name begins with."""
    return [int(number) for number in re.findall(r"\((\d+)\)", re.match(r"(?:\(\d+\),? )*", name)[0])]


def test_there_are_at_least_ninety_identities():
    right = [case for case in IDENTITIES.values() if not case.fault]
    assert len(right) >= 90
    assert all(case.claims for case in right)


def test_every_name_begins_with_its_equation_or_section():
    assert [name for name in IDENTITIES if not equations(name) and not name.startswith("section ")] == []


def test_no_derivative_of_chapter_two_is_missing():
    numbers = {number for name, case in IDENTITIES.items() if not case.fault for number in equations(name)}
    assert DERIVATIVES - numbers == set()


def test_shapes_are_symbols_wherever_the_identity_is_about_all_shapes():
    fixed = {"(67) ∂λ = vᵀ(∂A)v", "(68) ∂v = (λ1−A)⁺(∂A)v", "(128) ∂tr(sin(X))/∂X"}
    extents = {symbol for name in set(IDENTITIES) - fixed for symbol in shapes(IDENTITIES[name])}
    assert extents
    assert all(extent == 1 or extent.free_symbols for extent in extents)


def shapes(case):
    from sympy import MatrixSymbol

    return [extent for symbol in case.formula.atoms(MatrixSymbol) for extent in symbol.shape]


@pytest.mark.parametrize("case", MISPRINTS, ids=lambda case: case.name)
def test_a_misprint_stands_beside_the_identity_that_holds(case):
    others = [other for other in IDENTITIES.values() if equations(other.name) == equations(case.name)]
    assert any(other.fault is None for other in others)
    assert case.fault.blames == "claim"
    assert verify(replace(case, fault=None)).outcome == "wrong"


@pytest.mark.parametrize(("name", "slip"), SLIPS, ids=lambda part: getattr(part, "__name__", part))
def test_a_slip_is_refuted(name, slip):
    case = IDENTITIES[name]
    (symbol, claim), *_ = case.claims.items()
    verdict = verify(replace(case, claims={symbol: slip(claim)}))
    finding = verdict.findings[0]
    assert (verdict.outcome, finding.blamed, finding.input) == ("wrong", "claim", str(symbol)), str(verdict)
