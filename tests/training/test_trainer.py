"""The loop: exactness across interruptions, health, roll-backs."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.training.toys import TOY, run_session
from torch import Tensor, nn

from dcgan.choices import NETS
from dcgan.errors import RunError
from dcgan.loading import load
from dcgan.model import Model
from dcgan.networks.gan_2014 import MNIST, FullyConnectedGenerator, MnistArchitecture, fill_uniform
from dcgan.training import monitor
from dcgan.training.batches import Batch
from dcgan.training.callbacks import Callback
from dcgan.training.checkpoint import Checkpoint, list_checkpoints, newest_healthy, restore_newest, save_checkpoint
from dcgan.training.interrupt import StopRequest
from dcgan.training.logger import read_events, read_records
from dcgan.training.recipe import Recipe
from dcgan.training.snapshots import MeasuredDistance
from dcgan.training.state import TrainingState
from dcgan.training.step import train_step


def everything(state: TrainingState) -> dict[str, Tensor]:
    nets = {"ema_generator": state.ema_generator, "discriminator": state.discriminator}
    parameters = {f"{net}.{name}": p for net, module in nets.items() for name, p in module.named_parameters()}
    return {name: tensor.detach().clone() for name, tensor in (state.tensors() | parameters).items()}


def assert_identical(first: dict[str, Tensor], second: dict[str, Tensor]) -> None:
    assert first.keys() == second.keys()
    assert [name for name in first if not torch.equal(first[name], second[name])] == []


class StopAfter(Callback):
    """Asks for a stop once so many steps are done, as a signal would."""

    def __init__(self, steps: int, stop: StopRequest) -> None:
        self.left, self.request = steps, stop

    def on_step(self, state: TrainingState, target: int) -> None:
        self.left -= 1
        if self.left == 0:
            self.request.signal = 2


def interrupted(run: Path, recipe: Recipe, sessions: list[int]) -> TrainingState:
    """Train in sessions of so many steps, each from what the last one saved, and then to the end."""
    for steps in sessions:
        stop = StopRequest()
        state = TrainingState(recipe)
        if list_checkpoints(run):
            restore_newest(run, state)
        assert run_session(run, state, StopAfter(steps, stop), stop) == "stopped"
    state = TrainingState(recipe)
    restore_newest(run, state)
    assert run_session(run, state) == "finished"
    return state


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Tensor]]:
    """A run that was not interrupted, and everything that it ended with."""
    run, state = tmp_path_factory.mktemp("finished"), TrainingState(TOY)
    assert run_session(run, state) == "finished"
    return run, everything(state)


@pytest.fixture
def run(finished: tuple[Path, dict[str, Tensor]], tmp_path: Path) -> Path:
    """A copy of that run."""
    return shutil.copytree(finished[0], tmp_path / "run", symlinks=True)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"updates": "alternate", "weight_decay": 1e-4},
        {"precision": "bfloat16"},
        {"ema_half_life": 0},
        {
            "normalization": "spectral",
            "loss": "hinge",
            "augment": "color,translation,cutout",
            "lr_discriminator": 1e-3,
            "r1_gamma": 1.0,
        },
    ],
)
def test_a_run_in_sessions_ends_with_the_very_weights_of_one_that_was_not_interrupted(
    changes: dict[str, object], tmp_path: Path
) -> None:
    recipe = TOY.changed(changes | {"images": 64})
    whole = TrainingState(recipe)
    assert run_session(tmp_path / "whole", whole) == "finished"
    parts = interrupted(tmp_path / "parts", recipe, [1, 3, 5, 2])
    assert_identical(everything(whole), everything(parts))
    first, second = (read_records(tmp_path / name / "metrics.jsonl") for name in ("whole", "parts"))
    for record in (*first, *second):
        del record["seconds"], record["images_per_second"]
    assert first == second


class LinearJudge(nn.Linear):
    """A discriminator without anything random."""

    def __init__(self, architecture: MnistArchitecture) -> None:
        super().__init__(architecture.channels * architecture.size**2, 1)

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images.contiguous().flatten(1)).squeeze(1)

    def initialize(self, generator: torch.Generator) -> None:
        fill_uniform(self, 0.05, generator)


class ForgetfulGenerator(FullyConnectedGenerator):
    """One that drops out some of its inputs while it trains."""

    def __init__(self, architecture: MnistArchitecture) -> None:
        super().__init__(architecture)
        self.dropout = nn.AlphaDropout(0.5)

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(self.dropout(z))


def test_nets_with_dropout_of_any_kind_go_on_with_the_very_random_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = replace(MNIST, generator=ForgetfulGenerator, discriminator=LinearJudge)
    monkeypatch.setitem(NETS._added, "gan-2014-mnist", family)
    recipe = TOY.changed({"nets": "gan-2014-mnist"})
    whole = TrainingState(recipe)
    run_session(tmp_path / "whole", whole)
    assert_identical(everything(whole), everything(interrupted(tmp_path / "parts", recipe, [3, 4])))


def test_after_a_kill_training_goes_on_from_the_last_checkpoint_to_the_same_weights(
    finished: tuple[Path, dict[str, Tensor]], tmp_path: Path
) -> None:
    class Killed(Callback):
        def on_step(self, state: TrainingState, target: int) -> None:
            if state.progress.images == 60:
                raise MemoryError  # ends the process at once, with nothing saved

    with pytest.raises(MemoryError):
        run_session(tmp_path / "killed", TrainingState(TOY), Killed())
    resumed = TrainingState(TOY)
    checkpoint, _ = restore_newest(tmp_path / "killed", resumed)
    assert checkpoint.images == 32
    run_session(tmp_path / "killed", resumed)
    assert_identical(finished[1], everything(resumed))
    images = [record["images"] for record in read_records(tmp_path / "killed" / "metrics.jsonl")]
    assert images == [16, 32, 48, 64]  # what the killed process had recorded beyond its checkpoint is not there twice


def test_an_extended_run_equals_one_that_was_as_long_from_the_start(run: Path, tmp_path: Path) -> None:
    long = TrainingState(replace(TOY, images=128))
    run_session(tmp_path / "long", long)
    extended = TrainingState(replace(TOY, images=128))
    restore_newest(run, extended)
    run_session(run, extended)
    assert_identical(everything(long), everything(extended))


def test_by_turns_a_record_of_one_step_is_no_alarm(tmp_path: Path) -> None:
    recipe = TOY.changed({"updates": "alternate", "images": 12, "sheet_every": 4})
    assert run_session(tmp_path, TrainingState(recipe)) == "finished"
    first, second, third = read_records(tmp_path / "metrics.jsonl")
    assert ("g_loss" in first, "d_loss" in first) == (True, False)  # the generator's turn came first
    assert ("g_loss" in second, "d_loss" in second) == (False, True)
    assert third["rollbacks"] == 0


def test_a_damaged_checkpoint_is_passed_over_and_named(run: Path) -> None:
    newest = list_checkpoints(run)[-1]
    weights = newest.path / "training.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00\x01")
    checkpoint, damaged = restore_newest(run, TrainingState(TOY))
    assert checkpoint.images == 32
    assert len(damaged) == 1
    assert str(newest.path) in damaged[0]


@pytest.mark.parametrize(
    ("counter", "value"),
    [("images", "64"), ("images", 32), ("step", -1), ("rollbacks", 1.5), ("seconds", float("nan")), ("healthy", "yes")],
)
def test_a_checkpoint_with_odd_counters_is_passed_over(run: Path, counter: str, value: object) -> None:
    card = list_checkpoints(run)[-1].path / "model.json"
    written = json.loads(card.read_text())
    written["progress"][counter] = value
    card.write_text(json.dumps(written))
    checkpoint, damaged = restore_newest(run, TrainingState(TOY))
    assert checkpoint.images == 32
    assert "counter" in damaged[0]


def test_when_no_checkpoint_is_whole_the_error_says_so(run: Path) -> None:
    for checkpoint in list_checkpoints(run):
        (checkpoint.path / "model.json").write_text("{")
    with pytest.raises(RunError, match="no whole checkpoint"):
        restore_newest(run, TrainingState(TOY))


def test_only_the_newest_checkpoints_are_kept_and_the_newest_healthy_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_session(tmp_path / "toy", TrainingState(replace(TOY, checkpoint_every=8, keep=2)))  # a toy never learns to vary
    assert [checkpoint.images for checkpoint in list_checkpoints(tmp_path / "toy")] == [0, 56, 64]
    monkeypatch.setattr(monitor, "COLLAPSED", 0.0)
    run_session(tmp_path, TrainingState(replace(TOY, checkpoint_every=8, keep=2)))
    assert [checkpoint.images for checkpoint in list_checkpoints(tmp_path)] == [56, 64]


def test_a_checkpoint_is_a_model_whose_pictures_are_those_of_the_sheet(tmp_path: Path) -> None:
    state = TrainingState(TOY)
    run_session(tmp_path, state)
    model = load(tmp_path)
    assert model.details["images"] == 64
    assert model.sample(range(3)).shape == (3, 16, 16, 1)
    for name, parameter in model.generator.named_parameters():
        assert torch.equal(parameter, state.ema_generator.get_parameter(name))


@pytest.fixture
def collapse(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Make the generator collapse for real at a step of an attempt: its stem forgets z.

    A toy never gets far, so only pictures that are the very same count as collapsed here.
    """
    monkeypatch.setattr(monitor, "COLLAPSED", 1e-3)

    def at(step: int, rollbacks: int) -> None:

        def then_collapse(state: TrainingState, batch: Batch) -> None:
            train_step(state, batch)
            if state.progress.step >= step and state.progress.rollbacks == rollbacks:
                with torch.no_grad():
                    state.generator.get_parameter("stem_norm.weight").zero_()

        monkeypatch.setattr("dcgan.training.trainer.train_step", then_collapse)

    return at


