"""Quality while training: measured at its times, the best checkpoint kept, the weights untouched."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.training.toys import TOY, discs
from torch import Tensor, nn

from dcgan.errors import ModelError, RecipeError, RunError, UsageError
from dcgan.files import sha256
from dcgan.loading import load
from dcgan.metrics.kernel import KernelDistance
from dcgan.model_folder import best_checkpoint, find, read_card
from dcgan.networks.families import as_they_are
from dcgan.networks.gan_2014 import normalize_contrast
from dcgan.training import snapshots
from dcgan.training.batches import ImageLoader
from dcgan.training.checkpoint import keep_checkpoint, list_checkpoints
from dcgan.training.logger import read_events, read_records
from dcgan.training.monitor import ALIVE, diversity
from dcgan.training.recipe import Recipe
from dcgan.training.run import resume, train
from dcgan.training.snapshots import Snapshots
from dcgan.training.state import TrainingState

MEASURED = TOY.changed({"images": 128, "evaluate_every": 16, "evaluate_extractor": "pixels", "keep": 1})


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    np.save(tmp_path / "discs.npy", discs()[..., 0])
    return tmp_path / "discs.npy"


@pytest.fixture
def distances(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the measure will say, in its order."""
    means = [0.9, 0.5, 0.2, 0.3, 0.4, 0.25, 0.6, 0.7]
    order: Iterator[float] = iter(means)
    monkeypatch.setattr(snapshots, "kernel_distance", lambda *_: KernelDistance(next(order), 0.01, 1, 24))
    return means


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a measurement, and a checkpoint, every 16 images; tests get copies of it."""
    folder = tmp_path_factory.mktemp("measured")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(folder / "cache"))
        return train(discs(), folder / "run", MEASURED.changed({"keep": 99})).run


@pytest.fixture
def run(measured: Path, tmp_path: Path) -> Path:
    """A copy of that run."""
    return shutil.copytree(measured, tmp_path / "run", symlinks=True)


class Replay(nn.Module):
    """A perfect generator: it draws the real images, each as often as any other."""

    def __init__(self, images: Tensor) -> None:
        super().__init__()
        self.images = images

    def forward(self, z: Tensor) -> Tensor:
        return self.images[((z[:, 0] + 1) / 2 * len(self.images)).long()]


@pytest.mark.parametrize("count", [2, 8, 24, 60])
def test_what_varies_like_a_small_set_is_no_collapse(count: int) -> None:
    state = TrainingState(TOY)
    loader = ImageLoader(discs(count), state.device)
    state.generator = Replay(loader.images(np.arange(count)))
    assert ALIVE < Snapshots(state, loader).record()["diversity"] < 1


@pytest.mark.parametrize(
    ("nets", "shown"),
    [("gan-2014-mnist", as_they_are), ("gan-2014-cifar", normalize_contrast), ("lapgan", as_they_are)],
)
def test_generated_images_are_compared_with_real_ones_as_the_nets_are_to_draw_them(
    nets: str, shown: Callable[[Tensor, int], Tensor]
) -> None:
    state = TrainingState(TOY.changed({"nets": nets}))
    loader = ImageLoader(discs() // 4, state.device)
    assert Snapshots(state, loader).real_diversity == diversity(shown(loader.images(np.arange(24)), 0))


def weights(run: Path) -> dict[str, str]:
    return {path.name: sha256(path) for path in (run / "model").glob("*.safetensors")}


def test_measuring_does_not_change_what_is_learned(run: Path, pictures: Path, tmp_path: Path) -> None:
    plain = {"evaluate_every": 0, "evaluate_extractor": Recipe().evaluate_extractor}
    train(pictures, tmp_path / "plain", MEASURED.changed(plain))
    assert weights(run) == weights(tmp_path / "plain")


def test_each_measurement_is_recorded_and_stands_on_its_checkpoint(run: Path) -> None:
    recorded = {record["images"]: record["kernel_distance"] for record in read_records(run / "metrics.jsonl")}
    assert list(recorded) == list(range(16, 129, 16))
    for checkpoint in list_checkpoints(run)[1:]:
        card = read_card(checkpoint.path)
        assert isinstance(card["kernel_distance"], dict)
        assert card["kernel_distance"]["mean"] == recorded[checkpoint.images]
        assert "1000 generated, 24 real; pixels" in card["kernel_distance"]["measured"]


@pytest.mark.usefixtures("distances")
def test_the_best_checkpoint_stays_however_few_are_kept(pictures: Path, tmp_path: Path) -> None:
    result = train(pictures, tmp_path / "run", MEASURED)
    kept = {checkpoint.images for checkpoint in list_checkpoints(result.run)}
    assert kept >= {48, 128}
    assert len(kept) <= 3  # the best, the newest, and the newest that was found healthy
    assert result.best == best_checkpoint(result.run) == find(result.run / "best")
    assert load(result.run / "best").details["images"] == 48


def test_best_is_a_link_and_is_understood_where_there_can_be_none(
    run: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked = run / "best"
    assert linked.is_symlink()
    assert (linked / "generator.safetensors").is_file()

    def refuse(*_: object, **__: object) -> None:
        raise OSError("this file system has no links")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    plain = train(pictures, tmp_path / "plain", MEASURED.changed({"images": 64}))
    assert not (plain.run / "best").exists()
    assert plain.best is not None
    assert find(plain.run / "best") == plain.best
    assert load(plain.run / "best").details["images"] == read_card(plain.best)["images"]


@pytest.mark.usefixtures("distances")
def test_best_is_a_link_again_where_a_run_was_copied_without_its_links(pictures: Path, tmp_path: Path) -> None:
    run = train(pictures, tmp_path / "run", MEASURED.changed({"images": 32})).run
    copied = shutil.copytree(run, tmp_path / "copied", symlinks=False)
    assert not (copied / "best").is_symlink()
    result = resume(copied, {"images": 128})
    assert (copied / "best").is_symlink()
    assert result.best == best_checkpoint(copied) == find(copied / "best")


@pytest.mark.usefixtures("distances")
def test_a_distance_that_was_measured_otherwise_is_not_compared(pictures: Path, tmp_path: Path) -> None:
    run = train(pictures, tmp_path / "run", MEASURED.changed({"images": 64})).run
    result = resume(run, {"images": 96, "evaluate_samples": 500})
    assert result.best is not None
    assert read_card(result.best)["images"] == 96


def test_a_run_that_was_killed_and_resumed_has_the_same_best(run: Path, pictures: Path, tmp_path: Path) -> None:
    whole = best_checkpoint(run)
    train(pictures, tmp_path / "parts", MEASURED.changed({"images": 48}))
    parts = resume(tmp_path / "parts", {"images": 128})
    assert whole is not None
    assert parts.best is not None
    assert parts.best.name == whole.name
    first, second = (read_card(best)["kernel_distance"] for best in (whole, parts.best))
    assert first == second


@pytest.mark.usefixtures("distances")
def test_the_best_of_each_way_of_measuring_stays(pictures: Path, tmp_path: Path) -> None:
    run = train(pictures, tmp_path / "run", MEASURED.changed({"images": 64})).run
    resume(run, {"images": 128, "evaluate_samples": 500})
    kept = {checkpoint.images for checkpoint in list_checkpoints(run)}
    assert kept >= {48, 96, 128}  # measured in turn: 0.9 0.5 0.2 0.3, then 0.4 0.25 0.6 0.7


def test_a_collapsed_checkpoint_is_not_the_best_while_there_is_a_healthy_one(run: Path) -> None:
    def tell(checkpoint: Path, healthy: bool, mean: float) -> None:
        card = read_card(checkpoint)
        assert isinstance(card["progress"], dict)
        assert isinstance(card["kernel_distance"], dict)
        card["progress"]["healthy"], card["kernel_distance"]["mean"] = healthy, mean
        (checkpoint / "model.json").write_text(json.dumps(card))

    first, second, *others = [checkpoint.path for checkpoint in list_checkpoints(run)[1:]]
    for other in others:
        tell(other, False, 0.5)
    tell(first, False, 0.1)
    tell(second, True, 0.9)
    assert best_checkpoint(run) == second
    tell(second, False, 0.9)
    assert best_checkpoint(run) == first  # better than none


def test_damaged_weights_are_passed_over_and_told(pictures: Path, tmp_path: Path) -> None:
    result = train(pictures, tmp_path / "run", MEASURED.changed({"images": 64, "keep": 99}))
    newest = list_checkpoints(result.run)[-1].path
    measured = [checkpoint.path for checkpoint in list_checkpoints(result.run)[1:-1]]
    for checkpoint in measured:
        (checkpoint / "discriminator.safetensors").write_bytes(b"nothing")
    assert best_checkpoint(result.run) == newest
    resume(result.run, {"images": 80})
    told = [event["text"] for event in read_events(result.run / "events.jsonl") if event["kind"] == "damaged"]
    assert all(any(str(checkpoint) in str(text) for text in told) for checkpoint in measured)


def test_the_final_model_has_the_distance_of_its_own_checkpoint(run: Path) -> None:
    newest, before = list_checkpoints(run)[-1].path, list_checkpoints(run)[-2].path
    for damaged in (newest / "generator.safetensors", run / "model" / "generator.safetensors"):
        damaged.write_bytes(b"")
    resume(run, {"minutes": 1e-9})
    assert load(run / "model").details["kernel_distance"] == read_card(before)["kernel_distance"]


@pytest.mark.usefixtures("distances")
def test_the_best_can_be_kept_for_good(pictures: Path, tmp_path: Path) -> None:
    run = train(pictures, tmp_path / "run", MEASURED).run
    assert load(keep_checkpoint(run, "good", best=True)).details["images"] == 48
    with pytest.raises(RunError, match=r"is a checkpoint: name its run, .*run, and `best`"):
        keep_checkpoint(run / "best", "again")
    with pytest.raises(
        RunError, match=r"not a run but a folder in the run .*: name .*run, which goes on from its newest checkpoint"
    ):
        resume(run / "best")


def test_a_best_of_what_is_no_run_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        find(tmp_path / "best")


def test_where_nothing_was_measured_there_is_no_best(pictures: Path, tmp_path: Path) -> None:
    result = train(pictures, tmp_path / "run", TOY)
    assert result.best is None
    with pytest.raises(ModelError, match=r"was measured; name .*run itself for its newest"):
        load(tmp_path / "run" / "best")


def test_a_damaged_card_is_passed_over(run: Path) -> None:
    best = best_checkpoint(run)
    assert best is not None
    (best / "model.json").write_text("{")
    again = best_checkpoint(run)
    assert again is not None
    assert again != best
    card = json.loads((again / "model.json").read_text())
    (again / "model.json").write_text(json.dumps(card | {"kernel_distance": {"mean": "low"}}))
    assert best_checkpoint(run) not in (again, best)
    spoiled: list[dict[str, object]] = [
        {"kernel_distance": {"mean": float("nan")}},
        {"sha256": {}},
        {"sha256": {"../../else": "where"}},
    ]
    for wild in spoiled:
        (again / "model.json").write_text(json.dumps(card | wild))
        assert best_checkpoint(run) not in (again, best)


@pytest.mark.parametrize(
    ("name", "value"), [("evaluate_every", -1), ("evaluate_samples", 5), ("evaluate_extractor", "vgg")]
)
def test_what_cannot_be_measured_is_refused(name: str, value: object) -> None:
    with pytest.raises(RecipeError, match=name.replace("_", ".")):
        Recipe().changed({name: value})


@pytest.mark.parametrize("extractor", ["discriminator", "perceptual"])
def test_the_discriminator_cannot_measure_its_own_training(pictures: Path, tmp_path: Path, extractor: str) -> None:
    recipe = MEASURED.changed({"evaluate_extractor": extractor})
    with pytest.raises(UsageError, match=f"`evaluate_extractor` must not be {extractor}"):
        train(pictures, tmp_path / "run", recipe)
    assert not (tmp_path / "run").exists()
