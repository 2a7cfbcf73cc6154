"""The group of commands, and the program as it is installed."""

import subprocess
import sys
from pathlib import Path

from samples import ONE

from verifier.discover import collect


def test_help_names_every_command(call):
    result = call("--help")
    for command in collect("verifier.commands", "COMMAND"):
        assert f"\n  {command.name}" in result.stdout
        assert call(command.name, "--help").exit_code == 0


def test_an_unknown_command(call):
    result = call("bogus")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "Error: No such command 'bogus'.")


def program(*arguments):
    return subprocess.run(
        [sys.executable, "-P", "-c", "from verifier.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
    )


def test_case_files_use_code_of_the_working_directory(files):
    """The working directory comes last: nothing in it stands before the standard library."""
    files(a="from mine import outcome\n" + ONE.format(name="one", outcome="agreed"))
    Path("mine.py").write_text("import ast, sys; outcome = 'agreed'")
    Path("ast.py").write_text("raise AssertionError")
    done = program("list")
    assert (done.returncode, done.stdout, done.stderr) == (0, "cases/a.py::one  case  formula\n", "")