COLLAPSING = replace(TOY, images=160, sheet_every=16, checkpoint_every=16, keep=9)


def test_a_collapse_is_noticed_and_rolled_back_with_half_the_learning_rate(
    collapse: Callable[[int, int], None], tmp_path: Path
) -> None:
    collapse(13, 0)
    state = TrainingState(COLLAPSING)
    state.progress.alive = True
    assert run_session(tmp_path, state) == "finished"
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [event["kind"] for event in events] == ["collapse", "rollback"]
    assert "near-identical" in events[0]["text"]
    assert state.progress.rollbacks == 1
    assert state.optimizers["generator"].param_groups[0]["lr"] == COLLAPSING.lr / 2
    assert state.generator.get_parameter("stem_norm.weight").abs().max() > 0.5  # the healthy weights are back


def test_saving_more_often_does_not_hasten_the_alarm(collapse: Callable[[int, int], None], tmp_path: Path) -> None:
    collapse(9, 0)
    for every in (16, 4):
        state = TrainingState(replace(COLLAPSING, checkpoint_every=every, images=80))
        state.progress.alive = True
        run_session(tmp_path / str(every), state)
        alarm = read_events(tmp_path / str(every) / "events.jsonl")[0]
        assert (alarm["kind"], alarm["images"]) == ("collapse", 64)


