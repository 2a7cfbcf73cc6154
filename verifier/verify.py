"""What users call: `check`, `verify`, `verify_all`, `assert_gradients`, `derive` and its second order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from verifier.case import Case, Contract
from verifier.errors import TimeIsUpError, VerifierError
from verifier.verdict.verdict import Problem, Run, Verdict

if TYPE_CHECKING:
    from sympy import Basic

    from verifier.symbolic.formula import Formula


def check(
    function: Callable[..., Any],
    inputs: Any,
    *,
    formula: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    wrt: Sequence[Any] | None = None,
    order: int = 1,
    seed: int = 0,
    witnesses: Sequence[str] | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    max_bits_lost: float | None = None,
    time_limit: float | None = None,
) -> Verdict:
    """Put torch's gradient of a function on trial.

    function: takes the inputs, and `kwargs` by keyword, and returns a floating-point or complex tensor, or tuples,
        lists and dictionaries of them. What it holds besides, such as a module's parameters, is checked too.
    inputs: a tensor, a sequence of tensors, or a mapping from names to tensors; they may be nested. Those with
        `requires_grad` are in question (or those in `wrt`, by name or position); the others are part of the function.
        None is changed.
    formula: the function in SymPy, with symbols that carry the names of the function's parameters, or as a plain torch
        function. Without it the formula is traced from the function itself, and where that cannot be done the modes
        of autograd and finite differences are compared with each other.
    order: 2 checks the double backward as well: the gradient of the first gradient, contracted with random directions.
    witnesses: the names of those who are heard, all by default.
    atol, rtol: how far the function's gradient and value may be off, in place of what is computed: an entry by
        atol + rtol·|true entry|. One that is not given is 0.
    max_bits_lost: the other way to say it: as far as an honest implementation, but for so many bits instead of 4.
    time_limit: in seconds; beyond, the verdict is undecided.

    Never raises because a gradient is wrong; raises `VerifierError`, in one sentence that says what to do, for what
    the caller did wrong.
    """
    from verifier.candidate.candidate import name_of
    from verifier.trial.hearing import hear
    from verifier.trial.trial import trial_of_call

    options = {"formula": formula, "kwargs": kwargs, "wrt": wrt, "order": order, "seed": seed, "witnesses": witnesses}
    options |= {"atol": atol, "rtol": rtol, "max_bits_lost": max_bits_lost}
    return _in_time(
        lambda: hear(trial_of_call(function, inputs, **options)),
        time_limit,
        lambda reason: Verdict(name_of(function), "undecided", reason=reason),
    )


def assert_gradients(function: Callable[..., Any], inputs: Any, **options: Any) -> Verdict:
    """`check`, but raises AssertionError with the report as its text unless everything agreed."""
    verdict = check(function, inputs, **options)
    if not verdict.ok:
        raise AssertionError(str(verdict))
    return verdict


def verify(case: Case | Contract, *, time_limit: float | None = None) -> Verdict:
    """The verdict on a case or a contract; undecided if it takes more than `time_limit` seconds.

    Raises `VerifierError` for what the caller did wrong.
    """
    from verifier.contract import judge
    from verifier.trial.hearing import hear
    from verifier.trial.trial import trial_of_case

    def tried() -> Verdict:
        return judge(case) if isinstance(case, Contract) else hear(trial_of_case(case))

    return _in_time(tried, time_limit, lambda reason: undecided(case, reason))


def verify_all(
    cases: Sequence[Case | Contract],
    *,
    executor: Executor | None = None,
    on_verdict: Callable[[Verdict], None] | None = None,
    problems: Sequence[Problem] = (),
    time_limit: float | None = None,
) -> Run:
    """Verify many cases, here or on any `concurrent.futures.Executor`.

    A case that cannot be tried, or takes more than `time_limit` seconds, becomes an undecided verdict with the reason.
    `on_verdict` is called as each one is finished. Interrupted by KeyboardInterrupt, the run holds what was
    finished by then.
    """
    began = time.perf_counter()
    finished: dict[int, Verdict] = {}
    interrupted = False
    try:
        for position, verdict in _verdicts(cases, executor, time_limit):
            finished[position] = verdict
            if on_verdict is not None:
                on_verdict(verdict)
    except KeyboardInterrupt:
        interrupted = True
    return Run(
        verdicts=tuple(finished[position] for position in sorted(finished)),
        problems=tuple(problems),
        planned=len(cases),
        interrupted=interrupted,
        seconds=time.perf_counter() - began,
        versions=versions(),
    )


def derive(expression: Any, by: Any) -> Basic:
    """The closed form of the gradient of a formula by one of its symbols, as SymPy.

    Matrix notation where there is one, else index notation (`Entries`). For a formula that is no scalar it is the
    gradient of <G, formula>, with a new symbol G of the formula's shape. Raises `FormulaError`.
    """
    from verifier.symbolic.closed_forms import gradient_of

    return gradient_of(*_formula_and_name(expression, by))


def hvp(expression: Any, by: Any, direction: Any = None) -> Basic:
    """The closed form of the Hessian-vector product H·direction of a formula by one of its symbols.

    direction: a SymPy expression of the symbol's shape; without one, a new symbol v, or V for a matrix.

    For a formula that is no scalar, H is the Hessian of <G, formula>, as in `derive`. Raises `FormulaError`.
    """
    from verifier.symbolic.closed_forms import direction_for, product_of

    formula, name = _formula_and_name(expression, by)
    return product_of(formula, name, {name: direction_for(formula, name) if direction is None else direction})


def hessian(expression: Any, by: Any) -> Basic:
    """The closed form of the Hessian of a scalar formula by one of its symbols.

    By a vector it is a matrix; by a matrix it is a tensor of four indices, `Entries`, whose entry [i, j, k, l] is the
    derivative by the entries [i, j] and [k, l]. Raises `FormulaError`.
    """
    from verifier.symbolic.closed_forms import hessian_of

    return hessian_of(*_formula_and_name(expression, by))


def jacobian(expression: Any, by: Any) -> Basic:
    """The closed form of the Jacobian of a formula by one of its symbols.

    Its axes are those of the formula, then those of the symbol, without axes of extent 1: a matrix for a vector by a
    vector, else `Entries`. Raises `FormulaError`.
    """
    from verifier.symbolic.closed_forms import jacobian_of

    return jacobian_of(*_formula_and_name(expression, by))


def _formula_and_name(expression: Any, by: Any) -> tuple[Formula, str]:
    """The formula, and the name of the input that it is to be differentiated by."""
    from verifier.symbolic.closed_forms import input_named
    from verifier.symbolic.formula import formula_of

    formula = formula_of(expression)
    return formula, input_named(formula, by)


def _in_time(verdict: Callable[[], Verdict], time_limit: float | None, otherwise: Callable[[str], Verdict]) -> Verdict:
    """The verdict, or the one that is given for a reason if it takes too long."""
    from verifier.trial.time_limit import TimeIsUp, limited

    try:
        with limited(time_limit):
            return verdict()
    except TimeIsUp:
        assert time_limit is not None
        return replace(otherwise(str(TimeIsUpError(time_limit))), seconds=time_limit)


def _verdicts(
    cases: Sequence[Case | Contract], executor: Executor | None, time_limit: float | None
) -> Iterator[tuple[int, Verdict]]:
    if executor is None:
        yield from ((position, _verdict(case, time_limit)) for position, case in enumerate(cases))
        return
    futures = {
        executor.submit(partial(_verdict, time_limit=time_limit), case): position for position, case in enumerate(cases)
    }
    try:
        for future in as_completed(futures):
            yield futures[future], _received(future, cases[futures[future]])
    finally:
        for future in futures:
            future.cancel()


def _verdict(case: Case | Contract, time_limit: float | None = None) -> Verdict:
    """The verdict on a case; what went wrong on the way is the reason for its being undecided."""
    try:
        return verify(case, time_limit=time_limit)
    except VerifierError as error:
        reason = str(error)
    except Exception as error:
        reason = f"verifier itself failed with {type(error).__name__}: {error}; please report this with the case"
    return undecided(case, reason)


def _received(future: Future[Verdict], case: Case | Contract) -> Verdict:
    """The verdict from another process. An executor that broke has none."""
    try:
        return future.result()
    except VerifierError as error:
        return undecided(case, str(error))
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
    return undecided(case, f"no verdict came back from the other process ({why}): verify this case without -j")


def undecided(case: Case | Contract, reason: str) -> Verdict:
    """The verdict on a case that could not be tried."""
    return Verdict(case.name, "undecided", reason=reason, lesson=case.lesson, source=case.source)


def versions() -> dict[str, str]:
    """The versions of this distribution and of what its verdicts rest on."""
    from importlib.metadata import version

    return {name: version(name) for name in ("gradient-verifier", "sympy", "torch", "numpy", "python-flint")}
