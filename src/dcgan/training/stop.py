"""Stopping at a good moment: Ctrl-C and SIGTERM ask, the loop answers between two steps."""

import signal
import threading
from types import FrameType


class StopRequest:
    """Within the block, the first SIGINT or SIGTERM is remembered in `signal`; a second SIGINT ends at once.

    Outside the main thread (where Python allows no handlers) nothing is caught; set `signal` by hand to stop.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._former: dict[int, object] = {}

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._former[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # it is what signal.signal returned

    def _remember(self, number: int, _frame: FrameType | None) -> None:
        if self.signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = number