def test_a_roll_back_passes_over_a_damaged_checkpoint(collapse: Callable[[int, int], None], tmp_path: Path) -> None:
    collapse(13, 0)
    state = TrainingState(COLLAPSING)
    state.progress.alive = True

    class Spoil(Callback):
        """Damages the checkpoint at 48 images once the training is beyond it."""

        def on_step(self, state: TrainingState, target: int) -> None:
            if state.progress.images == 60 and not state.progress.rollbacks:
                (tmp_path / "checkpoints" / "0000000048" / "generator.safetensors").write_bytes(b"")

    assert run_session(tmp_path, state, Spoil()) == "finished"
    damaged, rollback = [
        event for event in read_events(tmp_path / "events.jsonl") if event["kind"] in ("damaged", "rollback")
    ]
    assert "0000000048" in str(damaged["text"])
    assert "at 32 images" in str(rollback["text"])


def test_a_moment_is_saved_once_even_when_a_stop_comes_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = []

    def save(run: Path, state: TrainingState, model: Model, distance: MeasuredDistance | None) -> Checkpoint:
        saved.append(state.progress.images)
        return save_checkpoint(run, state, model, distance)

    monkeypatch.setattr("dcgan.training.trainer.save_checkpoint", save)
    assert run_session(tmp_path, TrainingState(TOY), StopAfter(8, stop := StopRequest()), stop) == "stopped"
    again = TrainingState(TOY)
    restore_newest(tmp_path, again)
    assert (
        run_session(tmp_path, again, None, stop) == "stopped"
    )  # asked at once: what is on disk may hold a measurement
    assert saved == [0, 32]


