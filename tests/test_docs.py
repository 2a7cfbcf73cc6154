"""The documentation says what is: its code runs, its signatures and fields are those of the code."""

import dataclasses
import re

import pytest
from documents import PAGES, ROOT, alike, run, with_output, workplace
from signatures import declaration, declared, described

import verifier
from verifier.symbolic.rendered import Rendered
from verifier.verdict.verdict import (
    Claimed,
    Comparison,
    Counterexample,
    Curve,
    Finding,
    Problem,
    Promised,
    Run,
    Verdict,
)

REFERENCE = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
PUBLIC = {name: getattr(verifier, name) for name in verifier.__all__}
DATA = (Run, Problem, Verdict, Finding, Comparison, Curve, Promised, Claimed, Counterexample, Rendered)


def name_of(page):
    return str(page.relative_to(ROOT))


# The pages hold


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_code_of_a_page_prints_what_the_page_shows(page, tmp_path):
    with workplace(tmp_path):
        steps = run(page.read_text(encoding="utf-8"), name_of(page))
    for step in steps:
        assert step.agrees, f"{name_of(page)}, line {step.line}, prints:\n{step.printed}\nand shows:\n{step.shown}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page):
    for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{name_of(page)} links to {target}"


def test_the_readme_lists_folders_that_exist():
    listing = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Where things are")[2]
    folders = re.findall(r"^\| `([\w/]+/)`", listing, re.M)
    assert len(folders) > 5
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


def test_the_readme_names_targets_that_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    assert targets == ["verify", "test"]
    assert [target for target in targets if f"\n{target}:" not in makefile] == []


def test_the_reference_declares_every_public_name_as_it_is():
    shown = declared(REFERENCE)
    assert sorted(shown) == sorted(PUBLIC)
    for name, thing in PUBLIC.items():
        assert shown[name] == declaration(name, thing)


@pytest.mark.parametrize("data", DATA, ids=lambda data: data.__name__)
def test_the_reference_describes_every_field(data):
    assert described(REFERENCE, data.__name__) == [field.name for field in dataclasses.fields(data)]


# The tester bites

PAGE = """A page.

```python
print("the sum is", 1 + 1)
print(0.1 + 0.2, "in 3 ms")
```

```text
the sum is  2
0.3 in 500 ms
```
"""


def test_a_page_that_tells_the_truth():
    [step] = run(PAGE)
    assert (step.line, step.agrees) == (4, True)
    assert with_output(PAGE, [step]) == PAGE


@pytest.mark.parametrize(
    ("truth", "lie"),
    [("sum is  2", "sum is  3"), ("sum is", "product is"), ("0.3 in", "0.30001 in"), ("the sum is  2\n", "")],
)
def test_a_page_that_lies_is_caught_and_mended(truth, lie):
    start, _, shown = PAGE.partition("```text")
    page = f"{start}```text{shown.replace(truth, lie)}"
    steps = run(page)
    assert [step.agrees for step in steps] == [False]
    assert with_output(page, steps) == f"{start}```text\nthe sum is 2\n0.30000000000000004 in 3 ms\n```\n"


def test_output_that_is_not_shown_is_caught():
    page = PAGE.partition("\n```text")[0]
    steps = run(page)
    assert [step.agrees for step in steps] == [False]
    with pytest.raises(ValueError, match="line 4: a ```text block has to follow"):
        with_output(page, steps)


def test_output_belongs_to_the_block_right_above():
    [step] = run(PAGE.replace("\n```text", "\nSomething else.\n\n```text"))
    assert not step.agrees


def test_code_that_raises_is_caught():
    page = "```python\n1 / 0\n```\n\n```text\n1\n```\n"
    [step] = run(page)
    assert not step.agrees
    assert "ZeroDivisionError" in step.printed
    with pytest.raises(ValueError, match="line 2: the code has to be mended first"):
        with_output(page, [step])


def test_blocks_share_their_names_and_are_saved_where_they_say(tmp_path):
    with workplace(tmp_path):
        first, second = run(
            "```python\n# cases/deep/new.py\nx = 3\n```\n\n```python\nprint(x)\n```\n\n```text\n3\n```\n"
        )
    assert first.agrees and second.agrees
    assert (tmp_path / "cases/deep/new.py").read_text() == "# cases/deep/new.py\nx = 3\n"
    assert not (ROOT / "cases/deep").exists()


def test_commands_are_run_one_by_one():
    page = "```console\n$ echo one; exit 3\none\n$ echo $?\n4\n```\n"
    steps = run(page)
    assert [(step.line, step.agrees) for step in steps] == [(2, True), (4, False)]
    assert with_output(page, steps) == page.replace("4", "3")


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a  b\nc", "a b c"),
        ("± 3e-16", "± 4.4e-16"),
        ("off by 0", "off by 2.2e-16"),
        ("-1.0000000000000002", "-1"),
        ("x[0, 1] = 0.1", "x[0, 1] = 0.1000000001"),
        ("in 1 min 3 s", "in 59.9 s"),
        ("2 passed in 0.05s", "2 passed in 11.20s"),
    ],
)
def test_what_is_alike(shown, printed):
    assert alike(shown, printed)
    assert alike(printed, shown)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a b", "ab"),
        ("a b", "a b c"),
        ("3 of 9", "4 of 9"),
        ("x[0, 1]", "x[0, 2]"),
        ("0.1", "0.1001"),
        ("1e-8", "2e-8"),
        ("0.5", "-0.5"),
        ("agreed", "wrong"),
        ("2 passed in 0.05s", "1 passed in 0.05s"),
        ("3 ms", "3 m"),
    ],
)
def test_what_is_not_alike(shown, printed):
    assert not alike(shown, printed)
    assert not alike(printed, shown)


def function(one: int, *rest: str, two: float = 0.5, **more: bytes) -> None:
    """For the test below."""


@dataclasses.dataclass
class Data:
    """For the test below."""

    name: str
    parts: dict[str, int] = dataclasses.field(default_factory=dict)


def test_declarations_follow_the_code():
    assert declaration("Data", Data).replace(str(str), "str").splitlines()[-1].endswith("= {}")
    lines = declaration("function", function).splitlines()
    assert [line.split(":")[0].strip() for line in lines[1:-1]] == ["one", "*rest", "two", "**more"]
    assert "= 0.5" in lines[3]


def test_a_declaration_that_has_rotted_is_caught():
    current = declaration("verify_all", verifier.verify_all)
    assert declared(REFERENCE.replace("executor: Executor", "pool: Executor"))["verify_all"] != current
    assert "verify_all" not in declared(REFERENCE.replace("def verify_all", "def verify_any"))


def test_a_field_that_is_missing_is_caught():
    page = REFERENCE.replace("| `bits_lost` |", "| `bits` |")
    assert described(page, "Finding") != [field.name for field in dataclasses.fields(Finding)]
