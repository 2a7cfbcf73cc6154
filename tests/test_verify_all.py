"""Many cases at once: nothing that goes wrong with one of them takes the others along."""

from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool

from verifier.case import Case
from verifier.verify import verify_all

CASES = [Case("one", formula="agreed", lesson="first"), Case("two", formula="raises"), Case("three", formula="crashes")]
CASES += [Case("four", formula="wrong")]


def outcomes(run):
    return [(verdict.name, verdict.outcome, verdict.reason) for verdict in run.verdicts]


def test_a_case_that_cannot_be_tried_is_undecided(stand_in):
    seen = []
    run = verify_all(CASES, on_verdict=seen.append)
    assert outcomes(run) == [
        ("one", "agreed", None),
        ("two", "undecided", "X holds NaN at [0]: give finite numbers"),
        (
            "three",
            "undecided",
            "verifier itself failed with ZeroDivisionError: division by zero; please report this with the case",
        ),
        ("four", "wrong", None),
    ]
    assert seen == list(run.verdicts)
    assert (run.planned, run.interrupted) == (4, False)


def test_an_interrupted_run_holds_what_finished(stand_in):
    run = verify_all([CASES[0], Case("two", formula="interrupted"), CASES[3]])
    assert [verdict.name for verdict in run.verdicts] == ["one"]
    assert (run.planned, run.interrupted) == (3, True)


class Dying(Executor):
    """Does the first piece of work, and dies at the second."""

    def __init__(self):
        self.futures = []

    def submit(self, work, case):
        future = Future()
        if self.futures:
            future.set_exception(BrokenProcessPool("a process died"))
        else:
            future.set_result(work(case))
        self.futures.append(future)
        return future


def test_a_process_that_dies_leaves_its_cases_undecided(stand_in):
    run = verify_all(CASES[:2], executor=Dying())
    reason = (
        "no verdict came back from the other process (BrokenProcessPool: a process died): verify this case without -j"
    )
    assert outcomes(run) == [("one", "agreed", None), ("two", "undecided", reason)]
