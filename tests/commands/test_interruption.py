"""Runs that are ended from outside, as programs of their own: what finished is in the report."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

CASES = """
import os, time
from sympy import Symbol
from verifier.case import Case

x = Symbol("x", real=True)

def slow(x):
    with open("slow.pid", "w") as file:  # a signal during the clean-up of an unnamed file would be lost
        file.write(str(os.getpid()))
    time.sleep(100)
    return x

CASES = [Case("quick", formula=x**2), Case("slow", function=slow, formula=x), Case("waiting", formula=x**3)]
"""


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A run that has finished all it can while the case `slow` is going on for ever; killed in the end."""
    monkeypatch.chdir(tmp_path)
    Path("cases.py").write_text(CASES)
    arguments = ("run", "cases.py", "--report", "json=run.json")
    runs = []

    def begin(jobs):
        runs.append(
            subprocess.Popen(
                [sys.executable, "-c", "from verifier.cli import main; main()", *arguments, "-j", str(jobs)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
                # Who is started in the background of a shell ignores Ctrl-C, and hands that on.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        )
        for _ in range(jobs):
            line = runs[0].stderr.readline()
            assert " ✓ agreed " in line, line + runs[0].stderr.read()
        wait_for(lambda: Path("slow.pid").exists() and Path("slow.pid").read_text())
        return runs[0]

    yield begin
    for run in runs:
        with suppress(ProcessLookupError):  # it has ended, as it should
            os.killpg(run.pid, signal.SIGKILL)  # the workers too, should the test have failed
        run.communicate()


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"nothing happened in {seconds} s"
        time.sleep(0.02)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False  # there is no such process


@pytest.mark.parametrize(
    ("jobs", "finished", "send"),
    [
        (1, ["quick"], lambda run: run.send_signal(signal.SIGTERM)),
        (2, ["quick", "waiting"], lambda run: os.killpg(run.pid, signal.SIGINT)),
    ],
    ids=["terminated", "Ctrl-C in two processes"],
)
def test_an_ended_run_reports_what_finished_and_leaves_no_process(begun, jobs, finished, send):
    run = begun(jobs)
    send(run)
    stdout, stderr = run.communicate(timeout=20)
    assert run.returncode == 130
    assert "Traceback" not in stdout + stderr
    assert stdout.splitlines()[-1] == f"JSON report: {Path.cwd()}/run.json"
    report = json.loads(Path("run.json").read_text())
    assert [verdict["name"] for verdict in report["verdicts"]] == finished
    assert report["interrupted"] and f"interrupted after {len(finished)} of 3 cases" in stdout
    wait_for(lambda: not is_running(int(Path("slow.pid").read_text())))
