"""Processes for work that may crash or never end: one that dies or takes too long is replaced, and the rest goes on."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from verifier.errors import TimeIsUpError, WorkerDiedError, WorkerNotStartedError

#: Seconds beyond the limit in which work is to end by itself, before its process is ended.
GRACE = 2.0

_Task = tuple[Future[Any], Callable[[], Any]]


class Workers(Executor):
    """An executor with processes that start afresh (a forked torch may hang), as many as `number`.

    Work that takes longer than `time_limit` seconds and does not end by itself is ended with its process, and its
    future raises `TimeIsUpError`. If a process dies, the future of its work raises `WorkerDiedError`.
    """

    def __init__(self, number: int, time_limit: float | None = None) -> None:
        self._time_limit = time_limit
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._processes = [_Process() for _ in range(number)]
        self._threads = [threading.Thread(target=self._serve, args=[p], daemon=True) for p in self._processes]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See `concurrent.futures.Executor`."""
        future: Future[Any] = Future()
        self._tasks.put((future, partial(work, *args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See `concurrent.futures.Executor`; with `cancel_futures` what is running is ended too."""
        while cancel_futures and not self._tasks.empty():
            task = self._tasks.get()
            if task is not None:
                task[0].cancel()
        for _ in self._threads:
            self._tasks.put(None)
        for process in self._processes if cancel_futures else ():
            process.end()
        for thread in self._threads if wait else ():
            thread.join()

    def _serve(self, process: _Process) -> None:
        while (task := self._tasks.get()) is not None:
            future, work = task
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(process.result(work, self._time_limit))
            except Exception as error:
                future.set_exception(error)
        process.end()


class _Process:
    """One process, started when it is needed, and again after it has ended."""

    def __init__(self) -> None:
        self._running: tuple[multiprocessing.process.BaseProcess, Connection] | None = None

    def result(self, work: Callable[[], Any], time_limit: float | None) -> Any:
        """What the work gives there. Raises what it raises, `TimeIsUpError`, `WorkerDiedError` and such."""
        process, connection = self._running = self._running or self._started()
        try:
            connection.send(work)
            if time_limit is not None and not connection.poll(time_limit + GRACE):
                self.end()
                raise TimeIsUpError(time_limit)
            value, error = connection.recv()
        except (EOFError, ConnectionError) as cause:
            process.join()
            self.end()
            raise WorkerDiedError(process.exitcode) from cause
        if error is not None:
            raise error
        return value

    def end(self) -> None:
        """Ends the process, in the middle of its work."""
        running, self._running = self._running, None
        if running is not None:
            running[0].kill()

    def _started(self) -> tuple[multiprocessing.process.BaseProcess, Connection]:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=_work, args=[there], daemon=True)
        process.start()
        there.close()
        try:
            here.recv()
        except EOFError as cause:
            process.join()
            raise WorkerNotStartedError(process.exitcode) from cause
        return process, here


def _work(connection: Connection) -> None:
    """Does what comes through the connection, one piece after the other, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the main one decides what to do
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch would give every process as many threads as there are cores
    import verifier.trial.hearing  # noqa: F401 - what takes long to load does not count as work

    connection.send("ready")
    while True:
        try:
            work = connection.recv()
        except EOFError:
            return
        try:
            answer: tuple[Any, Exception | None] = work(), None
        except Exception as error:
            answer = None, error
        connection.send(answer)
