"""The file of a sorting, and the look at its pictures, without a studio."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import rmtree

import pytest
from tests.studio.sorting_folder import EACH, KINDS, make_folder, save_picture
from tests.toy_model import toy_model

from dcgan.errors import DcganError, SourceError
from dcgan.studio import sort_features
from dcgan.studio.seen_pictures import SeenPictures, looking_model, model_of_features
from dcgan.studio.sorter import Sorter
from dcgan.studio.sorting import FILE, Label, Sorting, sortings_in


def test_two_studios_that_label_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    sorting = Sorting.create(tmp_path, "toy", "photos", ["a", "b"])

    def label(number: int) -> None:
        Sorting(sorting.path).label({f"{number}.png": "0"}, "ab"[number % 2], "varied")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(label, range(40)))
    decisions = sorting.decisions()
    assert len(decisions.labels) == decisions.version == 40


def test_a_sorting_of_before_there_were_mirror_images_has_none(tmp_path: Path) -> None:
    sorting = Sorting.create(tmp_path, "toy", "photos", ["a", "b"], horizontal_flip=True)
    assert sorting.decisions().horizontal_flip
    content = json.loads((sorting.path / FILE).read_text())
    del content["horizontal_flip"]
    (sorting.path / FILE).write_text(json.dumps(content))
    assert not Sorting(sorting.path).decisions().horizontal_flip


def test_a_label_has_the_view_in_which_the_picture_was_first_labeled(tmp_path: Path) -> None:
    sorting = Sorting.create(tmp_path, "toy", "photos", ["a", "b"])
    sorting.label({"1.png": "x"}, "a", "varied")
    sorting.label({"1.png": "x", "2.png": "y"}, "b", "doubts")
    assert dict(sorting.decisions().labels) == {"1.png": Label("b", "x", "varied"), "2.png": Label("b", "y", "doubts")}


def test_names_are_numbered_and_a_disk_that_is_full_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [Sorting.create(tmp_path, "toy", source, ["a", "b"]).path.name for source in ("x/art", "x/art", ".")]
    assert names == ["art-1", "art-2", f"{tmp_path.name}-1"]
    assert [sorting.path.name for sorting in sortings_in(tmp_path)] == sorted(names)
    sorting = Sorting(tmp_path / "sorted" / "art-1")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("dcgan.studio.sorting.write_atomic", full)
        with pytest.raises(OSError, match="No space left"):
            sorting.label({"1.png": "x"}, "a", "varied")
    assert not sorting.decisions().labels


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": 9}',
        '{"format": 1, "version": 0, "model": "m", "pictures": "p", "classes": ["a", "b"], "labels": []}',
        '{"format": 1, "version": 0, "model": "m", "pictures": "p", "classes": ["a", "b"], '
        '"labels": {"x": {"class": "c", "sha256": "", "view": "varied"}}}',
    ],
)
def test_a_file_that_was_damaged_is_named(tmp_path: Path, text: str) -> None:
    sorting = Sorting.create(tmp_path, "toy", "photos", ["a", "b"])
    (sorting.path / "sorting.json").write_text(text)
    with pytest.raises(DcganError, match=r"the file sorted/photos-1/sorting.json is damaged .* remove it"):
        sorting.decisions()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    return make_folder(tmp_path / "studio")


def look(folder: Path, sorting: Path, *, again: bool = False) -> SeenPictures:
    """Look at the photos of a folder, in this process."""
    model = model_of_features(sorting)
    packed = sort_features.look(
        looking_model(folder / "toy") if model is None or again else model,
        str(folder / "photos"),
        sorting,
        "cpu",
        again=again,
        horizontal_flip=False,
        on_progress=lambda **_: None,
    )
    return SeenPictures.open(sorting, packed.path)


def test_labels_of_pictures_that_were_changed_are_set_aside_until_they_are_back(folder: Path) -> None:
    sorting = Sorting.create(folder, "toy", "photos", KINDS)
    sorter = Sorter(sorting, look(folder, sorting.path))
    for kind in KINDS:
        sorter.label([f"{kind}-00.png", f"{kind}-01.png"], kind, "varied")
    assert look(folder, sorting.path).is_as(sorter.seen)

    kept = (folder / "photos" / "dark-00.png").read_bytes()
    save_picture(folder / "photos" / "dark-00.png", 1000)
    (folder / "photos" / "light-00.png").unlink()
    save_picture(folder / "photos" / "light-99.png", 1001)
    changed = look(folder, sorting.path)
    assert not changed.is_as(sorter.seen)
    facts = Sorter(sorting, changed).facts()
    assert (facts["pictures"], facts["labeled"], facts["aside"]) == (2 * EACH, {"dark": 1, "light": 1}, 2)
    (folder / "photos" / "dark-00.png").write_bytes(kept)
    facts = Sorter(sorting, look(folder, sorting.path)).facts()
    assert (facts["labeled"], facts["aside"]) == ({"dark": 2, "light": 1}, 1)


def test_features_stay_those_of_their_model_until_the_newest_is_asked_for(folder: Path) -> None:
    sorting = Sorting.create(folder, "toy", "photos", KINDS)
    before = look(folder, sorting.path)
    toy_model("uniform").save(folder / "toy", overwrite=True)  # as a run that goes on
    assert looking_model(folder / "toy").digest != before.digest
    assert look(folder, sorting.path).digest == before.digest
    after = look(folder, sorting.path, again=True)
    assert after.digest == looking_model(folder / "toy").digest
    rmtree(folder / "toy")
    save_picture(folder / "photos" / "light-99.png", 1001)
    assert len(look(folder, sorting.path).names) == 2 * EACH + 1  # by the copy of the model


def test_too_many_pictures_are_refused_before_they_are_decoded(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sort_features, "MOST", 39)
    with pytest.raises(SourceError, match="these are 40 pictures, and the page sorts 39 at most"):
        look(folder, tmp_path / "sorting")
    assert not (tmp_path / "cache").exists()
