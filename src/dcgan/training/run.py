"""A run: the folder of one training. Start it, resume it, extend it."""

import errno
import json
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from dcgan.data.cache import cached
from dcgan.data.packed import PackedSet, is_packed_set
from dcgan.data.prepare import PrepareOptions
from dcgan.errors import PackedSetError, RunError, command
from dcgan.files import new_folder, remove_partial, write_atomic
from dcgan.networks.memory import reuse_memory
from dcgan.training.checkpoint import FOLDER, list_checkpoints, restore_newest
from dcgan.training.device import resolve, resolve_device
from dcgan.training.journal import METRICS, Journal, read_records
from dcgan.training.loop import Ending, Loop
from dcgan.training.observe import measured_model
from dcgan.training.pictures import Pictures
from dcgan.training.recipe import LENGTHS, MAY_CHANGE, Recipe, read_toml
from dcgan.training.state import TrainingState
from dcgan.training.stop import StopRequest
from dcgan.training.summary import list_sheets, write_film, write_report
from dcgan.training.watching import Silent, Watcher

CARD = "run.json"
RECIPE = "recipe.toml"
FORMAT = 1
VERIFIED = 2**30  # bytes; a packed set up to this size, a second's work, is compared with its fingerprint at the start


@dataclass(frozen=True)
class Result:
    """How a sitting of a run ended.

    Attributes:
        run: The run folder.
        ending: "finished", "stopped" (by a signal; to be resumed) or "collapsed" (with `on_collapse` "stop").
        images: Images seen.
        sheet: The newest sheet of samples, if there is one yet.
        stopped_by: The signal's number if one stopped it.
    """

    run: Path
    ending: Ending
    images: int
    sheet: Path | None
    stopped_by: int | None


