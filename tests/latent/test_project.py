"""Which z draws a picture, and which pictures no z draws."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.latent.test_own_nets import MODEL as OWN_NETS
from tests.toy_model import toy_model

from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import LatentError, ModelError, PackedSetError, UsageError
from dcgan.latent import project as room
from dcgan.latent.descent import bring_back
from dcgan.latent.encoder import Encoder
from dcgan.latent.perceptual import perceptual_distances
from dcgan.latent.project import ProjectOptions, errors_of, project, project_in_parts, training_pictures
from dcgan.latent.projection import Projection, joined
from dcgan.loading import load
from dcgan.model import Model
from dcgan.networks.encoder import EncoderNet
from dcgan.pixels import ON_CPU
from dcgan.types import Latents, Pixels

MODEL = toy_model()
QUICK = ProjectOptions(starts=2, steps=40)
NOISE = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def reachable(seeds: range, model: Model = MODEL) -> tuple[Latents, Pixels]:
    """Z where a search may end, and the pictures that it draws."""
    z = torch.from_numpy(model.latents(seeds))
    bring_back(z, model)
    return z.numpy(), model.generate(z)


SAMPLES = reachable(range(5))[1]


@pytest.fixture(scope="module")
def found() -> Projection:
    """Samples and noise, beside other samples as if these were trained on."""
    return project(MODEL, np.concatenate([SAMPLES, NOISE]), QUICK, reference=reachable(range(20, 28))[1], frames=4)


def test_the_models_own_samples_are_found(found: Projection) -> None:
    assert (found.errors[:5] < 0.3 * found.random_errors[:5]).all()
    assert np.abs(found.z[:5] - reachable(range(5))[0]).max() < 0.3


def test_noise_is_out_of_reach_and_samples_are_not(found: Projection) -> None:
    assert len(found.reference_errors) == 8
    assert found.limits == pytest.approx(np.full(8, np.quantile(found.reference_errors, 0.95)))
    assert found.in_reach[5:].tolist() == [False] * 3
    assert found.in_reach[:5].sum() >= 4  # of the samples themselves, 5 % are


def test_where_no_training_pictures_are_known_random_z_are_the_measure() -> None:
    found = project(MODEL, np.concatenate([SAMPLES[:2], NOISE[:1]]), QUICK)
    assert len(found.reference_errors) == 0
    assert found.limits == pytest.approx(0.75 * found.random_errors)
    assert found.in_reach.tolist() == [True, True, False]
    assert np.isnan(found.memorization)


def test_errors_are_root_mean_squared_differences_in_gray_levels(found: Projection) -> None:
    assert np.array_equal(found.pixels, MODEL.generate(found.z))
    for error, picture, drawn in zip(found.errors, found.pictures, found.pixels, strict=True):
        assert error == pytest.approx(np.linalg.norm(picture.astype(float) - drawn) / (16 * 16 * 3) ** 0.5)
    assert errors_of(NOISE, NOISE).tolist() == [0, 0, 0]
    assert errors_of(NOISE[:1] // 2 + 7, NOISE[:1] // 2).tolist() == [7]


def test_the_error_of_random_z_is_that_of_the_best_of_a_thousand(found: Projection) -> None:
    options = replace(QUICK, steps=1, lr=1e-9, starts=1, feature_weight=0)  # which stays where it starts
    start = project(MODEL, np.concatenate([SAMPLES, NOISE]), options, frames=2, references=0)
    drawn = MODEL.generate(start.path[0])
    assert found.random_errors == pytest.approx(errors_of(drawn, start.pictures), abs=0.5)  # drawn in whole levels


def test_memorization_counts_the_pairs_in_which_the_training_picture_is_nearer(found: Projection) -> None:
    some = replace(found, errors=np.array([1.0, 2.0]), reference_errors=np.array([0.5, 1.0, 3.0]))
    assert some.memorization == pytest.approx((1 + 0.5 + 2) / 6)


def test_features_draw_the_search_toward_what_looks_alike() -> None:
    def perceptual(weight: float) -> float:
        found = project(MODEL, NOISE, replace(QUICK, feature_weight=weight), references=0)
        return float(perceptual_distances(MODEL, found.pictures, found.pixels).mean())

    assert perceptual(10) < perceptual(0)


def test_what_is_found_for_a_picture_does_not_depend_on_the_others(found: Projection) -> None:
    alone = project(MODEL, SAMPLES[3:4], QUICK, references=0)
    assert np.array_equal(alone.z[0], found.z[3])


def test_the_nets_are_always_given_mini_batches_of_one_size() -> None:
    sizes: set[int] = set()
    hooks = [
        net.register_forward_pre_hook(lambda _, inputs: sizes.add(len(inputs[0])))
        for net in (MODEL.generator, *MODEL.nets.discriminator.convolutions)
    ]
    project(MODEL, SAMPLES, ProjectOptions(starts=4, steps=2), references=0)
    for hook in hooks:
        hook.remove()
    assert sizes == {ON_CPU}  # or what is found could depend on what is beside it


def test_parts_joined_are_the_whole(monkeypatch: pytest.MonkeyPatch, found: Projection) -> None:
    monkeypatch.setattr(room, "_PICTURES", 3)
    calls: list[tuple[int, int | None]] = []
    parts = list(
        project_in_parts(
            MODEL,
            np.concatenate([SAMPLES, NOISE]),
            QUICK,
            reference=reachable(range(20, 28))[1],
            frames=4,
            on_progress=lambda *call: calls.append(call),
        )
    )
    assert [len(part.z) for part in parts] == [3, 3, 2]
    whole = joined(parts)
    for name in ("names", "pictures", "z", "pixels", "errors", "random_errors", "reference_errors", "path"):
        assert np.array_equal(getattr(whole, name), getattr(found, name)), name
    done = [call[0] for call in calls]
    assert done == sorted(done)
    assert calls[-1] == (16 * 2 * 40, 16 * 2 * 40)  # with those that were trained on


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run as training leaves it, with the packed set that it learned from."""
    folder = tmp_path_factory.mktemp("run")
    prepare(reachable(range(20, 30))[1], folder / "packed", PrepareOptions(size=16))
    card = {"data": str(folder / "packed"), "fingerprint": PackedSet.open(folder / "packed").fingerprint}
    for name in ("model", "checkpoints/0000000001"):
        MODEL.save(folder / "run" / name)
    (folder / "run" / "run.json").write_text(json.dumps(card))
    return folder / "run"