def test_a_run_with_a_rollback_is_exact_across_sessions_too(
    collapse: Callable[[int, int], None], tmp_path: Path
) -> None:
    collapse(13, 0)
    states = {}
    for name, sessions in (("whole", []), ("parts", [14, 3, 4, 9])):
        run = tmp_path / name
        state = TrainingState(COLLAPSING)
        state.progress.alive = True
        run_session(run, state, StopAfter(1, stop := StopRequest()), stop)
        states[name] = interrupted(run, COLLAPSING, list(sessions))
    assert states["whole"].progress.rollbacks == 1
    assert_identical(everything(states["whole"]), everything(states["parts"]))


def test_on_collapse_stop_leaves_the_healthy_checkpoint_as_the_newest_healthy_one(
    collapse: Callable[[int, int], None], tmp_path: Path
) -> None:
    collapse(13, 0)
    state = TrainingState(replace(COLLAPSING, on_collapse="stop"))
    state.progress.alive = True
    assert run_session(tmp_path, state) == "collapsed"
    checkpoint = newest_healthy(tmp_path)
    assert checkpoint is not None
    assert checkpoint.images == 48


def test_on_collapse_ignore_goes_on(collapse: Callable[[int, int], None], tmp_path: Path) -> None:
    collapse(13, 0)
    state = TrainingState(replace(COLLAPSING, on_collapse="ignore"))
    state.progress.alive = True
    assert run_session(tmp_path, state) == "finished"


def test_nan_is_rolled_back_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:

    def then_nan(state: TrainingState, batch: Batch) -> None:
        train_step(state, batch)
        if state.progress.images == 40 and not state.progress.rollbacks:
            with torch.no_grad():
                state.discriminator.get_parameter("head.weight")[0, 0] = torch.nan

    monkeypatch.setattr("dcgan.training.trainer.train_step", then_nan)
    state = TrainingState(TOY)
    assert run_session(tmp_path, state) == "finished"
    assert state.progress.rollbacks == 1
    assert all(tensor.isfinite().all() for tensor in everything(state).values())
    records = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert any(record["d_loss"] is None for record in records)  # valid JSON: null, not NaN


def test_after_two_roll_backs_without_a_gain_a_training_ends_with_advice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:

    def always_nan(state: TrainingState, batch: Batch) -> None:
        train_step(state, replace(batch, real=batch.real * torch.nan))

    monkeypatch.setattr("dcgan.training.trainer.train_step", always_nan)
    recipe = replace(TOY, beta1=0.9)
    assert run_session(tmp_path, TrainingState(recipe)) == "collapsed"
    events = read_events(tmp_path / "events.jsonl")
    assert [event["kind"] for event in events] == ["nan", "rollback", "nan", "rollback", "nan", "advice"]
    advice = str(events[-1]["text"])
    for words in ("after 2 roll-backs", "`lr` than", "`beta1` 0.5, not 0.9", "`base_channels` or more pictures"):
        assert words in advice


def test_roll_backs_that_gain_something_go_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each attempt gets one checkpoint farther than the one before."""
    reached = [20, 36, 52]

    def then_nan(state: TrainingState, batch: Batch) -> None:
        train_step(state, batch)
        if state.progress.rollbacks < len(reached) and state.progress.images >= reached[state.progress.rollbacks]:
            with torch.no_grad():
                state.discriminator.get_parameter("head.weight")[0, 0] = torch.nan

    monkeypatch.setattr("dcgan.training.trainer.train_step", then_nan)
    monkeypatch.setattr("dcgan.training.snapshots.diversity", lambda _: 1.0)  # as of a net that has learned
    state = TrainingState(replace(TOY, checkpoint_every=16))
    ending = run_session(tmp_path, state)
    assert ending == "finished", read_events(tmp_path / "events.jsonl")
    assert state.progress.rollbacks == 3
    assert state.progress.idle_rollbacks == 0
