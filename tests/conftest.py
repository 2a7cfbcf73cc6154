"""Fixtures for all tests."""

import textwrap
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

from verifier import cli
from verifier.discover import collect
from verifier.errors import InputError
from verifier.verdict.verdict import Finding, Verdict

pytest_plugins = ["pytester"]


def judged_by_formula(case, time_limit=None):
    """A verdict read off the case itself, so that what stands around a verdict is tested without a witness.

    `formula` is the outcome; "raises" is what the caller did wrong, "crashes" a fault of the
    verifier, and "interrupted" Ctrl-C.
    """
    if case.formula == "raises":
        raise InputError("X holds NaN at [0]: give finite numbers")
    if case.formula == "crashes":
        raise ZeroDivisionError("division by zero")
    if case.formula == "interrupted":
        raise KeyboardInterrupt
    found = () if case.formula == "agreed" else (Finding(case.formula, "reverse mode", "off by two", input="X"),)
    return Verdict(case.name, case.formula, findings=found, source=case.source, dtype=case.dtype)


@pytest.fixture
def stand_in(monkeypatch):
    """Puts `judged_by_formula` in the place of the real verdict."""
    monkeypatch.setattr(import_module("verifier.verify"), "verify", judged_by_formula)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Writes files into the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(**texts):
        for name, text in texts.items():
            path = Path("cases") / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(textwrap.dedent(text))

    return write


@pytest.fixture
def call(files, stand_in):
    """Calls `verifier` with arguments; its result has `exit_code`, `stdout`, `stderr`."""
    for command in collect("verifier.commands", "COMMAND"):
        cli.cli.add_command(command)

    def call(*arguments):
        result = CliRunner().invoke(cli.cli, arguments, prog_name="verifier")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return call
