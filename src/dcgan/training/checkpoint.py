"""Checkpoints: a model folder plus the state of training, written beside, flushed, renamed, and verified when read."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from dcgan.errors import ModelError, RunError
from dcgan.files import new_folder, sha256
from dcgan.model import Model, load
from dcgan.model_folder import BEST, CARD, best_checkpoints, find, is_whole, read_card, read_tensors, write_tensors
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
        model.write_into(folder)
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
            damaged.append(f"passed over a damaged checkpoint: {error}")
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


def choose(run: Path, name: str, images: int | None = None, *, best: bool = False) -> Path:
    """Copy a checkpoint to `run/chosen/name`, where nothing deletes or overwrites it.

    Args:
        run: The run folder.
        images: Images seen by the checkpoint. By default the newest.
        best: Take the one with the least kernel distance instead.
        name: What to call it: letters, digits, ".", "-" and "_".

    Raises:
        RunError: There is no such checkpoint, or the name is taken or no name.
    """
    checkpoint = find(run / BEST) if best else _seen(run, images)
    if not name or name.startswith(".") or not set(name) <= set(_NAME):
        raise RunError(f"--name {name!r}: use letters, digits, '.', '-' and '_', not '.' first")
    target = run / "chosen" / name
    if target.exists():
        raise RunError(f"{target} exists; a chosen checkpoint is never overwritten: take another --name")
    with new_folder(target) as folder:
        for file in checkpoint.iterdir():
            shutil.copyfile(file, folder / file.name)
    return target


def _seen(run: Path, images: int | None) -> Path:
    """The newest checkpoint that has seen so many images, or the newest."""
    if run.name == BEST and not run.exists():
        raise RunError(f"{run} is a checkpoint of {run.parent}; name that run, and --best")
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
