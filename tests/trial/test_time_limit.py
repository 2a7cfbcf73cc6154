"""A function that never returns is left, in the main thread and in any other; nothing is left behind."""

import signal
import threading
import time

import pytest
import torch
from sympy import Symbol

from verifier import Case, check, verify, verify_all
from verifier.case import Contract
from verifier.contract import returns
from verifier.errors import TimeLimitError
from verifier.trial.time_limit import TimeIsUp, limited

UP = "it took longer than the time limit of 0.3 s: give it more, or smaller inputs"
x = Symbol("x", real=True)


def number():
    return {"x": torch.tensor(2.0, dtype=torch.float64, requires_grad=True)}


def spins(x):
    while True:
        pass


def sleeps(x):
    time.sleep(60)


def swallows(x):
    while True:
        try:
            time.sleep(60)
        except Exception:
            continue


class NeverBack(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, g):
        time.sleep(60)


@pytest.mark.parametrize("function", [spins, sleeps, swallows, NeverBack.apply])
def test_a_function_that_hangs_is_undecided(function):
    began = time.monotonic()
    verdict = check(function, number(), time_limit=0.3)
    assert (verdict.outcome, verdict.reason, verdict.seconds) == ("undecided", UP, 0.3)
    assert time.monotonic() - began < 5


def test_it_is_left_in_another_thread_too():
    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(check(spins, number(), time_limit=0.3)))
    thread.start()
    thread.join(10)
    assert [verdict.reason for verdict in verdicts] == [UP]
    assert check(lambda x: x * x, number(), formula=x**2).ok  # whose turn it is was given back


def test_who_is_in_time_is_heard():
    assert check(lambda x: x * x, number(), formula=x**2, time_limit=60).ok


def test_a_run_of_many_goes_on():
    cases = [Case("first", formula=x**2), Case("hangs", function=spins, formula=x), Case("last", formula=x**3)]
    run = verify_all(cases, time_limit=3)
    assert [verdict.outcome for verdict in run.verdicts] == ["agreed", "undecided", "agreed"]
    assert run.verdicts[1].reason == UP.replace("0.3", "3")


def test_a_contract_that_hangs_is_undecided():
    contract = Contract("hangs", "it ends", lambda: time.sleep(60), expect=returns(None))
    assert verify(contract, time_limit=0.3).reason == UP


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan"), "3", True])
def test_what_is_no_time_limit(seconds):
    with pytest.raises(TimeLimitError) as error:
        check(lambda x: x * x, number(), time_limit=seconds)
    assert str(error.value) == (f"time_limit is {seconds!r}: give a positive number of seconds, or None for no limit")


def test_an_alarm_of_somebody_else_is_set_again():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(time.monotonic()))
    began = time.monotonic()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.6)
        with pytest.raises(TimeIsUp), limited(0.2):
            time.sleep(60)
        time.sleep(0.8)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(rung) == 1 and 0.5 < rung[0] - began < 1.2


def test_nothing_arrives_when_the_context_has_been_left():
    arrived = []

    def leave_in_time():
        try:
            with limited(0.05):
                pass
            time.sleep(0.2)
        except TimeIsUp:
            arrived.append(threading.current_thread().name)

    leave_in_time()
    thread = threading.Thread(target=leave_in_time)
    thread.start()
    thread.join()
    assert arrived == []


SPINS = "import time\nend = time.monotonic() + {}\nwhile time.monotonic() < end:\n    pass\n"


def test_a_module_is_loaded_whole(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "slow_to_load.py").write_text(SPINS.format(0.5) + "whole = True\n")
    with pytest.raises(TimeIsUp), limited(0.2):
        import slow_to_load

        time.sleep(60)
    assert slow_to_load.whole


def test_what_a_module_runs_as_it_is_loaded_is_limited_too(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    text = "from verifier.trial.time_limit import TimeIsUp, limited\nstopped = False\ntry:\n    with limited(0.2):\n"
    text += "".join(f"        {line}\n" for line in SPINS.format(20).splitlines())
    (tmp_path / "limits_itself.py").write_text(text + "except TimeIsUp:\n    stopped = True\n")
    import limits_itself

    assert limits_itself.stopped
