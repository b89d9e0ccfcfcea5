"""The scikit-learn transformer."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.toy_model import toy_model

from dcgan.errors import DcganError, UsageError
from dcgan.features.extract import DiscriminatorExtractor

base = pytest.importorskip("sklearn.base")
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.svm import LinearSVC  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

from dcgan.features.transformer import DiscriminatorFeatures  # noqa: E402

MODEL = toy_model()
PIXELS = MODEL.sample(range(40))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    MODEL.save(tmp_path / "model")
    return tmp_path / "model"


def test_it_makes_the_features_of_its_statistics(folder: Path) -> None:
    brought = DiscriminatorFeatures(folder, statistics="model").fit(PIXELS).transform(PIXELS[:4])
    assert brought == pytest.approx(DiscriminatorExtractor(MODEL).extract(PIXELS[:4]), abs=1e-5)
    measured = DiscriminatorExtractor(MODEL)
    measured.measure(PIXELS)
    assert DiscriminatorFeatures(folder).fit(PIXELS).transform(PIXELS[:4]) == pytest.approx(
        measured.extract(PIXELS[:4]), abs=1e-5
    )


def test_with_a_flip_a_picture_and_its_mirror_image_have_the_same_features(folder: Path) -> None:
    flipping = DiscriminatorFeatures(folder, horizontal_flip=True).fit(PIXELS)
    assert flipping.transform(PIXELS[:3, :, ::-1]) == pytest.approx(flipping.transform(PIXELS[:3]), abs=1e-5)


def test_a_flip_is_true_or_false_and_not_for_recordings(folder: Path) -> None:
    with pytest.raises(ValueError, match="horizontal_flip must be True or False, not 'False'"):
        DiscriminatorFeatures(folder, horizontal_flip="False").fit(PIXELS)  # type: ignore[arg-type]
    speaking = replace(MODEL, details={"sound": {"rate": 8000, "seconds": 0.256}})
    with pytest.raises(UsageError, match="play the recordings backwards"):
        DiscriminatorFeatures(speaking, horizontal_flip=True).fit(PIXELS)


def test_flat_pixels_are_the_same_pictures(folder: Path) -> None:
    transformer = DiscriminatorFeatures(folder, layers=(1,), grid=2).fit(PIXELS)
    flat = transformer.transform(PIXELS.reshape(len(PIXELS), -1))
    assert np.array_equal(flat, transformer.transform(PIXELS))
    assert len(transformer.get_feature_names_out()) == flat.shape[1]


def test_it_goes_into_a_pipeline_and_can_be_cloned(folder: Path) -> None:
    labels = PIXELS[:, :, :, 0].mean(axis=(1, 2)) > np.median(PIXELS[:, :, :, 0].mean(axis=(1, 2)))
    pipeline = base.clone(make_pipeline(DiscriminatorFeatures(folder), LinearSVC(C=1.0)))
    assert pipeline.fit(PIXELS, labels).score(PIXELS, labels) > 0.9
    assert pipeline[0].get_params()["grid"] == 4


def test_mistakes_are_named(folder: Path) -> None:
    with pytest.raises(NotFittedError):
        DiscriminatorFeatures(folder).transform(PIXELS)
    with pytest.raises(ValueError, match="statistics must be"):
        DiscriminatorFeatures(folder, statistics="running").fit(PIXELS)
    with pytest.raises(ValueError, match="2 pictures or more"):
        DiscriminatorFeatures(folder).fit(PIXELS[:1])
    for wrong, message in (
        (PIXELS.astype(float), "floats must lie in 0 to 1"),
        (np.full(PIXELS.shape, np.nan), "floats must lie in 0 to 1"),
        (PIXELS.astype(int), "X is int64; pixels must be uint8"),
        (PIXELS[:, :8], r"takes pictures of \(N, 16, 16, 3\); dcgan.open_for\(model, X\)"),
        (PIXELS[0], "X has the shape"),
    ):
        with pytest.raises(DcganError, match=message):
            DiscriminatorFeatures(folder).fit(wrong)


def test_floats_and_planes_are_the_same_pictures(folder: Path) -> None:
    transformer = DiscriminatorFeatures(folder).fit(PIXELS)
    expected = transformer.transform(PIXELS)
    for floats in (PIXELS / 255, (PIXELS / np.float32(255)).astype(np.float32)):
        assert np.array_equal(transformer.transform(floats), expected)
    assert np.array_equal(transformer.transform(PIXELS.transpose(0, 3, 1, 2)), expected)
    assert transformer.transform(PIXELS[:0]).shape == (0, expected.shape[1])


def test_gray_pictures_need_no_axis_of_channels() -> None:
    gray = toy_model(channels=1)
    pixels = gray.sample(range(8))
    transformer = DiscriminatorFeatures(gray).fit(pixels[..., 0])
    assert np.array_equal(transformer.transform(pixels[..., 0]), transformer.transform(pixels))


def test_a_model_in_memory_and_another_device_name_will_do(folder: Path) -> None:
    by_path, in_memory = (
        DiscriminatorFeatures(model, device="cpu").fit(PIXELS).transform(PIXELS[:4]) for model in (folder, MODEL)
    )
    assert np.array_equal(by_path, in_memory)
    with pytest.raises(DcganError, match="must be auto, cpu"):
        DiscriminatorFeatures(folder, device="abacus").fit(PIXELS)


def test_without_scikit_learn_the_extra_is_named() -> None:
    code = "import sys; sys.modules['sklearn.base'] = None; import dcgan.features.transformer"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'dcgan[features]'" in result.stderr.splitlines()[-1]


def test_it_passes_the_checks_of_estimators_that_need_no_made_up_numbers(folder: Path) -> None:
    """Those that feed an estimator tables of floats cannot apply: this one takes pictures."""
    results = check_estimator(DiscriminatorFeatures(folder), on_fail=None, on_skip=None)
    passed = {result["check_name"] for result in results if result["status"] == "passed"}
    assert passed >= {
        "check_estimator_cloneable",
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_get_params_invariance",
        "check_set_params",
        "check_estimator_repr",
        "check_do_not_raise_errors_in_init_or_set_params",
    }
