"""Finding concepts among a model's samples."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.toy_model import toy_model

from dcgan.errors import LatentError, UsageError
from dcgan.latent.arithmetic import arithmetic
from dcgan.latent.concept_search import Concepts, Definition, find_concepts

MODEL = toy_model("uniform")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of the model itself, in folders by the mean of their red."""
    folder = tmp_path_factory.mktemp("pictures")
    pixels = MODEL.sample(range(300))
    order = np.argsort(pixels[..., 0].mean(axis=(1, 2)))
    for name, rows in (("bright", order[200:]), ("dark", order[:100])):
        (folder / name).mkdir()
        for row in rows:
            Image.fromarray(pixels[row]).save(folder / name / f"{row}.png")
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def found(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Concepts:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        definitions: dict[str, Definition] = {"red": "bright", "mine": [3, 5, 7, 8], "pale": "no bright"}
        return find_concepts(MODEL, source, definitions, examples=20, pool=400)


def test_conditions_find_samples_that_show_them(found: Concepts) -> None:
    assert found.pixels["red"][..., 0].mean() > found.pixels["pale"][..., 0].mean() + 5
    assert len(found["red"].z) == 20
    assert found.accuracy.keys() == {"bright"}
    assert found.accuracy["bright"] > 0.8


def test_concepts_come_in_the_order_of_their_definitions_and_add_up(found: Concepts) -> None:
    assert [*found] == ["red", "mine", "pale"]
    assert found["mine"].entry == {"seeds": [3, 5, 7, 8]}
    assert arithmetic(MODEL, "red - pale + mine", concepts=found).concepts[2] is found["mine"]


def test_an_axis_raises_what_it_was_found_from(source: Path) -> None:
    found = find_concepts(MODEL, source, {"redder": "bright"}, axis=True, pool=400)
    z = MODEL.latents(range(1000, 1050))
    assert MODEL.generate(z + found["redder"].mean)[..., 0].mean() > MODEL.generate(z)[..., 0].mean() + 3
    assert found._repr_html_() == "<p><code>redder</code>: an axis</p>"
    with pytest.raises(UsageError, match="an axis has no pictures"):
        found.figure()


def test_a_classifier_learns_from_pictures_of_all_folders_where_there_are_too_many(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dcgan.latent.concept_search.TRAINING_PICTURES", 60)  # of 200, the first 100 of one folder
    assert len(find_concepts(MODEL, source, {"red": "bright"}, examples=1, pool=40)["red"].z) == 1


def test_seeds_need_no_source() -> None:
    found = find_concepts(MODEL, None, {"few": [1, 1, 1], "mine": range(12)})
    assert [concept.is_stable for concept in found.values()] == [False, True]
    assert (found.accuracy, found.doubtful) == ({}, [])
    assert 'src="data:image/png;base64,' in found._repr_html_()


def test_a_classifier_that_is_often_wrong_is_doubtful() -> None:
    assert Concepts({}, {}, {"hat": 0.99, "mood=sad": 0.6}).doubtful == ["mood=sad"]


@pytest.mark.parametrize(
    ("definitions", "has_source", "values", "message"),
    [
        ({"a": "x"}, False, {}, "a: conditions need a `source`"),
        ({"a": [1]}, True, {}, "`source` is for definitions by conditions"),
        ({"a": []}, False, {}, "a concept needs at least one seed"),
        ({"a": "bright, "}, True, {}, "not a condition"),
        ({}, False, {}, "`definitions` is empty"),
        ({"a": [1]}, False, {"examples": 0}, "`examples` must be 1 or more, not 0"),
        ({"a": [1]}, False, {"pool": 8}, "`pool` must be 9, as many as `examples`, to 10,000,000, not 8"),
        ({"a": "bright"}, True, {"axis": True, "pool": 0}, "`pool` must be 1 to 10,000,000, not 0"),
        ({"a": [1], "b": "bright"}, True, {"axis": True}, "a: an axis is found from conditions, not from seeds"),
        ({"a": "bright, no dark"}, True, {"axis": True}, "a: an axis can have only one condition"),
    ],
)
def test_what_does_not_go_together_is_refused(
    definitions: dict[str, Definition], has_source: bool, values: dict[str, int], message: str, source: Path
) -> None:
    with pytest.raises(UsageError, match=message):
        find_concepts(MODEL, source if has_source else None, definitions, **values)  # type: ignore[arg-type]


def test_a_name_that_no_concept_can_have_is_refused_before_the_work(source: Path) -> None:
    with pytest.raises(
        LatentError, match=r"a concept cannot be called 'model': the file uses that name for the model$"
    ):
        find_concepts(MODEL, source, {"model": "bright"}, on_progress=lambda *_: pytest.fail("the work began"))


def test_what_the_samples_or_the_source_lack_is_named(source: Path) -> None:
    with pytest.raises(
        LatentError, match=r"a: the conditions hold for .* of 40 samples, and 40 are needed; raise `pool`"
    ):
        find_concepts(MODEL, source, {"a": "bright"}, examples=40, pool=40)
    with pytest.raises(
        LatentError, match=r"no picture of the source has an attribute or label 'cat'. It has: bright, dark"
    ):
        find_concepts(MODEL, source, {"a": "cat"})
