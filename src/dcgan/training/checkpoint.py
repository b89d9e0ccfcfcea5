"""Checkpoints: a model folder plus the state of training, written beside, flushed, renamed, and verified when read."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from dcgan.errors import ModelError, RunError
from dcgan.files import new_folder, sha256
from dcgan.model import CARD, Model, best_checkpoint, load, read_card, read_tensors, write_tensors
from dcgan.training.state import Progress, TrainingState

FOLDER = "checkpoints"
STATE = "training.safetensors"


@dataclass(frozen=True, order=True)
class Checkpoint:
    """One checkpoint of a run, ordered by roll-backs and then by images seen."""

    rollbacks: int
    images: int
    path: Path


def list_checkpoints(run: Path) -> list[Checkpoint]:
    """The run's checkpoints, the oldest first, whole or not."""
    found = []
    for path in (run / FOLDER).glob("[0-9]*"):
        images, _, rollbacks = path.name.partition("-r")
        if images.isdigit() and (not rollbacks or rollbacks.isdigit()):
            found.append(Checkpoint(int(rollbacks or 0), int(images), path))
    return sorted(found)


def save_checkpoint(run: Path, state: TrainingState, model: Model) -> Checkpoint:
    """Write a checkpoint of `state`; `model` is its averaged generator and discriminator, with measured statistics.

    Raises:
        OSError: The disk is full or cannot be written; no half-written checkpoint is left.
    """
    progress = state.progress
    suffix = f"-r{progress.rollbacks}" if progress.rollbacks else ""
    path = run / FOLDER / f"{progress.images:010d}{suffix}"
    if path.exists():  # a stop right after a checkpoint, or a damaged one that was passed over
        shutil.rmtree(path)
    with new_folder(path) as folder:
        model.save(folder)
        write_tensors(state.tensors(), folder / STATE)
        card = read_card(folder)
        digests = card["sha256"]
        assert isinstance(digests, dict)
        card |= {"progress": asdict(progress), "sha256": {**digests, STATE: sha256(folder / STATE)}}
        (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", "utf-8")
    return Checkpoint(progress.rollbacks, progress.images, path)


def restore_checkpoint(checkpoint: Checkpoint, state: TrainingState) -> None:
    """Bring `state` back to a checkpoint.

    Raises:
        ModelError: The checkpoint is damaged or belongs to other nets.
    """
    path = checkpoint.path
    model = load(path)
    card = read_card(path)
    tensors = read_tensors(path / STATE, card)
    try:
        counters = card["progress"]
        if not isinstance(counters, dict):
            raise TypeError("its counters are missing")
        progress = Progress(**counters)
        state.progress = progress
        state.restore(tensors, model.generator, model.discriminator)
    except (KeyError, TypeError, RuntimeError) as error:
        raise ModelError(f"the checkpoint {path} does not fit this run: {error}") from error


def restore_newest(run: Path, state: TrainingState) -> tuple[Checkpoint, list[str]]:
    """Bring `state` back to the newest checkpoint that is whole.

    Returns:
        The checkpoint, and a sentence for each newer one that had to be passed over.

    Raises:
        RunError: None is whole.
    """
    damaged = []
    for checkpoint in reversed(list_checkpoints(run)):
        try:
            restore_checkpoint(checkpoint, state)
        except ModelError as error:
            damaged.append(f"passed over a damaged checkpoint: {error}")
        else:
            return checkpoint, damaged
    raise RunError("\n".join([f"{run} has no whole checkpoint to resume from", *damaged]))


def newest_healthy(run: Path) -> Checkpoint | None:
    """The newest checkpoint that was checked when it was written, and found healthy.

    One written between two checks, when the run was asked to stop, may hold a collapse that nobody has seen yet.
    """
    return next((checkpoint for checkpoint in reversed(list_checkpoints(run)) if _healthy(checkpoint)), None)


def prune(run: Path, keep: int) -> None:
    """Delete all but the `keep` newest checkpoints; the newest healthy one and the best stay whatever their age."""
    checkpoints = list_checkpoints(run)
    best = best_checkpoint(run)
    spared = {checkpoint.path for checkpoint in (*checkpoints[-keep:], newest_healthy(run)) if checkpoint}
    for checkpoint in checkpoints:
        if checkpoint.path not in spared and checkpoint.path != best:
            shutil.rmtree(checkpoint.path, ignore_errors=True)


def choose(run: Path, images: int | None, name: str) -> Path:
    """Copy a checkpoint to `run/chosen/name`, where nothing deletes or overwrites it.

    Args:
        run: The run folder.
        images: Images seen by the checkpoint; None for the newest.
        name: What to call it: letters, digits, ".", "-" and "_".

    Raises:
        RunError: There is no such checkpoint, or the name is taken or no name.
    """
    checkpoints = list_checkpoints(run)
    matching = [checkpoint for checkpoint in checkpoints if images in (None, checkpoint.images)]
    if not matching:
        there = ", ".join(str(checkpoint.images) for checkpoint in checkpoints) or "none"
        raise RunError(f"{run} has no checkpoint{'' if images is None else f' at {images} images'}; there are: {there}")
    if not name or name.startswith(".") or not set(name) <= set(_NAME):
        raise RunError(f"--name {name!r}: use letters, digits, '.', '-' and '_', not '.' first")
    target = run / "chosen" / name
    if target.exists():
        raise RunError(f"{target} exists; a chosen checkpoint is never overwritten: take another --name")
    with new_folder(target) as folder:
        for file in matching[-1].path.iterdir():
            shutil.copyfile(file, folder / file.name)
    return target


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
