"""The shipped cases: they agree, they are complete, and they would not agree if something in them were wrong."""

from dataclasses import replace
from inspect import signature
from pathlib import Path

import pytest

from verifier import Case, Contract, verify
from verifier.case import Printed
from verifier.discover import find_case_files, load_cases

FOLDER = Path(__file__).parent.parent / "cases"
FILES = find_case_files([FOLDER])
EVERY = [case for file in FILES for case in load_cases(file)]
BASICS = load_cases(FOLDER / "autograd_basics.py")
WRONG = load_cases(FOLDER / "wrong_on_purpose.py")

LESSONS = (
    "sum of a product",
    "sum of a product, as printed",
    "mean of a product",
    "mean of a product, as printed",
    "detach in the middle of a product",
    "no_grad and requires_grad",
    "no_grad leaves nothing to differentiate",
    "no_grad: nothing at all, not zero",
    "integers require no gradient",
    "integers cannot be made to",
    "grad of a non-leaf",
    "retain_grad",
    "all intermediate nodes keep their derivative",
    "backward without the call",
    "backward twice accumulates",
    "backward twice without retain_graph",
)

FAULTS = (
    "twice too large",
    "the wrong sign",
    "transposed",
    "one entry of six hundred",
    "a dropped term",
    "a missing sum over what was broadcast",
    "not a number",
    "a silent zero",
    "forward mode alone",
    "a formula for another function",
    "a formula with a path too few",
    "a formula with a path too many",
    "a claim for symmetric matrices only",
)


def named(case):
    return f"{Path(case.source).stem}: {case.name}"


@pytest.mark.parametrize("case", EVERY, ids=named)
def test_every_case_agrees(case):
    verdict = verify(case)
    assert verdict.ok, str(verdict)


@pytest.mark.parametrize("case", WRONG, ids=named)
def test_without_its_fault_a_case_that_is_wrong_on_purpose_is_wrong(case):
    verdict = verify(replace(case, fault=None))
    assert verdict.outcome == "wrong", str(verdict)


@pytest.mark.parametrize("case", WRONG, ids=named)
def test_to_expect_another_culprit_is_wrong(case):
    another = "forward mode" if case.fault.blames != "forward mode" else "reverse mode"
    verdict = verify(replace(case, fault=replace(case.fault, blames=another)))
    assert verdict.outcome == "wrong", str(verdict)


@pytest.mark.parametrize("case", [case for case in BASICS if getattr(case, "printed", None)], ids=named)
@pytest.mark.parametrize("name", ["x", "w"])
def test_one_printed_digit_off_is_refuted(case, name):
    by_name = {str(symbol): numbers for symbol, numbers in case.printed.items()}
    value = by_name[name].value.copy()
    value[1, 2] += 6 * by_name[name].half_unit[1, 2]
    verdict = verify(replace(case, printed=by_name | {name: Printed(value, by_name[name].half_unit)}))
    finding = verdict.findings[0]
    assert (verdict.outcome, finding.blamed, finding.input, finding.index) == ("wrong", "printed", name, (1, 2))


@pytest.mark.parametrize("contract", [case for case in BASICS if isinstance(case, Contract)], ids=named)
def test_a_contract_that_is_acted_out_otherwise_is_broken(contract):
    def otherwise(**inputs):
        for tensor in inputs.values():
            if tensor.is_floating_point():
                tensor.grad = tensor.detach() * 0
        return "something else"

    otherwise.__signature__ = signature(contract.observe)
    verdict = verify(replace(contract, observe=otherwise))
    assert verdict.outcome == "wrong", str(verdict)


def test_names_are_unique_in_all_files_together():
    names = [case.name for case in EVERY]
    assert sorted(names) == sorted(set(names))


def test_every_lesson_of_the_notebook_is_a_case():
    assert set(LESSONS) <= {case.name for case in BASICS}


def test_every_kind_of_fault_is_a_case():
    assert set(FAULTS) <= {case.name for case in WRONG}
    blamed = {case.fault.blames for case in WRONG}
    assert blamed == {"reverse mode", "forward mode", "formula", "symbolic", "claim", "printed"}


def test_faults_are_in_one_file_apart_from_the_misprints_of_a_book():
    faulty = {named(case): case for case in EVERY if getattr(case, "fault", None) is not None}
    misprints = {name for name in faulty if name.startswith("matrix_cookbook")}
    assert set(faulty) - misprints == {named(case) for case in WRONG}
    assert {faulty[name].fault.blames for name in misprints} == {"claim"}


def test_there_are_twenty_cases_beside_the_basics_and_the_faults():
    assert len(EVERY) - len(BASICS) - len(WRONG) >= 20


def test_every_case_has_a_word_for_its_reader():
    assert [named(case) for case in EVERY if not case.lesson.endswith((".", "?"))] == []


def test_cases_are_written_in_all_the_ways_there_are():
    cases = [case for case in EVERY if isinstance(case, Case)]
    assert {case.dtype for case in cases} >= {"float64", "float32", "bfloat16"}
    assert any(case.function is None for case in cases)
    assert any(case.claims for case in cases)
    assert any(case.sizes for case in cases)
    assert any(case.wrt for case in cases)
