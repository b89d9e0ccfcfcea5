"""Checkpoints: a model folder plus the state of training, written beside, flushed, renamed, and verified when read."""

import json
import os
import shutil
from contextlib import suppress
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path

from dcgan.atomic_files import new_folder
from dcgan.errors import ModelError, RunError, UsageError
from dcgan.files import TRAINING_FILE, sha256
from dcgan.loading import load
from dcgan.model import Model
from dcgan.model_folder import (
    BEST,
    CARD,
    best_checkpoint,
    best_checkpoints,
    find,
    is_whole,
    read_card,
    read_tensors,
    write_tensors,
)
from dcgan.training.snapshots import MeasuredDistance
from dcgan.training.state import Progress, TrainingState

CHECKPOINTS = "checkpoints"
KEPT = "kept"


@dataclass(frozen=True, order=True)
class Checkpoint:
    """One checkpoint of a run, ordered by roll-backs and then by images seen."""

    rollbacks: int
    images: int
    path: Path


def moment_name(rollbacks: int, images: int) -> str:
    """How what belongs to a moment of a run is named: by the images seen, and the roll-backs if there were any."""
    return f"{images:010d}" + (f"-r{rollbacks}" if rollbacks else "")


def parse_moment(name: str) -> tuple[int, int] | None:
    """Roll-backs and images seen of a name that `moment_name` made, or None."""
    images, _, rollbacks = name.partition("-r")
    return (int(rollbacks or 0), int(images)) if images.isdigit() and (not rollbacks or rollbacks.isdigit()) else None


def list_checkpoints(run: Path) -> list[Checkpoint]:
    """The run's checkpoints, the oldest first, whole or not."""
    moments = {path: parse_moment(path.name) for path in (run / CHECKPOINTS).glob("[0-9]*")}
    return sorted(Checkpoint(*moment, path) for path, moment in moments.items() if moment)


