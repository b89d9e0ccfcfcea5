"""Finding concepts by what a classifier says."""

from pathlib import Path

import numpy as np
import pytest

from dcgan.data.drawn_faces import DrawnFaces
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import LatentError, UsageError
from dcgan.latent.attributes import (
    AttributeQuery,
    Condition,
    attribute_labels,
    least_squares_axis,
    parse_conditions,
    top_confident,
)

FACES = DrawnFaces(60, 16)


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> PackedSet:
    folder = tmp_path_factory.mktemp("finding") / "faces"
    prepare(FACES, folder, PrepareOptions(size=16))
    return PackedSet.open(folder)


def test_conditions_as_people_write_them() -> None:
    assert parse_conditions("glasses, no hat,hair_length = long") == (
        Condition(AttributeQuery("glasses"), True),
        Condition(AttributeQuery("hat"), False),
        Condition(AttributeQuery("hair_length", "long"), True),
    )
    assert parse_conditions("no no glasses") == (Condition(AttributeQuery("no glasses"), False),)
    assert [str(condition) for condition in parse_conditions("no mood=sad, notable")] == ["no mood=sad", "notable"]


@pytest.mark.parametrize("text", ["", "glasses,", ",", "=long", "hat=", "no "])
def test_what_is_no_condition_is_refused(text: str) -> None:
    if text == "no ":  # a label may be called "no"
        assert parse_conditions(text) == (Condition(AttributeQuery("no"), True),)
        return
    with pytest.raises(UsageError, match="not a condition"):
        parse_conditions(text)


def test_labels_are_what_was_drawn(faces: PackedSet) -> None:
    queries = [
        AttributeQuery("glasses"),
        AttributeQuery("hair_length", "long"),
        AttributeQuery("label", "glasses"),
        AttributeQuery("no glasses"),
    ]
    drawn = [face.attributes for face in FACES]
    glasses = [attributes["glasses"] != "none" for attributes in drawn]
    labels = attribute_labels(faces, queries)
    assert labels[:, 0].tolist() == labels[:, 2].tolist() == glasses
    assert labels[:, 1].tolist() == [attributes["hair_length"] == "long" for attributes in drawn]
    assert labels[:, 3].tolist() == [not has for has in glasses]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            AttributeQuery("moustache"),
            "no picture of the source has an attribute or label 'moustache'. It has: accessories",
        ),
        (AttributeQuery("mood"), "write mood=VALUE"),
        (AttributeQuery("mood", "angry"), "of mood it has: happy, sad"),
        (AttributeQuery("planet", "mars"), "of planet it has: no value at all"),
    ],
)
def test_what_a_set_does_not_know_is_named(faces: PackedSet, query: AttributeQuery, message: str) -> None:
    with pytest.raises(LatentError, match=message):
        attribute_labels(faces, [query])


def test_what_all_pictures_have_cannot_be_learned(tmp_path: Path) -> None:
    prepare(DrawnFaces(2, 16, seed=3), tmp_path / "two", PrepareOptions(size=16))
    data = PackedSet.open(tmp_path / "two")
    attributes = [face.attributes for face in DrawnFaces(2, 16, seed=3)]
    same = next(name for name in attributes[0] if attributes[0][name] == attributes[1][name] != "none")
    with pytest.raises(LatentError, match="all of the pictures"):
        attribute_labels(data, [AttributeQuery(same, attributes[0][same])])


def test_the_most_confident_hold_every_condition_and_come_in_order() -> None:
    logits = np.array([[5, -1], [3, 3], [2, -4], [9, 0.5], [-1, 8], [4, 2]], np.float32)
    assert top_confident(logits, [True, True], 3).tolist() == [1, 5, 3]
    assert top_confident(logits, [True, False], 2).tolist() == [2, 0]
    with pytest.raises(LatentError, match="the conditions hold for 3 of 6 samples, and 4 are needed"):
        top_confident(logits, [True, True], 4)


def test_the_axis_is_the_direction_that_the_logits_were_made_from() -> None:
    random = np.random.default_rng(0)
    z = random.uniform(-1, 1, (2000, 8)).astype(np.float32)
    slope = random.normal(size=8)
    logits = (z @ slope + 0.3).astype(np.float32)
    axis = least_squares_axis(z, logits)
    assert axis / np.linalg.norm(axis) == pytest.approx(slope / np.linalg.norm(slope), abs=1e-4)
    rise = logits[logits > 0].mean() - logits[logits <= 0].mean()
    assert axis @ slope == pytest.approx(rise, rel=1e-3)
    assert least_squares_axis(z, logits, present=False) == pytest.approx(-axis)


def test_an_axis_leaves_the_label_alone_and_raises_the_logit_by_the_other_numbers() -> None:
    random = np.random.default_rng(0)
    labels = np.eye(3, dtype=np.float32)[random.integers(3, size=2000)]
    z = np.column_stack([random.uniform(-1, 1, (2000, 4)).astype(np.float32), labels])
    slope = np.array([1, 0, -0.5, 0, 3, -2, 0])
    logits = (z @ slope).astype(np.float32)
    axis = least_squares_axis(z, logits, noise_dim=4)
    assert axis[4:].tolist() == [0, 0, 0]
    rise = logits[logits > 0].mean() - logits[logits <= 0].mean()
    assert axis @ slope == pytest.approx(rise, rel=1e-3)


def test_an_axis_needs_pictures_with_and_without() -> None:
    z = np.random.default_rng(0).uniform(-1, 1, (50, 8)).astype(np.float32)
    for logits in (np.ones(50, np.float32), -np.ones(50, np.float32)):
        with pytest.raises(LatentError, match="samples with it and samples without"):
            least_squares_axis(z, logits)
