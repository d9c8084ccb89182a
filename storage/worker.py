"""The threads that talk to the database: a worker takes one job after another and runs it in one transaction."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from enum import Enum, auto
from typing import Any, Generic, TypeVar

import peewee

import storage.models as models
from storage.backend import Backend, is_unavailable
from storage.errors import StorageUnavailableError

T = TypeVar("T")


class _State(Enum):
    OPEN = auto()
    """Waiting or running: may still be abandoned."""
    COMMITTING = auto()
    ABANDONED = auto()


class Job(Generic[T]):
    """A function to run in one transaction, until `deadline` (seconds of `time.monotonic`)."""

    def __init__(self, function: Callable[[], T], deadline: float) -> None:
        self.function = function
        self.deadline = deadline
        self.outcome: Future[T] = Future()
        self._state = _State.OPEN
        self._lock = threading.Lock()

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline; never negative."""
        return max(0.0, self.deadline - time.monotonic())

    def may_commit(self) -> bool:
        """Start committing: from here on, `abandon` comes too late. Returns False if it came before."""
        with self._lock:
            if self._state is _State.OPEN:
                self._state = _State.COMMITTING
            return self._state is _State.COMMITTING

    def abandon(self) -> bool:
        """Give the job up, so that it won't be committed. Returns False if it is already being committed."""
        with self._lock:
            if self._state is _State.OPEN:
                self._state = _State.ABANDONED
            return self._state is _State.ABANDONED

    @property
    def abandoned(self) -> bool:
        """Whether `abandon` came in time."""
        return self._state is _State.ABANDONED


def _first(failure: BaseException) -> BaseException:
    """Return the first error: the rollback of a broken transaction fails as well, and its error says less."""
    first = failure
    while failure.__context__ is not None:
        failure = failure.__context__
        if isinstance(failure, peewee.PeeweeException):
            first = failure
    return first


class _AbandonedError(Exception):
    """Raised inside a transaction to roll it back."""


Jobs = queue.SimpleQueue[Job[Any] | None]
"""None tells one worker to stop."""


class Worker:
    """One thread with at most one connection, made when first needed and dropped after every operational failure."""

    def __init__(self, backend: Backend, jobs: Jobs, name: str, *, read_only: bool) -> None:
        self._backend = backend
        self._jobs = jobs
        self._read_only = read_only
        self._database: Any = None
        self._current: Job[Any] | None = None
        self._lock = threading.Lock()
        """Held while changing `_current` and while cutting, so that only the right job is cut off."""
        self._ended: Future[None] = Future()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def ended(self) -> None:
        """Wait for the thread to end; a None in the queue stops it."""
        # Shielded: a caller that stops waiting must not cancel it for the others.
        await asyncio.shield(asyncio.wrap_future(self._ended))
        # The thread has nothing left to do but return.
        self._thread.join()

    def cut(self, job: Job[Any]) -> None:
        """Cut off this job if the worker is running it. May be called from any thread; never blocks."""
        with self._lock:
            if self._current is job and self._database is not None:
                self._backend.cut(self._database)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.abandoned or not job.outcome.set_running_or_notify_cancel():
                continue
            with self._lock:
                self._current = job
            self._do(job)
            # Otherwise the last job's function, and what it holds, would live until the next job comes.
            del job
        self._drop()
        self._ended.set_result(None)

    def _do(self, job: Job[Any]) -> None:
        error: BaseException | None = None
        result: Any = None
        try:
            result = self._transact(job)
        except _AbandonedError:
            error = StorageUnavailableError("the database did not answer in time")
        except BaseException as failure:
            error = failure
            if is_unavailable(failure):
                self._drop()
                cause = _first(failure)
                error = StorageUnavailableError(str(cause).strip() or type(cause).__name__)
                error.__cause__ = failure
        finally:
            with self._lock:
                self._current = None
        if error is None:
            job.outcome.set_result(result)
        else:
            job.outcome.set_exception(error)

    def _transact(self, job: Job[Any]) -> Any:
        transaction = self._begin(job)
        models.current.use(self._database)
        try:
            with transaction:
                result = job.function()
                if not job.may_commit():
                    raise _AbandonedError
            return result
        finally:
            models.current.use(None)

    def _begin(self, job: Job[Any]) -> "_Begun":
        fresh = self._database is None
        try:
            return self._begin_once(job)
        except Exception as failure:
            self._drop()
            # Nothing has been executed yet: if the server was restarted, a new connection is enough.
            if fresh or not self._backend.reconnects or not is_unavailable(failure):
                raise
            return self._begin_once(job)

    def _begin_once(self, job: Job[Any]) -> "_Begun":
        if self._database is None:
            database = self._backend.open(read_only=self._read_only, seconds=job.seconds_left)
            with self._lock:
                self._database = database
        context = self._backend.begin(self._database, read_only=self._read_only, seconds=job.seconds_left)
        context.__enter__()
        return _Begun(context)

    def _drop(self) -> None:
        with self._lock:
            database, self._database = self._database, None
        if database is None:
            return
        try:
            # The driver's own close: peewee's refuses while a transaction is open, and this one is to be dropped.
            database.connection().close()
        except Exception:  # noqa: S110 - the connection is dropped in any case
            pass


class _Begun:
    """A context that has already been entered: beginning may be tried twice, the rest only once."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: Any) -> None:
        self._context.__exit__(*exception)
