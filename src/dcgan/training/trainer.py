"""The training loop, from top to bottom like the paper's algorithm."""

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Literal

from dcgan.errors import RunError
from dcgan.model import Model
from dcgan.training.batch_rng import draw_step
from dcgan.training.callbacks import Watcher
from dcgan.training.checkpoint import newest_healthy, prune, restore_newest, save_checkpoint
from dcgan.training.cuda_graph import CapturedUpdate
from dcgan.training.evaluation import Evaluator
from dcgan.training.image_loader import Pictures
from dcgan.training.interrupt import StopRequest
from dcgan.training.logger import Journal
from dcgan.training.monitor import judge
from dcgan.training.snapshots import draw_samples, measured_model, real_spread, take_record
from dcgan.training.state import TrainingState
from dcgan.training.step import Update, train_step, update_nets

MOST_ROLLBACKS = 8  # the learning rate is then 1/256 of what it was, and something else is wrong

Ending = Literal["finished", "stopped", "collapsed"]


class Loop:
    """One sitting of a training run.

    Everything that the weights depend on is a function of the recipe, the pictures and the step: a run that is
    interrupted anywhere and goes on from a checkpoint ends with the same weights as one that was not.
    """

    def __init__(
        self,
        run: Path,
        state: TrainingState,
        pictures: Pictures,
        journal: Journal,
        watcher: Watcher,
        evaluator: Evaluator | None = None,
    ) -> None:
        self.run = run
        self.state = state
        self.ranks = state.ranks
        self.pictures = pictures
        self.journal = journal
        self.watcher = watcher
        self.evaluator = evaluator
        self.update = CapturedUpdate() if state.recipe.capture else update_nets
        self.target = state.recipe.target_images(len(pictures))
        self.real_spread = real_spread(pictures, state.recipe.seed)
        self._sitting = time.monotonic() - state.progress.seconds
        self._last = (state.progress.seconds, state.progress.images)
        self._saved = state.progress.images  # a moment that has a checkpoint already

    def train(self, stop: StopRequest) -> Ending:
        """Train until a length of the recipe is reached, a stop is asked for, or a collapse ends the run."""
        state, recipe = self.state, self.state.recipe
        if state.progress.images == 0:
            self._save()
            if not self.real_spread:
                self._tell("alike", "the pictures to learn from are all alike: no collapse can be told from them")
        over = state.progress.images > 0 and self._over()  # even the shortest run sees one mini-batch
        over, stopped_by = self._agreed(over, stop)
        while not over:
            if stopped_by is not None:
                stop.signal = stopped_by
                if state.progress.images != self._saved:
                    self._save()
                return "stopped"
            progress = state.progress
            before = progress.images

            train_batch(state, self.pictures, self.update)

            self.watcher.step(progress.images, self._estimate())
            over, stopped_by = self._agreed(self._over(), stop)
            evaluate = recipe.evaluate_every and (over or _crossed(recipe.evaluate_every, before, progress.images))
            save = over or evaluate or _crossed(recipe.checkpoint_every, before, progress.images)
            check = over or _crossed(recipe.sheet_every, before, progress.images)
            if save or check:
                model = measured_model(state, self.pictures) if save else None
                if model and evaluate:
                    model = self._evaluated(model)
                trouble = self._look(model, counts=check)
                if trouble == "nan" or (trouble == "collapse" and recipe.on_collapse != "ignore"):
                    if recipe.on_collapse != "rollback":
                        return "collapsed"
                    self._roll_back()
                    over = False
                elif model:
                    self._save(model)
        if not state.progress.healthy:
            self._tell("collapse", "the run ends with near-identical pictures; train for longer, or with another --lr")
        return "finished"

    def _agreed(self, over: bool, stop: StopRequest) -> tuple[bool, int | None]:
        """Whether the run is over for any rank, and the signal that asked any of them to stop."""
        ended, number = self.ranks.largest(over, -1 if stop.signal is None else stop.signal)
        return bool(ended), number if number >= 0 else None

    def _evaluated(self, model: Model) -> Model:
        """The model with its kernel distance on its card."""
        details = self.evaluator.details(model) if self.evaluator else {}
        return replace(model, details={**model.details, **details})

    def _look(self, model: Model | None, *, counts: bool) -> str | None:
        """Write the record and the sheet of this moment, and name what is wrong, if anything is.

        Only the checks that `counts` are asked whether a collapse lasts: those that come every `sheet_every` images,
        and the last. How often a run is saved or measured does not matter to that.
        """
        state = self.state
        state.progress.seconds = self._seconds()
        self.ranks.average([state.sums])
        record = take_record(state, self.real_spread)
        seconds, images = self._last
        record["images_per_second"] = (state.progress.images - images) / max(state.progress.seconds - seconds, 1e-9)
        distance = model.details.get("kernel_distance") if model else None
        if isinstance(distance, dict):
            record["kernel_distance"] = distance["mean"]
        finite = all(math.isfinite(value) for value in record.values())
        d_real, d_fake = record.get("d_real", 0.5), record.get("d_fake", 0.5)
        verdict = judge(state.progress, record["diversity"], d_real, d_fake, finite=finite, counts=counts)
        verdict, state.progress = self.ranks.agree((verdict, state.progress))
        self.journal.record(record)
        self.watcher.sheet(record, self.journal.draw_sheet(state.progress, draw_samples(state)))
        if verdict.trouble:
            self._tell(verdict.trouble, verdict.text)
        self._last = (self._seconds(), state.progress.images)
        return verdict.trouble

    def _save(self, model: Model | None = None) -> None:
        state = self.state
        state.progress.seconds = self._seconds()
        self.ranks.average([state.sums])
        model = model or measured_model(state, self.pictures)
        if self.ranks.leads:
            save_checkpoint(self.run, state, model)
            prune(self.run, state.recipe.keep)
        self._saved = state.progress.images

    def _roll_back(self) -> None:
        """Go back to the last healthy checkpoint with half the learning rate, on other random numbers."""
        state, rollbacks = self.state, self.state.progress.rollbacks + 1
        if newest_healthy(self.run) is None or rollbacks > MOST_ROLLBACKS:
            raise RunError(
                f"the training went wrong again after {rollbacks - 1} roll-backs; the checkpoints and sheets in "
                f"{self.run} stay. Try another recipe: a lower --lr, --updates alternate, a larger --base-channels or "
                "more pictures"
            )
        checkpoint, damaged = restore_newest(self.run, state, healthy=True)
        self.ranks.wait()  # until all have read it
        state.progress.rollbacks = rollbacks
        state.set_learning_rates()
        self._last = (self._seconds(), state.progress.images)
        self.journal.rewind(state.progress)
        for sentence in damaged:
            self._tell("damaged", sentence)
        self._tell(
            "rollback",
            f"back to the healthy checkpoint at {checkpoint.images:,} images; learning rate {state.learning_rate():g}",
        )
        self._save()

    def _tell(self, kind: str, text: str) -> None:
        self.journal.event(self.state.progress, kind, text)
        self.watcher.event(kind, f"at {self.state.progress.images:,} images: {text}")

    def _seconds(self) -> float:
        return time.monotonic() - self._sitting

    def _over(self) -> bool:
        minutes = self.state.recipe.minutes
        reached = self.target is not None and self.state.progress.images >= self.target
        return reached or (minutes is not None and self._seconds() >= minutes * 60)

    def _estimate(self) -> int:
        minutes, images = self.state.recipe.minutes, self.state.progress.images
        by_time = round(images * max(1.0, minutes * 60 / self._seconds())) if minutes else None
        return min(limit for limit in (self.target, by_time) if limit is not None)


def train_batch(state: TrainingState, pictures: Pictures, update: Update = update_nets) -> None:
    """Train on the next mini-batch, or on this rank's share of it: which pictures and which z is drawn here."""
    recipe, progress = state.recipe, state.progress
    draws = draw_step(recipe, progress.rollbacks, progress.step, len(pictures)).of(state.ranks.share(recipe.batch_size))
    train_step(state, pictures.images(draws.positions), state.tensor(draws.z), state.tensor(draws.views), update)


def _crossed(every: int, before: int, after: int) -> bool:
    return before // every != after // every
