"""Trainings that the studio starts, pauses and resumes: each a process of its own, which outlives the studio.

FOLDER/.dcgan-studio has three files for each: the record of its process, a lock that the process holds while it lives,
and what it says. All else is in the run's folder, which the process writes.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path
from threading import Lock, Thread
from urllib.parse import quote

from filelock import FileLock, Timeout

from dcgan.errors import RunError, UsageError
from dcgan.files import RUN_FILE, folder_name, parse_json
from dcgan.studio.answers import inside
from dcgan.studio.child import python_command, python_environment
from dcgan.studio.contents import DRAWN_FACES, source_path
from dcgan.training.lengths import FOLLOW_LENGTH
from dcgan.training.recipe import Recipe
from dcgan.training.run_folder import read_run

RECORDS = ".dcgan-studio"
RUNS = "runs"
_LONGEST_RECORD = 128  # letters
SECONDS_TO_START = 30
"""In which a process that was begun holds its lock, however busy the machine is."""
_LAST_BYTES = 1 << 16  # of what a process said, in which its error is looked for


@dataclass(frozen=True)
class TrainingProcess:
    """The last process of a run that a studio has started.

    Attributes:
        alive: Whether it works.
        started: When, in seconds since 1970.
        error: Why it ended, if it went wrong and could say so.
        stopped: Whether it ended because it was asked to.
        begun: Whether the run had a folder when it ended.
    """

    alive: bool
    started: float
    error: str | None = None
    stopped: bool = False
    begun: bool = False


class Trainings:
    """The trainings of a folder."""

    def __init__(self, folder: Path, device: str = "auto") -> None:
        self._folder = folder
        self._device = device
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._resuming = Lock()  # two pages may ask at the same time

    def start(self, source: str, settings: Mapping[str, object]) -> str:
        """Begin a run on pictures; return its name.

        Args:
            source: Its path in the folder, or the built-in drawn faces.
            settings: Of the recipe, by name.

        Raises:
            UsageError: There is no such source, or a setting is wrong.
            OSError: The folder cannot be written.
        """
        Recipe().changed(settings)  # so that what is wrong is refused here
        source_path(self._folder, source)
        run = self._reserve(source)
        path = source if source == DRAWN_FACES else f"./{source}"
        flags = [word for name, value in settings.items() for word in (f"--{name.replace('_', '-')}", str(value))]
        device = [] if self._device == "auto" else ["--device", self._device]
        self._run(run, ["train", path, "--out", run, *flags, *device])
        return run

    def resume(self, run: str, minutes: float | None = None) -> None:
        """Go on with a run, to another length if minutes are given.

        Raises:
            UsageError: There is no such run, or minutes are not above 0.
            RunError: It is being trained already, or its recipe or card is damaged.
        """
        if not (inside(self._folder, run) / RUN_FILE).is_file():
            raise UsageError(f"there is no run {run}")
        if minutes is not None and not minutes > 0:
            raise UsageError("minutes must be more than 0")
        length = [] if minutes is None else [_minutes_flag(inside(self._folder, run)), f"{minutes:g}"]
        with self._resuming:
            if (process := self.process(run)) and process.alive:
                raise RunError(f"{run} is training already; another page or an earlier studio started it")
            self._run(run, ["train", "--resume", run, *length])

    def pause(self, run: str) -> None:
        """Ask the process of a run to save and to end, as Ctrl-C does.

        Raises:
            RunError: It is not being trained by a studio.
        """
        process = self._process_number(run)
        if process is None:
            raise RunError(
                f"this studio did not start the training of {run}: press Ctrl-C in the terminal where it was started "
                "to pause it"
            )
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)  # heard even where SIGINT is ignored, as under nohup

    def process(self, run: str) -> TrainingProcess | None:
        """The last process of a run; None if no studio has started one."""
        record = self._record(run)
        child = self._children.get(run)
        facts = _read(record)
        alive = child.poll() is None if child else _is_held(record.with_suffix(".lock")) or _is_starting(record, facts)
        if facts is None and not alive:  # a process that has just begun has not yet written what it is
            return None
        facts = facts or {}
        started = facts.get("started")
        stopped = facts.get("stopped") is True
        error = None if alive or stopped else self._error(run)
        begun = facts.get("begun") is True
        return TrainingProcess(alive, started if isinstance(started, float) else time.time(), error, stopped, begun)

    def begun(self) -> list[str]:
        """The names of the runs that a studio has started and of which nobody has removed the folder.

        Some have none yet, and some never had one.
        """
        known = [_read(record) for record in (self._folder / RECORDS).glob("*.json")]
        began = {str(facts["run"]): facts.get("begun") is True for facts in known if facts and "run" in facts}
        return sorted(run for run, begun in began.items() if not begun or (self._folder / run).exists())

    def _reserve(self, source: str) -> str:
        stem = Path(source.partition(":")[0]).name.partition(".")[0] or self._folder.name
        (self._folder / RECORDS).mkdir(exist_ok=True)
        for number in count(1):
            run = f"{RUNS}/{folder_name(stem)}-{number}"
            with suppress(FileExistsError):
                if not (self._folder / run).exists():
                    with self._record(run).open("x") as record:
                        json.dump({"run": run}, record)  # the process adds to it what it is
                    return run
        raise AssertionError

    def _run(self, run: str, words: list[str]) -> None:
        record = self._record(run)
        record.parent.mkdir(exist_ok=True)
        command = python_command("dcgan.studio.training_process", str(record), run, *words, "--json")
        with record.with_suffix(".log").open("wb") as log:
            child = subprocess.Popen(
                command,
                cwd=self._folder,
                env=python_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the studio's terminal is not for it
            )
        self._children[run] = child
        Thread(target=child.wait, daemon=True).start()  # so that one that has ended does not stay as a zombie

    def _record(self, run: str) -> Path:
        name = quote(run, safe="")
        if len(name) > _LONGEST_RECORD:  # of a file's name; the record itself names the run
            name = sha256(run.encode()).hexdigest()
        return self._folder / RECORDS / f"{name}.json"

    def _process_number(self, run: str) -> int | None:
        child = self._children.get(run)
        if child is not None:
            return child.pid if child.poll() is None else None
        facts = _read(self._record(run))
        number = facts.get("process") if facts else None
        return number if isinstance(number, int) and _is_held(self._record(run).with_suffix(".lock")) else None

    def _error(self, run: str) -> str | None:
        """What the process said last, if that was an error."""
        log = self._record(run).with_suffix(".log")
        try:
            with log.open("rb") as file:
                file.seek(max(0, log.stat().st_size - _LAST_BYTES))
                lines = file.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return None
        for line in reversed(lines):
            with suppress(ValueError):
                said = parse_json(line)
                if isinstance(said, dict):
                    return str(said["error"]) if "error" in said else None
        return None


def _minutes_flag(run: Path) -> str:
    """The flag that makes a run so many minutes long: a schedule that follows the length has to know it in images."""
    recipe, _ = read_run(run)
    return "--about-minutes" if recipe.lr_schedule in FOLLOW_LENGTH else "--minutes"


def _read(record: Path) -> dict[str, object] | None:
    try:
        found = parse_json(record.read_bytes())
    except (OSError, ValueError):
        return {} if record.exists() else None
    return found if isinstance(found, dict) else {}


def _is_starting(record: Path, facts: Mapping[str, object] | None) -> bool:
    """Whether another studio has begun a process a moment ago, which has not yet written what it is."""
    with suppress(OSError):
        return facts is not None and "process" not in facts and time.time() - record.stat().st_mtime < SECONDS_TO_START
    return False


def _is_held(lock: Path) -> bool:
    """Whether a living process holds a lock."""
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
