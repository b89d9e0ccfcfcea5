"""A model by itself: the same pictures, its concepts where they still fit."""

from pathlib import Path

import numpy as np
import pytest
from tests.toy_model import toy_model

from dcgan.errors import LatentError, ModelError
from dcgan.export.folder import export_model
from dcgan.latent.concepts import read_concepts
from dcgan.latent.files import write_latents
from dcgan.loading import load
from dcgan.model_folder import OWN_CONCEPTS


def test_an_exported_model_makes_the_same_pictures(tmp_path: Path) -> None:
    model = toy_model()
    model.save(tmp_path / "model")
    exported = export_model(tmp_path / "model", tmp_path / "out")
    assert (exported.path, exported.identity, exported.concepts) == (tmp_path / "out", model.identity, None)
    assert exported.bytes == sum(file.stat().st_size for file in (tmp_path / "out").iterdir())
    assert load(tmp_path / "out").identity == model.identity


def test_concepts_come_along_unless_rounding_changes_the_model(tmp_path: Path) -> None:
    toy_model().save(tmp_path / "model")
    (tmp_path / "model" / OWN_CONCEPTS).write_text("# some")
    assert export_model(tmp_path / "model", tmp_path / "whole").concepts
    assert export_model(tmp_path / "model", tmp_path / "half", dtype="float16").concepts is False
    assert (tmp_path / "whole" / OWN_CONCEPTS).read_text() == "# some"
    assert not (tmp_path / "half" / OWN_CONCEPTS).exists()


def test_concepts_of_latents_in_a_file_travel_in_the_file_of_concepts(tmp_path: Path) -> None:
    model = toy_model()
    model.save(tmp_path / "model")
    write_latents(tmp_path / "z.npz", model, model.latents([3, 5, 9, 12]), model.sample([3, 5, 9, 12]))
    text = (
        '[mine]\nlatents = "../z.npz"\nrows = [0, 2, 3]\n[low]\nseeds = [1, 2, 3]\n[up]\naxis = [1, 0, 0, 0, 0, 0.5]\n'
    )
    (tmp_path / "model" / OWN_CONCEPTS).write_text(text)
    assert export_model(tmp_path / "model", tmp_path / "a" / "out").concepts
    (tmp_path / "z.npz").unlink()
    exported = load(tmp_path / "a" / "out")
    found = read_concepts(tmp_path / "a" / "out" / OWN_CONCEPTS, exported)
    assert list(found) == ["mine", "low", "up"]
    np.testing.assert_array_equal(found["mine"].z, model.latents([3, 9, 12]))
    np.testing.assert_array_equal(found["low"].z, model.latents([1, 2, 3]))
    assert found["up"].is_axis
    with pytest.raises(LatentError, match=r"concept 'mine': .*z\.npz"):
        export_model(tmp_path / "model", tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_concepts_of_another_model_are_left_out(tmp_path: Path) -> None:
    toy_model().save(tmp_path / "model")
    (tmp_path / "model" / OWN_CONCEPTS).write_text('model = "another"\n[low]\nseeds = [1, 2, 3]\n')
    assert export_model(tmp_path / "model", tmp_path / "out").concepts is False
    assert not (tmp_path / "out" / OWN_CONCEPTS).exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    for name in ("model", "other"):
        toy_model().save(tmp_path / name)
    with pytest.raises(ModelError, match="exists"):
        export_model(tmp_path / "model", tmp_path / "other")
