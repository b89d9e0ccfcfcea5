"""A model by itself: the same pictures, its concepts where they still fit."""

from pathlib import Path

import pytest
from tests.toy_model import toy_model

from dcgan.errors import ModelError
from dcgan.export.folder import export_model
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


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    toy_model().save(tmp_path / "model")
    with pytest.raises(ModelError, match="exists"):
        export_model(tmp_path / "model", tmp_path / "model")
