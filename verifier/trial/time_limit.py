"""A limit on the time that a trial may take, also where the function under test never returns."""

from __future__ import annotations

import ctypes
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FrameType
from typing import Any

from verifier.errors import TimeLimitError

#: Seconds after which a function that has swallowed the interruption is interrupted again.
AGAIN = 0.5


class TimeIsUp(BaseException):
    """Raised inside of `limited` when its time is over. It is no Exception, for nobody's handler is to catch it."""


def limited(seconds: float | None) -> AbstractContextManager[None]:
    """A context that is left by `TimeIsUp` after so many seconds; None is no limit.

    In the main thread a signal interrupts whatever runs, sleeping and waiting too; in any other thread, and where
    there are no such signals, what runs is interrupted at its next line of Python. Code outside of Python that never
    returns is stopped by neither: only its process can be ended (`verifier run --time-limit` does that).

    Raises `TimeLimitError` if it is no positive number.
    """
    if seconds is None:
        return nullcontext()
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < math.inf:
        raise TimeLimitError(seconds)
    has_signals = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    return _by_signal(seconds) if has_signals else _from_another_thread(seconds)


@contextmanager
def _by_signal(seconds: float) -> Iterator[None]:
    around = _imports(sys._getframe())

    def interrupt(number: int, frame: FrameType | None) -> None:
        if _imports(frame) == around:  # amid an import half a module would stay behind; the next alarm is near
            raise TimeIsUp

    began = time.monotonic()
    handler: Any = signal.signal(signal.SIGALRM, interrupt)
    remaining, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if remaining:  # somebody else's alarm was set, and still is
            signal.setitimer(signal.ITIMER_REAL, max(1e-3, remaining - (time.monotonic() - began)), interval)


def _imports(frame: FrameType | None) -> int:
    """How many frames of imports what runs there is run by."""
    count = 0
    while frame is not None:
        count += frame.f_code.co_filename.startswith("<frozen importlib")
        frame = frame.f_back
    return count


@contextmanager
def _from_another_thread(seconds: float) -> Iterator[None]:
    thread, over = threading.get_ident(), threading.Event()
    turn = threading.Lock()

    def interrupt() -> None:
        wait = seconds
        while not over.wait(wait):
            with turn:
                if not over.is_set():
                    _raise_in(thread, TimeIsUp)
            wait = AGAIN

    watch = threading.Thread(target=interrupt, daemon=True)
    watch.start()
    try:
        yield
    finally:
        with turn:
            over.set()
            _raise_in(thread, None)  # what was raised and has not arrived yet is taken back


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    raised: Callable[..., int] = ctypes.pythonapi.PyThreadState_SetAsyncExc
    raised(ctypes.c_ulong(thread), ctypes.py_object(error) if error is not None else None)
