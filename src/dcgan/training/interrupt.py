"""Stopping at a good moment: Ctrl-C, SIGTERM and a closed terminal ask, the loop answers between two steps."""

import signal
import threading
import time
from types import FrameType


class StopRequest:
    """Within the block, the first SIGINT, SIGTERM or SIGHUP is remembered in `signal`.

    A second SIGINT ends at once, unless it comes within a second: that is an impatient finger. SIGHUP stays ignored
    where it was (nohup).

    Outside the main thread (where Python allows no handlers) nothing is caught; set `signal` by hand to stop.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._former: dict[int, object] = {}
        self._asked = 0.0

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            numbers = [signal.SIGINT, signal.SIGTERM]
            if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
                numbers.append(signal.SIGHUP)
            for number in numbers:
                self._former[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # it is what signal.signal returned

    def _remember(self, number: int, _frame: FrameType | None) -> None:
        if self.signal is None:
            self.signal, self._asked = number, time.monotonic()
        elif number == signal.SIGINT and time.monotonic() - self._asked > 1:
            raise KeyboardInterrupt
