"""Work that crashes or never ends takes nothing else along."""

import os
import time

import pytest
from chores import SLEEP, answer, crash, ignore_everything, refuse

from verifier.errors import InputError, TimeIsUpError, WorkerDiedError
from verifier.running.workers import GRACE, Workers


@pytest.fixture(scope="module")
def workers():
    with Workers(1, time_limit=0.5) as workers:
        yield workers


def test_results_and_errors_come_back(workers):
    assert workers.submit(answer, 6, factor=7).result() == 42
    with pytest.raises(InputError, match=r"^give something else$"):
        workers.submit(refuse, "give something else").result()


def test_a_crash_is_one_error_and_the_rest_goes_on(workers):
    futures = [workers.submit(answer, 1), workers.submit(crash), workers.submit(answer, 2)]
    assert futures[0].result() == 1
    with pytest.raises(WorkerDiedError) as died:
        futures[1].result()
    assert str(died.value) == (
        "the process that verified it died (exit code 7), so the function crashed outside of Python: "
        "run the function alone under python -X faulthandler"
    )
    assert futures[2].result() == 2


def test_work_that_cannot_be_interrupted_is_ended_with_its_process(workers):
    assert workers.submit(answer, 1).result() == 1  # the process is there
    began = time.monotonic()
    futures = [workers.submit(ignore_everything), workers.submit(os.getpid)]
    with pytest.raises(TimeIsUpError) as up:
        futures[0].result()
    assert str(up.value) == "it took longer than the time limit of 0.5 s: give it more, or smaller inputs"
    assert 0.5 + GRACE <= time.monotonic() - began < SLEEP
    assert futures[1].result() != os.getpid()


def test_what_is_cancelled_is_not_begun_and_what_runs_is_ended():
    workers = Workers(1)
    assert workers.submit(answer, 1).result() == 1
    running, waiting = workers.submit(time.sleep, SLEEP), workers.submit(answer, 2)
    while not running.running():
        time.sleep(0.01)
    began = time.monotonic()
    workers.shutdown(cancel_futures=True)
    assert waiting.cancelled() and isinstance(running.exception(), WorkerDiedError)
    assert time.monotonic() - began < SLEEP / 2
