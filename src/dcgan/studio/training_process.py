"""The program of a training that the studio starts: `dcgan train`, with a record of the process beside it.

While the process lives it holds a lock, so that a studio that is started later knows it; the record names it.
"""

import json
import os
import runpy
import signal
import sys
import time
from pathlib import Path

from filelock import FileLock

from dcgan.atomic_files import write_atomic
from dcgan.files import RUN_FILE

SECONDS_FOR_LOCK = 10
"""Until a studio that looks whether the lock is held lets go of it."""


STOPPED = 128 + signal.SIGTERM
"""Exit status of a training that was asked to end, wherever that found it."""


def main() -> None:
    """Run `dcgan` with the words that follow the record's path and the name of the run."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # until `dcgan` listens itself
    record, run, *words = sys.argv[1:]
    with FileLock(Path(record).with_suffix(".lock"), timeout=SECONDS_FOR_LOCK):
        facts = {"run": run, "process": os.getpid(), "started": time.time(), "words": words}
        try:
            write_atomic(Path(record), json.dumps(facts))  # a studio that reads it may end the process at once
            sys.argv = ["dcgan", *words]
            runpy.run_module("dcgan", run_name="__main__", alter_sys=True)
        except SystemExit as end:
            begun = Path(run, RUN_FILE).is_file()
            write_atomic(Path(record), json.dumps({**facts, "stopped": end.code == STOPPED, "begun": begun}))
            raise


if __name__ == "__main__":
    main()
