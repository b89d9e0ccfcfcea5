"""The discriminator's maps as features, and their files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from tests.toy_model import toy_model

from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import ModelError, UsageError
from dcgan.features.extract import DiscriminatorExtractor, extract_features
from dcgan.features.files import save_features, write_features
from dcgan.latent.perceptual import perceptual_distances
from dcgan.metrics.extractors import ExtractorOptions, build_extractor
from dcgan.model import Model
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator
from dcgan.pixels import to_images
from dcgan.training.presets import preset
from dcgan.types import DType

MODEL = toy_model()
PIXELS = MODEL.sample(range(300))


@pytest.fixture
def data(tmp_path: Path) -> PackedSet:
    np.savez(tmp_path / "pictures.npz", images=PIXELS, labels=np.arange(300) % 3)
    prepare(tmp_path / "pictures.npz", tmp_path / "packed", PrepareOptions(size=16))
    return PackedSet.open(tmp_path / "packed")


def test_features_of_a_net_whose_numbers_overflow_are_refused() -> None:
    model = toy_model()
    with torch.no_grad():
        for convolution in model.nets.discriminator.convolutions:
            convolution.get_parameter("weight").mul_(1e37)
    with pytest.raises(ModelError, match="numbers that are not finite"):
        DiscriminatorExtractor(model).extract(PIXELS[:2])
    for name in ("discriminator", "perceptual"):
        with pytest.raises(ModelError, match="numbers that are not finite"):
            build_extractor(name, ExtractorOptions(model=model)).extract(PIXELS[:2])
    with pytest.raises(ModelError, match="numbers that are not finite"):
        perceptual_distances(model, PIXELS[:2], PIXELS[2:4])


@pytest.mark.parametrize(("name", "size"), [("paper-imagenet-32", 28_672), ("paper-svhn-32", 7_168)])
def test_the_papers_nets_have_as_many_features_as_in_the_paper(name: str, size: int) -> None:
    architecture = preset(name).architecture()
    with torch.device("meta"):
        model = Model(architecture, Generator(architecture), Discriminator(architecture))
        assert DiscriminatorExtractor(model).size == size


def test_each_map_is_pooled_to_the_grid_by_its_largest() -> None:
    extractor = DiscriminatorExtractor(MODEL, grid=2)
    features = extractor.extract(PIXELS[:5])
    expected = []
    for layer in MODEL.nets.discriminator.activations(to_images(torch.from_numpy(PIXELS[:5]))):
        maps = layer.detach().numpy()
        half = maps.shape[2] // 2
        corners = [maps[:, :, y : y + half, x : x + half].max(axis=(2, 3)) for y in (0, half) for x in (0, half)]
        expected.append(np.stack(corners, axis=2).reshape(5, -1))
    assert features == pytest.approx(np.concatenate(expected, axis=1), rel=1e-4, abs=1e-5)
    assert features.shape == (5, extractor.size)


def test_layers_can_be_chosen_in_any_order() -> None:
    both = DiscriminatorExtractor(MODEL).extract(PIXELS[:3])
    first, second = (DiscriminatorExtractor(MODEL, [layer]).extract(PIXELS[:3]) for layer in (0, 1))
    assert np.array_equal(np.concatenate([first, second], axis=1), both)
    assert np.array_equal(
        DiscriminatorExtractor(MODEL, [1, 0]).extract(PIXELS[:3]), np.concatenate([second, first], axis=1)
    )


def test_with_a_flip_features_are_the_mean_of_those_of_both_mirror_images(data: PackedSet, tmp_path: Path) -> None:
    one, other = (extract_features(MODEL, pixels).features for pixels in (PIXELS, PIXELS[:, :, ::-1]))
    flipped = extract_features(MODEL, data, horizontal_flip=True).features
    assert flipped == pytest.approx((one + other) / 2, abs=1e-5)
    assert flipped != pytest.approx(one, abs=1e-2)
    save_features(MODEL, data, tmp_path / "f.npy", horizontal_flip=True)
    assert np.array_equal(np.load(tmp_path / "f.npy"), flipped)


def test_recordings_are_not_played_backwards() -> None:
    speaking = toy_model(channels=1)
    speaking = replace(speaking, details={**speaking.details, "sound": {"rate": 8000, "seconds": 0.256}})
    with pytest.raises(UsageError, match="`horizontal_flip` would play the recordings backwards"):
        extract_features(speaking, "recordings/", horizontal_flip=True)


def test_the_batch_does_not_matter() -> None:
    extractor = DiscriminatorExtractor(MODEL)
    assert extractor.extract(PIXELS)[200:] == pytest.approx(extractor.extract(PIXELS[200:]), rel=1e-4, abs=1e-5)


def test_statistics_are_means_over_mini_batches_of_128_and_leave_the_model_alone() -> None:
    pixels = np.clip(PIXELS.astype(int) // 2 + 20, 0, 255).astype(np.uint8)
    net = MODEL.nets.discriminator
    before = net.get_buffer("norms.0.running_mean").clone()
    extractor = DiscriminatorExtractor(MODEL)
    plain = extractor.extract(pixels[:4])
    extractor.measure(pixels)
    with torch.no_grad():
        maps = torch.nn.functional.leaky_relu(
            MODEL.nets.discriminator.convolutions[0](to_images(torch.from_numpy(pixels[:256]))), 0.2
        )
        maps = MODEL.nets.discriminator.convolutions[1](maps)
    means = torch.stack([maps[:128].mean(dim=(0, 2, 3)), maps[128:].mean(dim=(0, 2, 3))]).mean(dim=0)
    assert extractor.net.get_buffer("norms.0.running_mean").numpy() == pytest.approx(means.numpy(), rel=1e-3, abs=1e-4)
    assert torch.equal(net.get_buffer("norms.0.running_mean"), before)
    assert np.abs(extractor.extract(pixels[:4]) - plain).max() > 0.01


def test_what_cannot_be_written_is_refused_before_any_picture_is_opened(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.npy or \.parquet"):
        save_features(MODEL, "no/such/pictures", tmp_path / "f.txt", device="cpu")
    with pytest.raises(UsageError, match="`dtype` must be float32 or float16, not 'float64'"):
        save_features(MODEL, "no/such/pictures", tmp_path / "f.npy", dtype="float64", device="cpu")  # type: ignore[arg-type]


@pytest.mark.parametrize(("layers", "grid"), [([2], 4), ([-1], 4), ([], 4), ([0, 0], 4), ("0,1", 4), ([0], 0)])
def test_what_the_net_does_not_have_is_refused(layers: Any, grid: int) -> None:
    with pytest.raises(UsageError, match=r"`layers`|`grid`"):
        DiscriminatorExtractor(MODEL, layers, grid)


def test_an_unknown_type_of_number_is_refused() -> None:
    with pytest.raises(UsageError, match="`dtype` must be float32 or float16, not 'int8'"):
        extract_features(MODEL, PIXELS, dtype="int8")  # type: ignore[arg-type]


def test_pictures_of_another_shape_are_refused() -> None:
    with pytest.raises(UsageError, match="must be of the discriminator's shape"):
        DiscriminatorExtractor(MODEL).extract(PIXELS[:, :8, :8])


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_an_npy_holds_a_row_a_picture_and_can_be_mapped(data: PackedSet, tmp_path: Path, dtype: DType) -> None:
    extractor = DiscriminatorExtractor(MODEL)
    told: list[tuple[int, int | None]] = []
    write_features(tmp_path / "f.npy", extractor, data, dtype=dtype, on_progress=lambda *now: told.append(now))
    features = np.load(tmp_path / "f.npy", mmap_mode="r")
    assert features.dtype == dtype
    assert features == pytest.approx(
        extractor.extract(PIXELS), rel=2e-3 if dtype == "float16" else 1e-4, abs=1e-3 if dtype == "float16" else 1e-5
    )
    assert told[-1] == (300, 300)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_parquet_names_each_picture(data: PackedSet, tmp_path: Path, dtype: DType) -> None:
    extractor = DiscriminatorExtractor(MODEL, [1])
    write_features(tmp_path / "f.parquet", extractor, data, dtype=dtype)
    table = pq.read_table(tmp_path / "f.parquet")
    assert table.column_names == ["name", "label", "features"]
    assert table["label"].to_pylist()[:4] == ["0", "1", "2", "0"]
    features = np.array(table["features"].to_pylist(), np.float32)
    assert features == pytest.approx(extractor.extract(PIXELS), rel=2e-3, abs=1e-3)


def test_features_that_cannot_be_written_leave_nothing(data: PackedSet, tmp_path: Path) -> None:
    other = replace(MODEL, interface=preset("paper-svhn-32").architecture())
    extractor = DiscriminatorExtractor(MODEL)
    extractor._shape = (other.architecture.size, other.architecture.size, 3)
    with pytest.raises(UsageError):
        write_features(tmp_path / "out" / "f.npy", extractor, data)
    assert [*(tmp_path / "out").iterdir()] == []
    with pytest.raises(UsageError, match=r"\.npy or \.parquet"):
        write_features(tmp_path / "f.csv", DiscriminatorExtractor(MODEL), data)


def test_features_come_with_names_and_labels(data: PackedSet) -> None:
    found = extract_features(MODEL, data, layers=[1], grid=2, device="cpu")
    assert "layers 1, max-pooled to 2x2" in found._repr_html_()
    assert np.array_equal(found.features, DiscriminatorExtractor(MODEL, [1], 2).extract(PIXELS))
    assert found.labels.tolist() == data.labels.tolist()
    assert (len(found.names), found.label_names, found.layers, found.grid) == (300, ("0", "1", "2"), (1,), 2)
    assert extract_features(MODEL, data, dtype="float16", device="cpu").features.dtype == np.float16


def test_statistics_of_other_pictures_are_measured_on_a_copy(data: PackedSet, tmp_path: Path) -> None:
    measured = DiscriminatorExtractor(MODEL)
    measured.measure(PIXELS)
    before = MODEL.discriminator.get_buffer("norms.0.running_mean").clone()
    saved = save_features(MODEL, data, tmp_path / "f.npy", statistics=data, device="cpu")
    assert np.load(saved.path) == pytest.approx(measured.extract(PIXELS), rel=1e-4, abs=1e-5)
    assert (saved.pictures, saved.size) == (300, measured.size)
    assert torch.equal(MODEL.discriminator.get_buffer("norms.0.running_mean"), before)
