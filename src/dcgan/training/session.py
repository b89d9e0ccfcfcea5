"""One session of a run: from its newest checkpoint, or the beginning, until it ends or is stopped."""

import errno
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from PIL import Image

from dcgan.atomic_files import remove_partial, write_atomic
from dcgan.data.packed import PackedSet
from dcgan.errors import RunError, command
from dcgan.figures.notebook import html_of, svg_html
from dcgan.figures.report_charts import charts
from dcgan.files import RUN_FILE
from dcgan.loading import load
from dcgan.model import Model
from dcgan.model_folder import best_checkpoint, is_whole, read_card
from dcgan.networks.memory import reuse_memory
from dcgan.randomness import Stream
from dcgan.training.batches import ImageLoader
from dcgan.training.callbacks import BY_CALLBACK, Callback, Callbacks
from dcgan.training.checkpoint import CHECKPOINTS, list_checkpoints, moment_name, restore_newest
from dcgan.training.distributed import Ranks, threads_here
from dcgan.training.interrupt import StopRequest
from dcgan.training.logger import METRICS, Logger, read_records
from dcgan.training.recipe import Recipe
from dcgan.training.report import list_sheets, write_film, write_report
from dcgan.training.run_folder import RECIPE
from dcgan.training.snapshots import STATISTICS_IMAGES, build_evaluator
from dcgan.training.state import OwnNets, TrainingState
from dcgan.training.trainer import Ending, Trainer
from dcgan.training.transfer import START


@dataclass(frozen=True)
class TrainingResult:
    """How a session of a run ended.

    Attributes:
        run: The run folder.
        ending: "finished", "stopped" (by a signal; to be resumed) or "collapsed" (with `on_collapse` "stop").
        images: Images seen.
        sheet: The newest sheet of samples, if there is one yet.
        best: The checkpoint with the least kernel distance, if it was measured (`evaluate_every`).
        stopped_by: The signal's number if one stopped it.
        leads: Whether this process is the one that speaks for all ranks.
        predicts: Whether its nets predict frames, and draw no pictures from z.
        sounds: Whether what they draw are spectrograms of sounds.
        chosen: What dcgan chose when the run began, and why: {name: {value, why}}.
    """

    run: Path
    ending: Ending
    images: int
    sheet: Path | None
    best: Path | None
    stopped_by: int | None
    leads: bool
    predicts: bool = False
    sounds: bool = False
    chosen: Mapping[str, object] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        """What a notebook shows: how it ended, the newest sheet, and the discriminator's belief over time."""
        line = f"<p><code>{escape(str(self.run))}</code>: {self.ending} after {self.images:,} images</p>"
        sheet = ""
        if self.sheet is not None:
            with Image.open(self.sheet) as picture:
                sheet = html_of(picture, "the newest sheet of samples")
        curve = next(charts(read_records(self.run / METRICS)), "")
        return line + sheet + (svg_html(curve) if curve else "")


