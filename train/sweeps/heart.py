"""The heartbeat of a worker, beside the trial that it runs."""

import os
import threading
import time
from _thread import interrupt_main
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError

from train.sweeps.leases import BEAT, Leases


class Heart(threading.Thread):
    """Beats until stopped. Interrupts the main thread (SIGINT) when the trial at hand is lost:

    - another worker took this one for dead (a machine that slept, a network that was cut);
    - the database did not answer for longer than the others wait; or
    - the process that started this worker has ended (`parent`).
    """

    def __init__(self, leases: Leases, interval: float = BEAT, parent: int | None = None):
        super().__init__(daemon=True, name="heartbeat")
        self.leases, self.interval, self.parent = leases, interval, parent
        self.key: str | None = None  # of the trial at hand
        self.lost: str | None = None  # why it was interrupted
        self._stop_beating = threading.Event()

    def run(self) -> None:
        """Beat; the last answer of the database counts."""
        answered = time.monotonic()
        while not self._stop_beating.wait(self.interval):
            try:
                self.leases.beat()
                key = self.key
                if key is not None and not self.leases.holds(key) and key == self.key:
                    self.interrupt("another worker has taken the trial: this one was silent")
                answered = time.monotonic()
            except SQLAlchemyError as error:
                # one answer that fails says nothing; the others wait for `grace` too
                if time.monotonic() - answered > self.leases.grace:
                    self.interrupt(f"the database does not answer: {error}")
            if self.parent is not None and os.getppid() != self.parent:
                self.interrupt("the process that started this worker has ended")
                return

    def interrupt(self, reason: str) -> None:
        """Stop the trial, once."""
        if self.lost is None:
            self.lost = reason
            interrupt_main()

    def __enter__(self) -> "Heart":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_beating.set()
        self.join()
