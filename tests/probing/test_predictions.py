"""What a classifier makes of pictures, by scores that are known."""

from pathlib import Path

import numpy as np

from dcgan.data.clips import clips_of, film_names
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.probing.predictions import Predictions


def predictions(scores: list[list[float]], films: tuple[str, ...] = ()) -> Predictions:
    count = len(scores)
    pixels, names = np.zeros((count, 8, 8, 1), np.uint8), tuple(map(str, range(count)))
    return Predictions(pixels, names, np.array(scores, np.float32), ("run", "walk"), (None,) * count, films)


def test_a_film_has_the_label_of_the_highest_mean_score_of_its_clips() -> None:
    found = predictions([[0.1, 0], [0.1, 0], [0, 5], [2, 1]], ("a.mp4", "a.mp4", "a.mp4", "b.mp4"))
    assert found.film_labels == {"a.mp4": "walk", "b.mp4": "run"}
    rows = found.table().to_pylist()
    assert [row["label"] for row in rows] == ["run", "run", "walk", "run"]
    assert [(row["film"], row["film_label"]) for row in rows[2:]] == [("a.mp4", "walk"), ("b.mp4", "run")]


def test_still_pictures_are_of_no_film() -> None:
    found = predictions([[1, 0], [0, 1]])
    assert found.film_labels == {}
    assert found.table().column_names == ["name", "label", "score", "second", "margin"]


def test_a_film_is_called_by_its_folder_or_else_as_its_source(tmp_path: Path) -> None:
    frames = np.zeros((2, 3, 8, 8, 1), np.uint8)
    np.save(tmp_path / "films.npy", frames)
    prepare(tmp_path / "films.npy", tmp_path / "packed", PrepareOptions(size=8))
    names = film_names(clips_of(PackedSet.open(tmp_path / "packed"), 2))
    assert len(names) == 4
    assert len(set(names)) == 2
    np.save(tmp_path / "one.npy", frames[0])
    prepare(tmp_path / "one.npy", tmp_path / "one", PrepareOptions(size=8))
    assert film_names(clips_of(PackedSet.open(tmp_path / "one"), 2)) == ["one.npy"] * 2
