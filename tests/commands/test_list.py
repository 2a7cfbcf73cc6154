"""`verifier list`."""

from samples import BASICS, said


def test_a_list_has_one_line_for_each_case(files, call):
    files(basics=BASICS)
    result = call("list")
    assert result.stdout.splitlines() == [
        "cases/basics.py::sum of a product  case              formula, function, claims  Rows are sums.",
        "cases/basics.py::mean              wrong on purpose  formula",
        "cases/basics.py::leaf              refutation        promise",
    ]


def test_a_list_shortens_lessons_and_tells_what_could_not_be_read(files, call, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    files(
        a="from verifier.case import Case\nCASES = [Case('a', formula=1, lesson='much to learn ' * 20)]",
        b="cases = []",
    )
    result = call("list")
    assert result.exit_code == 2
    assert result.stdout == "cases/a.py::a  case  formula  much to learn much to learn much to learn much to…\n"
    assert result.stderr == ("verifier: cases/b.py does not define CASES: end it with CASES = [Case(...), ...]\n")


def test_a_list_of_nothing_that_can_be_read(files, call):
    files(b="cases = []")
    assert said(call("list")).startswith("verifier: cases/b.py does not define CASES")
