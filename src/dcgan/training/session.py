"""One sitting of a run: from its newest checkpoint, or the beginning, until it ends or is stopped."""

import errno
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from dcgan.data.packed import PackedSet
from dcgan.errors import RunError, command
from dcgan.files import new_folder, remove_partial
from dcgan.model_folder import best_checkpoint
from dcgan.networks.memory import reuse_memory
from dcgan.training.callbacks import Silent, Watcher
from dcgan.training.checkpoint import FOLDER, list_checkpoints, restore_newest
from dcgan.training.distributed import Ranks, threads_here
from dcgan.training.evaluation import Evaluator
from dcgan.training.image_loader import Pictures
from dcgan.training.interrupt import StopRequest
from dcgan.training.logger import METRICS, Journal, read_records
from dcgan.training.recipe import Recipe
from dcgan.training.report import list_sheets, write_film, write_report
from dcgan.training.snapshots import measured_model
from dcgan.training.state import TrainingState
from dcgan.training.trainer import Ending, Loop


@dataclass(frozen=True)
class Result:
    """How a sitting of a run ended.

    Attributes:
        run: The run folder.
        ending: "finished", "stopped" (by a signal; to be resumed) or "collapsed" (with `on_collapse` "stop").
        images: Images seen.
        sheet: The newest sheet of samples, if there is one yet.
        best: The checkpoint with the least kernel distance, if it was measured (`evaluate_every`).
        stopped_by: The signal's number if one stopped it.
        leads: Whether this process is the one that speaks for all ranks.
    """

    run: Path
    ending: Ending
    images: int
    sheet: Path | None
    best: Path | None
    stopped_by: int | None
    leads: bool


def sit(
    run: Path,
    recipe: Recipe,
    card: Mapping[str, object],
    data: PackedSet,
    evaluator: Evaluator | None,
    watcher: Watcher,
    ranks: Ranks,
) -> Result:
    """Go on with a run, or begin it, in this process; the other ranks do the same."""
    if threads := threads_here(recipe, ranks):
        torch.set_num_threads(threads)
    if recipe.device == "cpu":
        reuse_memory()
    torch.backends.cudnn.benchmark = True  # the shapes never change: let it try its ways of convolving once
    with explained(run), ExitStack() as stack:
        ranks.first(lambda: stack.enter_context(_taken(run)))
        watcher = watcher if ranks.leads else Silent()
        stop = stack.enter_context(StopRequest())
        state = TrainingState(recipe, ranks)
        damaged = _restore(run, state)
        ranks.wait()  # until all have read what the leading one may replace
        pictures = Pictures(data.pixels, state.device)
        with Journal(run, state.progress, writes=ranks.leads) as journal:
            for sentence in damaged:
                journal.event(state.progress, "damaged", sentence)
                watcher.event("damaged", sentence)
            kind = "resumed" if list_checkpoints(run) else "started"
            journal.event(state.progress, kind, f"at {state.progress.images:,} images")
            ending = Loop(run, state, pictures, journal, watcher, evaluator).train(stop)
            journal.event(state.progress, ending, f"at {state.progress.images:,} images")
        if ending == "finished":
            _save_final_model(run, state, pictures)
        if ranks.leads:
            write_film(run)
            write_report(run, recipe, data, card)
        sheets, best = list_sheets(run), best_checkpoint(run)
        sheet = sheets[-1] if sheets else None
        return Result(run, ending, state.progress.images, sheet, best, stop.signal, ranks.leads)


def _restore(run: Path, state: TrainingState) -> list[str]:
    """Bring `state` to the newest whole checkpoint, if there is one; tell of those that were passed over."""
    if list_checkpoints(run):
        return restore_newest(run, state)[1]
    if read_records(run / METRICS):
        raise RunError(f"{run} has no checkpoint left to go on from, and to begin anew would overwrite its records")
    return []


def _save_final_model(run: Path, state: TrainingState, pictures: Pictures) -> None:
    model = measured_model(state, pictures)
    if not state.ranks.leads:
        return
    if (run / "model").exists():  # of a shorter run that was extended; the last checkpoint holds the new one already
        shutil.rmtree(run / "model")
    with new_folder(run / "model") as folder:
        model.write_into(folder)


@contextmanager
def _taken(run: Path) -> Iterator[None]:
    """Within the block the run is this process's alone; what a killed one left half-written is cleared away."""
    lock = FileLock(run / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError(f"another process is training {run}; stop it first, or wait until it ends") from None
    try:
        (run / FOLDER).mkdir(exist_ok=True)
        remove_partial(run)
        remove_partial(run / FOLDER)
        yield
    finally:
        lock.release()


@contextmanager
def explained(run: Path) -> Iterator[None]:
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
            "the device is out of memory; take a smaller --batch-size, --base-channels or --size, or another --device"
        ) from error
