"""The training loop, from top to bottom like the paper's algorithm."""

import errno
import math
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import torch

from dcgan.errors import command
from dcgan.model import Model
from dcgan.progress import duration
from dcgan.randomness import Stream, torch_rng
from dcgan.sound.spectrogram import SoundFormat
from dcgan.training.batches import ImageLoader
from dcgan.training.callbacks import Callback
from dcgan.training.checkpoint import newest_healthy, prune, restore_newest, save_checkpoint
from dcgan.training.cuda_graph import GraphReplay
from dcgan.training.interrupt import StopRequest
from dcgan.training.logger import Logger
from dcgan.training.monitor import GRACE, Problem, check_health
from dcgan.training.snapshots import Evaluator, MeasuredDistance, Snapshots
from dcgan.training.state import TrainingState
from dcgan.training.step import train_step
from dcgan.words import counted

MAX_ROLLBACKS = 8  # the learning rate is then 1/256 of what it was, and something else is wrong
MAX_IDLE_ROLLBACKS = 2  # in a row without a gain: the recipe is wrong
BETA1 = 0.5  # the paper's: with 0.9 trainings oscillate

Ending = Literal["finished", "stopped", "collapsed"]


class Trainer:
    """One session of a training run.

    Everything that the weights depend on is a function of the recipe, the images and the step: a run that is
    interrupted anywhere and resumed from a checkpoint ends with the same weights as one that was not.
    """

    def __init__(
        self,
        run: Path,
        state: TrainingState,
        loader: ImageLoader,
        logger: Logger,
        callback: Callback,
        evaluator: Evaluator | None = None,
        labels: Sequence[str] = (),
        sound: SoundFormat | None = None,
    ) -> None:
        self.run = run
        self.state = state
        self.ranks = state.ranks
        self.loader = loader
        self.logger = logger
        self.callback = callback
        self.evaluator = evaluator
        self.snapshots = Snapshots(state, loader, labels, sound)
        self.target = state.recipe.target_images(len(loader))
        self._graph = GraphReplay() if state.recipe.capture else None
        self._started = time.monotonic() - state.progress.seconds
        self._last = (state.progress.seconds, state.progress.images)
        self._saved = state.progress.images  # a moment that has a checkpoint already

    def train(self, stop: StopRequest) -> Ending:
        """Train until a length of the recipe is reached, a stop is asked for, or a collapse ends the run."""
        state, recipe = self.state, self.state.recipe
        if state.progress.images == 0:
            self._save()
            if not self.snapshots.real_diversity:
                self._report_event("alike", "the training images are all alike, so a collapse cannot be detected")
        done = state.progress.images > 0 and self._done()  # even the shortest run sees one mini-batch
        done, stopped_by = self._agree(done, stop)
        if done:
            self._report_event(
                "note",
                f"the run reached its length after {duration(state.progress.seconds)} of training, and does not train "
                "further. Extend it with `images` or `minutes`, which count from its beginning",
            )
        while not done:
            if stopped_by is not None:
                stop.signal = stopped_by
                if state.progress.images != self._saved:
                    self._save()
                return "stopped"
            before = state.progress.images

            self.step()

            images = state.progress.images
            self.callback.on_step(state, self._estimated_target())
            done, stopped_by = self._agree(self._done(), stop)
            evaluate = recipe.evaluate_every and (done or _crossed(recipe.evaluate_every, before, images))
            save = done or evaluate or _crossed(recipe.checkpoint_every, before, images)
            check = done or _crossed(recipe.sheet_every, before, images)
            if save or check:
                model = self.snapshots.model() if save else None
                distance = self.evaluator.measure(model) if model and evaluate and self.evaluator else None
                problem = self._check(distance, counts=check)
                if problem == "nan" or (problem == "collapse" and recipe.on_collapse != "ignore"):
                    if recipe.on_collapse != "rollback":
                        go_back = command("train", "--resume", self.run, "--on-collapse", "rollback")
                        self._report_event("advice", f"go back to the last healthy checkpoint with: {go_back}")
                        return "collapsed"
                    if not self._roll_back():
                        return "collapsed"
                    done = False
                elif model:
                    self._save(model, distance)
        if not state.progress.healthy:
            self._report_event(
                "collapse", "the run ended with near-identical images; train longer, or with another `lr`"
            )
        return "finished"

    def step(self) -> None:
        """Train on the next mini-batch, or on this rank's share of it."""
        state = self.state
        recipe, progress = state.recipe, state.progress
        if state.is_random:  # dropout and the noise of nets of your own come from torch's global generator
            key = (recipe.seed, progress.rollbacks, progress.step, self.ranks.rank)
            torch.manual_seed(torch_rng(Stream.OWN_NETS, *key).initial_seed())
        rows = self.ranks.share(recipe.definite.batch_size)
        batch = self.loader.batch(recipe, progress.step, progress.rollbacks, rows)
        if self._graph:
            train_step(state, batch, self._graph)
        else:
            train_step(state, batch)

    def _agree(self, done: bool, stop: StopRequest) -> tuple[bool, int | None]:
        """Whether the run is done for any rank, and the signal that asked any of them to stop."""
        ended, number = self.ranks.largest(done, -1 if stop.signal is None else stop.signal)
        return bool(ended), number if number >= 0 else None

    def _check(self, distance: MeasuredDistance | None, *, counts: bool) -> Problem | None:
        """Write the record and the sheet of this moment, and name what is wrong, if anything is.

        Only the checks that `counts` are asked whether a collapse lasts: those that come every `sheet_every` images,
        and the last. How often a run is saved or measured does not matter to that.
        """
        state = self.state
        state.progress.seconds = self._seconds()
        self.ranks.average([state.sums])
        record = self.snapshots.record()
        seconds, images = self._last
        record["images_per_second"] = (state.progress.images - images) / max(state.progress.seconds - seconds, 1e-9)
        if distance:
            record["kernel_distance"] = distance.mean
        finite = all(math.isfinite(value) for value in record.values())
        d_real, d_fake = record.get("d_real", 0.5), record.get("d_fake", 0.5)
        grace = GRACE[state.recipe.optimizer]
        health = check_health(
            state.progress, record["diversity"], d_real, d_fake, finite=finite, counts=counts, grace=grace
        )
        health, state.progress = self.ranks.agree((health, state.progress))
        self.logger.record(record)
        sheet = self.logger.save_sheet(state.progress, self.snapshots.sheet(), self.snapshots.columns)
        self.callback.on_sheet(record, sheet)
        if health.problem:
            self._report_event(health.problem, health.message)
        self._last = (self._seconds(), state.progress.images)
        return health.problem

    def _save(self, model: Model | None = None, distance: MeasuredDistance | None = None) -> None:
        state = self.state
        state.progress.seconds = self._seconds()
        self.ranks.average([state.sums])
        model = model or self.snapshots.model()
        if self.ranks.leads:
            if not self.run.is_dir():  # removed: a checkpoint by itself is not a run
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.run))
            checkpoint = save_checkpoint(self.run, state, model, distance)
            prune(self.run, state.recipe.keep)
            self.callback.on_checkpoint(checkpoint.path)
        self._saved = state.progress.images

    def _roll_back(self) -> bool:
        """Go back to the last healthy checkpoint with half the learning rate, on other random numbers.

        False if that is no use: there is none, or roll-backs gain nothing.
        """
        state, before = self.state, self.state.progress
        rollbacks, healthy = before.rollbacks + 1, newest_healthy(self.run)
        gained = healthy is not None and (rollbacks == 1 or healthy.images > before.rolled_back_to)
        idle = 0 if gained else before.idle_rollbacks + 1
        if healthy is None or idle >= MAX_IDLE_ROLLBACKS or rollbacks > MAX_ROLLBACKS:
            self._report_event("advice", self._advice(rollbacks - 1))
            return False
        checkpoint, damaged = restore_newest(self.run, state, healthy=True)
        self.ranks.wait()  # until all have read it
        state.progress.rollbacks, state.progress.rolled_back_to = rollbacks, checkpoint.images
        state.progress.idle_rollbacks = idle
        state.set_learning_rates()
        self._last = (self._seconds(), state.progress.images)
        self.logger.rewind(state.progress)
        for sentence in damaged:
            self._report_event("damaged", sentence)
        self._report_event(
            "rollback",
            f"back to the healthy checkpoint at {checkpoint.images:,} images; learning rate {state.learning_rate():g}",
        )
        self._save()
        return True

    def _advice(self, rollbacks: int) -> str:
        """What to change where roll-backs do not help."""
        recipe = self.state.recipe
        remedies = [f"a lower `lr` than {recipe.lr:g}"]
        if recipe.beta1 > BETA1:
            remedies.append(f"`beta1` {BETA1:g}, not {recipe.beta1:g}")
        if recipe.updates != "alternate":
            remedies.append("`updates` alternate")
        remedies += ["larger `base_channels`", "more pictures"]
        return (
            f"the training goes wrong again after {counted(rollbacks, 'roll-back')}: start a new run with "
            f"{', '.join(remedies[:-1])} or {remedies[-1]}"
        )

    def _report_event(self, kind: str, text: str) -> None:
        self.logger.event(self.state.progress, kind, text)
        self.callback.on_event(kind, f"at {self.state.progress.images:,} images: {text}")

    def _seconds(self) -> float:
        return time.monotonic() - self._started

    def _done(self) -> bool:
        minutes = self.state.recipe.minutes
        reached = self.target is not None and self.state.progress.images >= self.target
        return reached or (minutes is not None and self._seconds() >= minutes * 60)

    def _estimated_target(self) -> int:
        minutes, images = self.state.recipe.minutes, self.state.progress.images
        by_time = round(images * max(1.0, minutes * 60 / self._seconds())) if minutes else None
        return min(limit for limit in (self.target, by_time) if limit is not None)


def _crossed(every: int, before: int, after: int) -> bool:
    return before // every != after // every