def train(
    source: str | Path,
    out: str | Path,
    recipe: Recipe | None = None,
    *,
    watcher: Watcher | None = None,
    preparing: Callable[[int, int | None], None] | None = None,
) -> Result:
    """Train a DCGAN on a source of pictures.

    Args:
        source: A packed set, or anything that `dcgan prepare` takes; the latter is prepared into a cache first.
        out: The run folder to make; it must not exist yet, or be empty.
        recipe: The hyper-parameters; by default those of the preset `default`.
        watcher: Told of every step, sheet and event.
        preparing: Told (done, total) while the source is being prepared.

    Raises:
        SourceError, PackedSetError: The source cannot be used.
        RecipeError: The recipe does not fit the source or this machine.
        RunError: `out` is taken, the disk is full, memory runs out, or the training cannot be saved.

    Example:
        >>> dcgan.train("pictures/", "runs/first", dcgan.Recipe(size=32, minutes=20))
    """
    run = Path(out)
    if run.exists() and (not run.is_dir() or any(run.iterdir())):
        raise RunError(f"{run} exists; go on with it by `{command('train', '--resume', run)}`, or name another --out")
    if (Path(source) / CARD).is_file():
        go_on = command("train", "--resume", source)
        raise RunError(f"{source} is a run, not a source of pictures; go on with it by `{go_on}`")
    recipe = resolve(recipe or Recipe())
    data = open_data(source, recipe, preparing)
    recipe = replace(recipe, size=data.size, channels=data.channels)
    recipe.architecture()
    card = {
        "format": FORMAT,
        "source": _absolute(source),
        "data": str(data.path.resolve()),
        "fingerprint": data.fingerprint,
        "pictures": len(data),
        "created": datetime.now(UTC).isoformat("T", "seconds"),
        "machine": _machine(recipe),
    }
    with _explained(run), new_folder(run) as folder:
        (folder / RECIPE).write_text(recipe.to_toml(), "utf-8")
        (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", "utf-8")
    return _sit(run, recipe, card, data, watcher or Silent())


def resume(
    run: str | Path,
    changes: Mapping[str, object] | None = None,
    *,
    watcher: Watcher | None = None,
    preparing: Callable[[int, int | None], None] | None = None,
) -> Result:
    """Go on with a run from its newest whole checkpoint; the weights come out as if it had never stopped.

    Args:
        run: The run folder.
        changes: Values of the recipe to change: a new length extends the run; see `MAY_CHANGE` for what else may.
        watcher: Told of every step, sheet and event.
        preparing: Told (done, total) if the source has to be prepared again.

    Raises:
        RunError: There is no such run, its pictures are gone or have changed, or a change is not allowed.
    """
    run = Path(run)
    recipe, card = read_run(run)
    changes = {name: value for name, value in (changes or {}).items() if recipe.values().get(name) != value}
    fixed = [name for name in changes if name not in MAY_CHANGE]
    if fixed:
        flags = ", ".join("--" + name.replace("_", "-") for name in fixed)
        raise RunError(f"{flags} cannot change in a run that has begun; start a new one for that")
    recipe = recipe.changed(changes)
    recipe = replace(recipe, device=resolve_device(recipe.device))
    data = _data_of(run, card, recipe, preparing)
    seen = max((checkpoint.images for checkpoint in list_checkpoints(run)), default=0)
    target = recipe.target_images(len(data))
    if target is not None and target < seen and any(name in LENGTHS for name in changes):
        raise RunError(f"{run} has seen {seen:,} images already; the new length would end it at {target:,}")
    if changes:
        with _explained(run):
            write_atomic(run / RECIPE, recipe.to_toml())
    return _sit(run, recipe, card, data, watcher or Silent())


def read_run(run: Path) -> tuple[Recipe, dict[str, object]]:
    """The recipe of a run, and its card (`run.json`).

    Raises:
        RunError: There is no run, or its card is damaged.
        RecipeError: Its recipe is damaged.
    """
    if not (run / CARD).is_file():
        hint = "the folder does not exist" if not run.exists() else f"it has no {CARD}"
        raise RunError(f"{run} is no run: {hint}; start one with `{command('train', 'SOURCE', '--out', run)}`")
    try:
        card = json.loads((run / CARD).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{run / CARD} is damaged: {error}") from error
    if not isinstance(card, dict) or not all(
        isinstance(card.get(key), str) for key in ("source", "data", "fingerprint")
    ):
        raise RunError(f"{run / CARD} is damaged: it does not say which pictures the run learns from")
    return Recipe().changed(read_toml(run / RECIPE)), card


def open_data(
    source: str | Path, recipe: Recipe, preparing: Callable[[int, int | None], None] | None = None
) -> PackedSet:
    """The packed set that a recipe trains on, prepared into the cache if the source is no packed set.

    Raises:
        SourceError, PackedSetError: It cannot be used, or does not fit the recipe's size and channels.
    """
    path = Path(source)
    if is_packed_set(path):
        data = PackedSet.open(path)
        for flag, wanted, found in (("size", recipe.size, data.size), ("channels", recipe.channels, data.channels)):
            if wanted not in (None, found):
                raise PackedSetError(
                    f"{path} holds pictures with {flag} {found}, but the recipe (preset {recipe.preset}) "
                    f"wants {wanted}; leave the flag out, or prepare the source again with --{flag} {wanted}"
                )
    else:
        options = PrepareOptions(size=recipe.size or 64, channels=recipe.channels or 3)
        data = cached(str(source), options, preparing)
    if data.images.nbytes <= VERIFIED:
        data.verify()
    if len(data) < 2:
        raise PackedSetError(f"{source} has {len(data)} usable picture; a GAN learns from a set: give it at least 2")
    return data


def _sit(run: Path, recipe: Recipe, card: Mapping[str, object], data: PackedSet, watcher: Watcher) -> Result:
    """One sitting: from the newest checkpoint, or the beginning, until the run ends or is stopped."""
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    if recipe.device == "cpu":
        reuse_memory()
    with _explained(run), _locked(run), StopRequest() as stop:
        (run / FOLDER).mkdir(exist_ok=True)
        remove_partial(run)
        remove_partial(run / FOLDER)
        state = TrainingState(recipe)
        damaged: list[str] = []
        begun = list_checkpoints(run)
        if not begun and read_records(run / METRICS):
            raise RunError(f"{run} has no checkpoint left to go on from, and to begin anew would overwrite its records")
        if begun:
            _, damaged = restore_newest(run, state)
        pictures = Pictures(data.images, state.device)
        with Journal(run, state.progress) as journal:
            for sentence in damaged:
                journal.event(state.progress, "damaged", sentence)
                watcher.event("damaged", sentence)
            kind = "resumed" if begun else "started"
            journal.event(state.progress, kind, f"at {state.progress.images:,} images")
            ending = Loop(run, state, pictures, journal, watcher).train(stop)
            journal.event(state.progress, ending, f"at {state.progress.images:,} images")
        if ending == "finished":
            _save_final_model(run, state, pictures)
        write_film(run)
        write_report(run, recipe, data, card)
        sheets = list_sheets(run)
        return Result(run, ending, state.progress.images, sheets[-1] if sheets else None, stop.signal)


def _save_final_model(run: Path, state: TrainingState, pictures: Pictures) -> None:
    if (run / "model").exists():  # of a shorter run that was extended; the last checkpoint holds the new one already
        shutil.rmtree(run / "model")
    with new_folder(run / "model") as folder:
        measured_model(state, pictures).save(folder)


def _data_of(
    run: Path, card: Mapping[str, object], recipe: Recipe, preparing: Callable[[int, int | None], None] | None
) -> PackedSet:
    """The very pictures that the run began with."""
    source = card["data"] if is_packed_set(Path(str(card["data"]))) else card["source"]
    data = open_data(str(source), recipe, preparing)
    if data.fingerprint != card["fingerprint"]:
        raise RunError(
            f"the pictures in {source} are not those that {run} began with; bring them back, or start a new run"
        )
    return data


@contextmanager
def _locked(run: Path) -> Iterator[None]:
    lock = FileLock(run / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError(f"another process is training {run}; stop it first, or wait until it ends") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _explained(run: Path) -> Iterator[None]:
    """Turn what disk and memory do to a run into words."""
    try:
        yield
    except OSError as error:
        remedy = "make room" if error.errno == errno.ENOSPC else "mend that"
        raise RunError(
            f"cannot write to {run}: {error.strerror or error}. What was saved before stays; {remedy} and go on with "
            f"`{command('train', '--resume', run)}`"
        ) from error
    except torch.OutOfMemoryError as error:
        raise RunError(
            "the device is out of memory; take a smaller --batch-size, --width or --size, or another --device"
        ) from error


def _absolute(source: str | Path) -> str:
    return str(Path(source).resolve()) if Path(source).exists() else str(source)


def _machine(recipe: Recipe) -> dict[str, object]:
    device = torch.cuda.get_device_name(recipe.device) if recipe.device.startswith("cuda") else platform.machine()
    return {
        "device": device,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": recipe.threads,
    }
