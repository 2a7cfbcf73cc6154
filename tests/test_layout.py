"""The rules of the layout hold, and each of them bites."""

import pytest
from layout import (
    EXCEPTIONS,
    LINES,
    PLACES,
    evaluated_text,
    files_without_their_constant,
    imports,
    imports_that_point_up,
    libraries_out_of_place,
    long_files,
    parts_without_a_layer,
    siblings_that_know_each_other,
    sources,
    undescribed,
)

PACKAGE = sources("verifier")


# The rules hold


@pytest.mark.parametrize(
    "rule",
    [
        imports_that_point_up,
        parts_without_a_layer,
        siblings_that_know_each_other,
        libraries_out_of_place,
        evaluated_text,
        undescribed,
    ],
)
def test_the_package_keeps_the_rule(rule):
    assert list(rule(PACKAGE)) == []


def test_files_are_short():
    assert list(long_files(sources("verifier", "cases", "tests"))) == []


def test_every_file_of_a_plural_folder_ends_with_its_constant():
    assert list(files_without_their_constant(sources("verifier", "cases"))) == []


def test_every_exception_is_in_use():
    for module, imported in EXCEPTIONS:
        assert imported in list(imports(module, PACKAGE[module], PACKAGE))


# The rules bite

UPWARDS = {
    "verifier.numeric.float64": "",
    "verifier.numeric": "",
    "verifier.symbolic.program": "def f():\n    from verifier.numeric import float64",
    "verifier.symbolic.tensor": "if x:\n    import verifier.verify",
    "verifier.symbolic.kinks": "from ..numeric.float64 import add",
    "verifier.verdict.compare": "from verifier import Case",
    "verifier.verify": "from verifier.cli import main",
    "verifier.witnesses.symbolic": "from verifier.verdict.blame import blame",
    "verifier.witness": "if TYPE_CHECKING:\n    from verifier.candidate.candidate import Candidate",
    "verifier": "from verifier.verify import verify",
    "verifier.cli": "from verifier.verify import verify",
}


def test_imports_that_point_up_are_seen():
    assert list(imports_that_point_up(UPWARDS)) == [
        "verifier.symbolic.program imports verifier.numeric.float64",
        "verifier.symbolic.tensor imports verifier.verify",
        "verifier.symbolic.kinks imports verifier.numeric.float64",
        "verifier.verdict.compare imports the public names: import from where they are defined",
        "verifier.verify imports verifier.cli",
        "verifier.witnesses.symbolic imports verifier.verdict.blame",
    ]


def test_a_part_without_a_layer_is_seen():
    assert list(parts_without_a_layer({"verifier": "", "verifier.utils": "", "verifier.symbolic.a": ""})) == ["utils"]


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("verifier.reports.pdf", "verifier.verdict.compare"),
        ("verifier.reports.pdf", "verifier.symbolic.program"),
        ("verifier.trace.recorder", "verifier.numeric.float64"),
        ("verifier.witnesses.reverse_mode", "verifier.witnesses.forward_mode"),
    ],
)
def test_siblings_that_know_each_other_are_seen(module, imported):
    text = f"from {imported} import something"
    assert list(siblings_that_know_each_other({module: text})) == [f"{module} imports {imported}"]
    assert list(siblings_that_know_each_other({"verifier.verify": text})) == []


@pytest.mark.parametrize(
    ("text", "library"),
    [
        ("import torch.autograd", "torch"),
        ("def f():\n    from torch import nn", "torch"),
        ("import flint", "flint"),
        ("import click", "click"),
    ],
)
def test_libraries_out_of_place_are_seen(text, library):
    module = "verifier.symbolic.program"
    assert list(libraries_out_of_place({module: text})) == [f"{module} imports {library}"]
    allowed = f"{PLACES[library][0]}.deeper"
    assert list(libraries_out_of_place({allowed: text})) == []


def test_long_files_are_seen():
    texts = {"verifier.a": "\n" * LINES, "verifier.b": "\n" * (LINES + 1)}
    assert list(long_files(texts)) == [f"verifier.b has {LINES + 1} lines"]


@pytest.mark.parametrize("text", ["", "x = 1", "REPORT = 1\nx = 2", "if x:\n    REPORT = 1", "def REPORT(): pass"])
def test_files_without_their_constant_are_seen(text):
    assert list(files_without_their_constant({"verifier.reports.pdf": text})) == [
        "verifier.reports.pdf does not end with REPORT"
    ]


@pytest.mark.parametrize("module", ["verifier.reports", "verifier.reports._shared", "verifier.report"])
def test_other_files_need_no_constant(module):
    assert list(files_without_their_constant({module: ""})) == []


@pytest.mark.parametrize(
    ("call", "seen"),
    [
        ("eval(text)", True),
        ("builtins.exec(text)", True),
        ("compile(text, '', 'exec')", True),
        ("sympify(text)", True),
        ("sympy.sympify(text, strict=False)", True),
        ("S(text)", True),
        ("parse_expr(text)", True),
        ("sympify(number, strict=True)", False),
        ("S(2)", False),
        ("re.compile(text)", False),
        ("model.eval()", False),
    ],
)
def test_text_that_is_run_is_seen(call, seen):
    assert list(evaluated_text({"verifier.a": f"x = {call}"})) == ([f"verifier.a, line 1: {call}"] if seen else [])


def test_what_has_no_docstring_is_seen():
    text = (
        "def f(): pass\ndef _f(): pass\nclass A:\n    def g(self):\n        def inner(): pass\n    def __eq__(s, o): 1"
    )
    assert list(undescribed({"verifier.a": text})) == ["verifier.a", "verifier.a.f", "verifier.a.A", "verifier.a.A.g"]
    assert list(undescribed({"verifier.a": "'''A.'''\ndef f():\n    '''F.'''"})) == []
