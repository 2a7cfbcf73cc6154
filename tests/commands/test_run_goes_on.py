"""`verifier run --time-limit` goes on past functions that hang or crash, where no Python code could stop them."""

import json
import subprocess
import sys
from pathlib import Path

CASES = """
import os, signal, time
from sympy import Symbol
from verifier.case import Case

x = Symbol("x", real=True)

def hangs(x):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])  # as code outside of Python does
    time.sleep(600)

def crashes(x):
    os._exit(7)

CASES = [Case("first", formula=x**2), Case("hangs", function=hangs, formula=x)]
CASES += [Case("crashes", function=crashes, formula=x), Case("last", formula=x**3)]
"""


def test_the_rest_is_verified(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("cases.py").write_text(CASES)
    Path("program.py").write_text("from verifier.cli import main\nif __name__ == '__main__':\n    main()\n")
    arguments = ["run", "cases.py", "--time-limit", "8", "--report", "json=run.json"]
    ended = subprocess.run([sys.executable, "program.py", *arguments], capture_output=True, text=True, timeout=300)
    assert ended.returncode == 3, ended.stderr
    verdicts = json.loads(Path("run.json").read_text())["verdicts"]
    assert [verdict["outcome"] for verdict in verdicts] == ["agreed", "undecided", "undecided", "agreed"]
    assert verdicts[1]["reason"] == "it took longer than the time limit of 8 s: give it more, or smaller inputs"
    assert verdicts[2]["reason"].startswith("the process that verified it died (exit code 7)")


def test_a_time_limit_is_positive(call):
    result = call("run", "--time-limit", "0")
    assert result.exit_code == 2 and "'--time-limit': 0.0 is not in the range x>0" in result.stderr