def run_session(
    run: Path,
    recipe: Recipe,
    card: Mapping[str, object],
    data: PackedSet,
    callbacks: Sequence[Callback],
    ranks: Ranks,
    nets: OwnNets | None,
    notes: Sequence[str] = (),
    *,
    changed: bool = False,
) -> TrainingResult:
    """Train a run in this process, from its newest checkpoint or the beginning; the other ranks do the same.

    `notes` are said as it begins; a run that begins anew says those of its card. A recipe that has `changed` is written
    once no other process trains the run.
    """
    if recipe.device == "cpu":
        reuse_memory()
    torch.backends.cudnn.benchmark = True  # the shapes never change: let it try its algorithms once
    with writing_errors(run, begun=True), ExitStack() as stack:
        stack.callback(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(threads_here(recipe, ranks) or torch.get_num_threads())
        ranks.first(lambda: stack.enter_context(_locked(run)))
        if changed and ranks.leads:
            write_atomic(run / RECIPE, recipe.to_toml())
        callback = Callbacks(callbacks if ranks.leads else ())
        evaluator = build_evaluator(recipe, data) if ranks.leads else None
        stop = stack.enter_context(StopRequest())
        stack.enter_context(torch.random.fork_rng(devices=[]))
        state = TrainingState(recipe, recipe.target_images(len(data)), ranks, nets)
        state.origin, state.noun = _origin(card), data.noun
        damaged = _restore(run, state)
        ranks.wait()  # until all have read what the leading one may replace
        loader = ImageLoader(data.pixels, state.device, data.labels)
        if not list_checkpoints(run):
            _begin(run, card, state, loader)
        with Logger(run, state.progress, writes=ranks.leads) as logger:
            for sentence in damaged:
                logger.event(state.progress, "damaged", sentence)
                callback.on_event("damaged", sentence)
            kind = "resumed" if list_checkpoints(run) else "started"
            logger.event(state.progress, kind, f"at {state.progress.images:,} images")
            callback.on_start(state, len(data))
            for note in _notes(card) if kind == "started" else notes:
                logger.event(state.progress, "note", note)
                callback.on_event("note", note)
            trainer = Trainer(
                run, state, loader, logger, callback, evaluator, labels=data.label_names, sound=data.sound
            )
            ending = trainer.train(stop)
            logger.event(state.progress, ending, f"at {state.progress.images:,} images")
        if ending == "finished":
            _save_final_model(run, trainer.snapshots.model(), state)
        if ranks.leads:
            write_film(run)
            write_report(run, recipe, data, card)
        ranks.wait()  # none leaves, and takes its connections along, while another is still at work
        sheets, best = list_sheets(run), best_checkpoint(run)
        sheet = sheets[-1] if sheets else None
        chosen = card.get("chosen")
        return TrainingResult(
            run,
            ending,
            state.progress.images,
            sheet,
            best,
            stop.signal,
            ranks.leads,
            state.family.continues,
            data.sound is not None,
            chosen if isinstance(chosen, dict) else {},
        )


def _restore(run: Path, state: TrainingState) -> list[str]:
    """Bring `state` to the newest whole checkpoint, if there is one; a sentence for each that was skipped."""
    if list_checkpoints(run):
        return restore_newest(run, state)[1]
    if read_records(run / METRICS):
        raise RunError(f"{run} has no checkpoint left to resume from, and starting again would overwrite its records")
    return []


def _notes(card: Mapping[str, object]) -> list[str]:
    """What the run was to say when it began."""
    notes = card.get("notes")
    return [str(note) for note in notes] if isinstance(notes, list) else []


def _begin(run: Path, card: Mapping[str, object], state: TrainingState, loader: ImageLoader) -> None:
    """Give `state` what a run begins with beyond random weights: those of another model, or the mean of its images."""
    if "start" in card:
        model = load(run / START, state.recipe.device)
        state.start_from_nets(model.generator, model.discriminator)
    else:
        state.start_from_mean(loader.random_images(STATISTICS_IMAGES, Stream.STATISTICS_IMAGES, state.recipe.seed))


def _origin(card: Mapping[str, object]) -> dict[str, object]:
    """What models of a run tell of where they come from: names, not where these lie on this machine."""
    source = re.sub(r"(?<![\w:/])/([^/,]*/)*", "", str(card["source"]))
    trained_on = {"source": source, "pictures": card.get("pictures")}
    return {"trained_on": trained_on, **({"start": card["start"]} if "start" in card else {})}


def _save_final_model(run: Path, model: Model, state: TrainingState) -> None:
    """Save the model of this moment, for which there is a checkpoint, unless there is one of a later moment."""
    progress = state.progress
    if not state.ranks.leads or _moment_of(run / "model") > (progress.rollbacks, progress.images):
        return
    checkpoint = run / CHECKPOINTS / moment_name(progress.rollbacks, progress.images)
    measured = read_card(checkpoint).get("kernel_distance")
    if measured:
        model = replace(model, details={**model.details, "kernel_distance": measured})
    model.save(run / "model", overwrite=True)  # that of a shorter run, which was extended


def _moment_of(folder: Path) -> tuple[int, int]:
    """Roll-backs and images seen of a model; those of none where it is missing or damaged."""
    if not is_whole(folder):
        return (0, 0)
    card = read_card(folder)
    rollbacks, images = card.get("rollbacks"), card.get("images")
    return (rollbacks, images) if isinstance(rollbacks, int) and isinstance(images, int) else (0, 0)


@contextmanager
def _locked(run: Path) -> Iterator[None]:
    """Within the block the run is this process's alone; what a killed one left half-written is cleared away."""
    lock = FileLock(run / ".lock")
    try:
        lock.acquire(timeout=1)  # a studio holds it for a moment, to see whether the run is being trained
    except Timeout:
        raise RunError(f"another process is training {run}; stop it first, or wait until it ends") from None
    try:
        (run / CHECKPOINTS).mkdir(exist_ok=True)
        remove_partial(run)
        remove_partial(run / CHECKPOINTS)
        yield
    finally:
        lock.release()


@contextmanager
def writing_errors(run: Path, *, begun: bool = False) -> Iterator[None]:
    """Explain what the disk and the memory do to a run, `begun` or not; what a callback raises passes as it is."""
    try:
        with refuse_out_of_memory():
            yield
    except OSError as error:
        if BY_CALLBACK in getattr(error, "__notes__", ()):
            raise
        remedy = "free some space" if error.errno == errno.ENOSPC else "correct that"
        if (run / RUN_FILE).is_file():
            go_on = f"What was saved before stays; {remedy} and go on with `{command('train', '--resume', run)}`"
        elif begun:
            go_on = "Its folder was removed or moved during the training: resume it where it is now, or train again"
        else:
            go_on = f"Nothing was begun; {remedy}, or name another `out`"
        raise RunError(f"cannot write to {run}: {error.strerror or error}. {go_on}") from error


@contextmanager
def refuse_out_of_memory() -> Iterator[None]:
    """Within the block, a full device is an error that says what to change."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise RunError(
            "the device is out of memory; use a smaller `batch_size`, `base_channels` or `size`, or another `device`"
        ) from error