@pytest.mark.parametrize("model", ["", "model", "checkpoints/0000000001"])
def test_the_pictures_of_the_models_run_are_the_reference(run: Path, model: str) -> None:
    packed = PackedSet.open(run.parent / "packed")
    assert np.array_equal(training_pictures(load(run / model)), packed.pixels)
    assert len(training_pictures(load(run / model), most=4)) == 4


def test_they_are_found_from_within_the_model_folder(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(run / "model")
    assert len(training_pictures(load("."))) == 10


def test_a_reference_that_is_named_goes_first(run: Path) -> None:
    found = project(load(run), SAMPLES[:1], ProjectOptions(starts=1, steps=5), reference=NOISE, references=2)
    assert len(found.reference_errors) == 2
    assert (found.reference_errors > 40).all()


CARD_CHANGES: dict[str, Callable[[dict[str, object]], object]] = {
    "other pictures": lambda card: card | {"fingerprint": "0"},
    "no pictures": lambda card: card | {"data": "nowhere"},
    "nothing to film": lambda card: card | {"data": 5},
    "no data": lambda card: {"fingerprint": card["fingerprint"]},
    "a list": lambda card: [card],
}


@pytest.mark.parametrize("change", CARD_CHANGES.values(), ids=CARD_CHANGES.keys())
def test_a_run_whose_pictures_are_not_there_has_no_reference(
    run: Path, tmp_path: Path, change: Callable[[dict[str, object]], object]
) -> None:
    MODEL.save(tmp_path / "run" / "model")
    card = json.loads((run / "run.json").read_text())
    (tmp_path / "run" / "run.json").write_text(json.dumps(change(card)))
    assert training_pictures(load(tmp_path / "run")).shape == (0, 16, 16, 3)


def test_a_run_of_another_size_is_no_reference(run: Path, tmp_path: Path) -> None:
    prepare(NOISE, tmp_path / "packed", PrepareOptions(size=8))
    card = {"data": str(tmp_path / "packed"), "fingerprint": PackedSet.open(tmp_path / "packed").fingerprint}
    MODEL.save(tmp_path / "run" / "model")
    (tmp_path / "run" / "run.json").write_text(json.dumps(card))
    assert len(training_pictures(load(tmp_path / "run"))) == 0


def test_a_model_without_a_run_has_no_reference(tmp_path: Path) -> None:
    MODEL.save(tmp_path / "model")
    assert len(training_pictures(load(tmp_path / "model"))) == len(training_pictures(MODEL)) == 0


def encoder_that_guesses(z: Latents, model: Model = MODEL) -> Encoder:
    """An encoder whose guess is always the same."""
    net = EncoderNet(model.architecture)
    torch.nn.init.zeros_(net.head.weight)
    net.head.bias = torch.nn.Parameter(torch.from_numpy(z).clone())
    for parameter in net.norms.parameters():
        torch.nn.init.zeros_(parameter)
    return Encoder(net, model.identity, 0.0)


def test_an_encoders_guess_is_one_more_start() -> None:
    z, pixels = reachable(range(1))
    quick = ProjectOptions(starts=1, steps=2)
    calls: list[tuple[int, int | None]] = []
    found = project(
        MODEL,
        pixels,
        quick,
        encoder=encoder_that_guesses(z[0]),
        frames=2,
        on_progress=lambda *call: calls.append(call),
    )
    assert found.path[0, 0] == pytest.approx(z[0], abs=1e-5)  # it is the better start
    assert found.errors[0] < project(MODEL, pixels, quick).errors[0]
    assert calls[-1] == (4, 4)
    wrong = project(MODEL, pixels, quick, encoder=encoder_that_guesses(-z[0]), frames=2)
    assert np.array_equal(wrong.z, project(MODEL, pixels, quick).z)  # the other start is


def test_an_encoder_may_be_named_by_its_file(tmp_path: Path) -> None:
    z, pixels = reachable(range(1))
    encoder, quick = encoder_that_guesses(z[0]), ProjectOptions(starts=1, steps=2)
    encoder.save(tmp_path / "encoder.safetensors")
    for file in (tmp_path / "encoder.safetensors", str(tmp_path / "encoder.safetensors")):
        found = project(MODEL, pixels, quick, encoder=file)
        assert np.array_equal(found.z, project(MODEL, pixels, quick, encoder=encoder).z)


def test_an_encoder_of_another_model_is_refused() -> None:
    other = toy_model("uniform")
    with pytest.raises(LatentError, match=r"encoder for another model .*dcgan train-encoder"):
        project(MODEL, SAMPLES, QUICK, encoder=encoder_that_guesses(np.zeros(6, np.float32), other))


def test_a_figure_shows_the_first_pictures_with_their_projections(found: Projection) -> None:
    assert found.figure().height == pytest.approx(2 * 64, abs=80)
    assert found.figure().width == pytest.approx(8 * 64 + 100, abs=80)
    many = joined([found, found, found])
    assert many.figure().width == pytest.approx(12 * 64 + 100, abs=80)
    assert 'src="data:image/png;base64,' in found._repr_html_()


def test_the_chart_of_errors_has_a_row_for_each_group(found: Projection) -> None:
    with_reference = found.errors_figure()
    without = replace(found, reference_errors=np.empty(0)).errors_figure()
    assert with_reference.height - without.height == pytest.approx(64)


def test_a_film_shows_each_picture_beside_its_search(found: Projection) -> None:
    frames = list(found.film(MODEL))
    assert len(frames) == 4
    assert frames[0].shape == (8, 16, 32, 3)
    for frame, z in zip(frames, found.path, strict=True):
        assert np.array_equal(frame[:, :, :16], found.pictures)
        assert np.array_equal(frame[:, :, 16:], MODEL.generate(z))
    assert np.array_equal(frames[-1][:, :, 16:], found.pixels)


def test_without_a_path_there_is_nothing_to_film() -> None:
    with pytest.raises(UsageError, match="nothing to film: the search kept no `frames`; project the pictures"):
        list(project(MODEL, NOISE[:1], ProjectOptions(starts=1, steps=1), references=0).film(MODEL))


def test_nets_of_your_own_project_by_pixels_alone() -> None:
    pictures = OWN_NETS.generate(reachable(range(2), OWN_NETS)[0])
    found = project(OWN_NETS, pictures, ProjectOptions(starts=2, steps=60, feature_weight=0))
    assert (found.errors < 0.3 * found.random_errors).all()
    with pytest.raises(ModelError, match="nets of this model are your own: use `feature_weight` 0"):
        project(OWN_NETS, pictures)


@pytest.mark.parametrize("values", [{"references": -1}, {"references": 2.5}, {"frames": 1}, {"frames": -1}])
def test_numbers_out_of_range_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"`{next(iter(values))}` must be"):
        project(MODEL, SAMPLES, **values)


@pytest.mark.parametrize("weight", [-1, float("nan"), float("inf")])
def test_a_feature_weight_out_of_range_is_refused(weight: float) -> None:
    with pytest.raises(UsageError, match="`feature_weight` must be 0 to 1,000,000"):
        ProjectOptions(feature_weight=weight)


def test_a_packed_set_of_another_size_is_refused(tmp_path: Path) -> None:
    prepare(NOISE, tmp_path / "packed", PrepareOptions(size=8))
    with pytest.raises(PackedSetError, match="size 16 is needed"):
        project(MODEL, tmp_path / "packed")