def save_checkpoint(
    run: Path, state: TrainingState, model: Model, distance: MeasuredDistance | None = None
) -> Checkpoint:
    """Write a checkpoint of `state`.

    Args:
        run: The run folder.
        state: The training.
        model: Its averaged generator and discriminator, with measured statistics.
        distance: The model's kernel distance, if it was measured.

    Raises:
        OSError: The disk is full or cannot be written; no half-written checkpoint is left.
    """
    progress = state.progress
    path = run / CHECKPOINTS / moment_name(progress.rollbacks, progress.images)
    if path.exists():  # a stop right after a checkpoint, or a damaged one that was passed over
        shutil.rmtree(path)
    with new_folder(path) as folder:
        model.write_into(folder)
        write_tensors(state.tensors(), folder / TRAINING_FILE)
        card = read_card(folder)
        digests = card["sha256"]
        assert isinstance(digests, dict)
        card |= {"progress": asdict(progress), "sha256": {**digests, TRAINING_FILE: sha256(folder / TRAINING_FILE)}}
        if distance:
            card["kernel_distance"] = asdict(distance)
        (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", "utf-8")
    if distance:
        link_best(run)
    return Checkpoint(progress.rollbacks, progress.images, path)


def link_best(run: Path) -> None:
    """Let RUN/best be a link to the checkpoint with the least kernel distance; no link where none was measured.

    Where a file system has no links, `RUN/best` is still understood wherever a model is named.
    """
    best, link = best_checkpoint(run), run / BEST
    partial = run / f".{BEST}.partial-link"
    with suppress(OSError):
        partial.unlink(missing_ok=True)
        if best is None:
            link.unlink(missing_ok=True)
        elif not link.is_symlink() or link.resolve() != best.resolve():
            if not link.is_symlink() and (link / CARD).is_file():  # a run that was copied without its links
                shutil.rmtree(link)
            partial.symlink_to(best.relative_to(run), target_is_directory=True)
            partial.replace(link)


def restore_checkpoint(checkpoint: Checkpoint, state: TrainingState) -> None:
    """Bring `state` back to a checkpoint.

    Raises:
        ModelError: The checkpoint is damaged or belongs to other nets.
    """
    path = checkpoint.path
    if state.own:
        nets = {"generator": deepcopy(state.ema_generator), "discriminator": deepcopy(state.discriminator)}
        model = load(path, state.recipe.device, **nets)
    else:
        model = load(path, state.recipe.device)
    card = read_card(path)
    tensors = read_tensors(path / TRAINING_FILE, card)
    try:
        progress = Progress.read(card["progress"])
        if (progress.rollbacks, progress.images) != (checkpoint.rollbacks, checkpoint.images):
            raise ValueError("its counters are those of another")
        state.progress = progress
        state.restore(tensors, model.generator, model.discriminator)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(f"the checkpoint {path} does not fit this run: {error}") from error


def restore_newest(run: Path, state: TrainingState, *, healthy: bool = False) -> tuple[Checkpoint, list[str]]:
    """Bring `state` back to the newest checkpoint that is whole, or to the newest `healthy` one that is.

    Returns:
        The checkpoint, and a sentence for each that is damaged.

    Raises:
        RunError: None is whole.
    """
    damaged = []
    left = [checkpoint for checkpoint in list_checkpoints(run) if not healthy or _healthy(checkpoint)]
    while left:
        checkpoint = left.pop()
        try:
            restore_checkpoint(checkpoint, state)
        except ModelError as error:
            damaged.append(f"skipped a damaged checkpoint: {error}")
        else:
            older = (other.path for other in left if not is_whole(other.path))
            return checkpoint, [*damaged, *(f"an older checkpoint is damaged: {path}" for path in older)]
    raise RunError("\n".join([f"{run} has no whole checkpoint to resume from", *damaged]))


def newest_healthy(run: Path) -> Checkpoint | None:
    """The newest checkpoint that was checked when it was written, and found healthy.

    One written between two checks, when the run was asked to stop, may hold a collapse that nobody has seen yet.
    """
    return next((checkpoint for checkpoint in reversed(list_checkpoints(run)) if _healthy(checkpoint)), None)


def prune(run: Path, keep: int) -> None:
    """Delete all but the `keep` newest checkpoints.

    The newest healthy one stays whatever its age, and so does the best of each way of measuring.
    """
    checkpoints = list_checkpoints(run)
    spared = {checkpoint.path for checkpoint in (*checkpoints[-keep:], newest_healthy(run)) if checkpoint}
    spared.update(best_checkpoints(run).values())
    for checkpoint in checkpoints:
        if checkpoint.path not in spared:
            shutil.rmtree(checkpoint.path, ignore_errors=True)


def keep_checkpoint(run: Path, name: str, images: int | None = None, *, best: bool = False) -> Path:
    """Keep a checkpoint for good as `run/kept/name`, where nothing deletes or overwrites it.

    Its files are linked, not copied, where the file system can do that.

    Args:
        run: The run folder.
        images: Images seen by the checkpoint. By default the newest.
        best: Take the one with the least kernel distance instead.
        name: What to call it: letters, digits, ".", "-" and "_".

    Raises:
        RunError: There is no such checkpoint, it is damaged, or the name is taken.
        UsageError: The name is none.
    """
    checkpoint = find(run / BEST) if best else _seen(run, images)
    if not name or name.startswith(".") or not set(name) <= set(_NAME):
        raise UsageError(
            f"`name` {name!r} must have only letters, digits, '.', '-' and '_', and must not start with '.'"
        )
    if not is_whole(checkpoint):
        whole = ", ".join(str(other.images) for other in list_checkpoints(run) if is_whole(other.path)) or "none"
        raise RunError(f"{checkpoint} is damaged: keep another one with `images`; undamaged ones are at: {whole}")
    target = run / KEPT / name
    if target.exists():
        raise RunError(f"{target} exists, and a kept checkpoint is never overwritten: use another `name`")
    with new_folder(target) as folder:
        for file in checkpoint.iterdir():
            try:
                os.link(file, folder / file.name)
            except OSError:  # no hard links here
                shutil.copyfile(file, folder / file.name)
    return target


def _seen(run: Path, images: int | None) -> Path:
    """The newest checkpoint that has seen so many images, or the newest."""
    if run.name == BEST and not (run / CHECKPOINTS).is_dir():
        raise RunError(f"{run} is a checkpoint: name its run, {run.parent}, and `best`")
    checkpoints = list_checkpoints(run)
    matching = [checkpoint for checkpoint in checkpoints if images in (None, checkpoint.images)]
    if not matching:
        there = ", ".join(str(checkpoint.images) for checkpoint in checkpoints) or "none"
        raise RunError(f"{run} has no checkpoint{'' if images is None else f' at {images} images'}; there are: {there}")
    return matching[-1].path


_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"


def _healthy(checkpoint: Checkpoint) -> bool:
    try:
        progress = read_card(checkpoint.path).get("progress")
    except ModelError:
        return False
    return (
        isinstance(progress, dict)
        and progress.get("healthy") is True
        and progress.get("checked") == progress.get("images")
    )
