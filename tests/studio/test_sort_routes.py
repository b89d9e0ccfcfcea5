"""The requests of the tab Sort: labels are kept, learned from and exported, even over two studios."""

import csv
import io
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.studio.running import Client, running
from tests.studio.sorting_folder import EACH, KINDS, begin, label, looked_at, make_folder
from tests.toy_model import toy_model

from dcgan.model_folder import SHIPPED
from dcgan.probing.classifier import load_classifier
from dcgan.studio.contents import Contents, model_path


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("studio"))


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with running(folder) as studio:
        yield Client(studio.address).enter()


@pytest.fixture(scope="module")
def sorting(client: Client) -> str:
    """A sorting that has been looked at, with three labels of each class."""
    sorting = begin(client)
    looked_at(client, sorting)
    for kind in KINDS:
        label(client, sorting, [f"{kind}-{number:02}.png" for number in range(3)], kind)
    return sorting


def shown(client: Client, sorting: str, **query: object) -> list[dict[str, object]]:
    answer = client.get("/api/sorting/pictures", sorting=sorting, **query)
    assert answer.status == 200, answer.error
    pictures = answer.json["pictures"]
    assert isinstance(pictures, list)
    return pictures


def test_every_picture_is_shown_once_whatever_part_is_asked_for(client: Client, sorting: str) -> None:
    parts = [shown(client, sorting, start=start, count=15) for start in (0, 15, 30)]
    assert [len(part) for part in parts] == [15, 15, 10]
    assert len({str(picture["name"]) for part in parts for picture in part}) == 2 * EACH
    labeled = {picture["name"]: picture["label"] for part in parts for picture in part if picture["label"]}
    assert labeled == {f"{kind}-{number:02}.png": kind for kind in KINDS for number in range(3)}


def test_thumbnails_are_the_pictures(client: Client, sorting: str, folder: Path) -> None:
    some = shown(client, sorting, count=3)
    facts = client.get("/api/sorting", sorting=sorting).json
    rows = ",".join(str(picture["row"]) for picture in some)
    answer = client.get("/api/sorting/sheet.png", sorting=sorting, set=facts["set"], rows=rows)
    expected = [np.asarray(Image.open(folder / "photos" / str(picture["name"]))) for picture in some]
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(answer.content))), np.concatenate(expected))
    other = client.get("/api/sorting/sheet.png", sorting=sorting, set="another", rows=rows)
    assert (other.status, "were changed" in other.error) == (400, True)


def test_it_learns_and_shows_guesses_by_class_and_its_doubts(client: Client, sorting: str) -> None:
    learned = client.post("/api/sorting/learn", sorting=sorting).json["learned"]
    assert learned == {
        "classes": {"dark": EACH, "light": EACH},
        "labels": 6,
        "stale": False,
        "doubts": 2 * EACH - 6,
        "right": None,  # too few labels to tell
        "tried": None,
    }
    light = shown(client, sorting, view="class", **{"class": "light"})
    assert {str(picture["name"])[:5] for picture in light} == {"light"}
    confidences = [picture["confidence"] for picture in light]
    assert confidences == sorted(confidences, key=float, reverse=True)  # type: ignore[arg-type]
    doubts = shown(client, sorting, view="doubts")
    assert not any(picture["label"] for picture in doubts)
    assert [float(str(one["confidence"])) for one in doubts] == sorted(float(str(one["confidence"])) for one in doubts)


def test_what_was_learned_stays_while_the_pictures_are_looked_at_again(client: Client, sorting: str) -> None:
    client.post("/api/sorting/look", sorting=sorting)
    client.post("/api/sorting/learn", sorting=sorting)  # before the look has ended
    learned = looked_at(client, sorting)["learned"]
    assert isinstance(learned, dict)
    assert learned["stale"] is False


def test_the_export_is_a_table_and_a_classifier_that_commands_read(client: Client, sorting: str, folder: Path) -> None:
    found = client.post("/api/sorting/export", sorting=sorting).json
    assert found == {"classifier": f"{sorting}/classifier", "table": f"{sorting}/pictures.csv"}
    content = (folder / sorting / "pictures.csv").read_text("utf-8")
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(content))}
    assert len(rows) == 2 * EACH
    assert all(row["class"] == name.partition("-")[0] for name, row in rows.items())
    assert rows["dark-01.png"] == {"name": "dark-01.png", "class": "dark", "confidence": "1", "labeled": "yes"}
    assert rows["dark-09.png"]["labeled"] == "no"
    assert 0.5 < float(rows["dark-09.png"]["confidence"]) < 1
    assert client.get("/api/sorting/pictures.csv", sorting=sorting).content.decode() == content
    predictions = load_classifier(folder / sorting / "classifier").classify(folder / "photos")
    guessed = {
        name: predictions.label_names[label] for name, label in zip(predictions.names, predictions.labels, strict=True)
    }
    assert guessed == {name: row["class"] for name, row in rows.items()}
    assert client.post("/api/sorting/export", sorting=sorting).status == 200  # again, over what is there


def test_pictures_are_looked_at_with_their_mirror_images_where_left_and_right_mean_the_same(
    client: Client, folder: Path
) -> None:
    answer = client.post("/api/sortings", model="toy", source="photos", classes=list(KINDS), horizontal_flip=True)
    sorting = str(answer.json["sorting"])
    looked_at(client, sorting)
    for kind in KINDS:
        label(client, sorting, [f"{kind}-{number:02}.png" for number in range(6)], kind)
    assert client.post("/api/sorting/export", sorting=sorting).status == 200
    classifier = load_classifier(folder / sorting / "classifier")
    assert classifier.horizontal_flip
    with (folder / sorting / "pictures.csv").open(newline="") as file:
        table = {row["name"]: row["class"] for row in csv.DictReader(file)}
    predictions = classifier.classify(folder / "photos")
    assert [predictions.label_names[label] for label in predictions.labels] == [
        table[name] for name in predictions.names
    ]
    decisions = folder / sorting / "sorting.json"
    content = decisions.read_text()
    decisions.write_text(content.replace('"horizontal_flip": true', '"horizontal_flip": false'))
    assert looked_at(client, sorting)["horizontal_flip"] is False  # they are looked at anew
    assert client.post("/api/sorting/export", sorting=sorting).status == 200
    assert not load_classifier(folder / sorting / "classifier").horizontal_flip
    decisions.write_text(content.replace('"horizontal_flip": true', '"horizontal_flip": 1'))
    assert "neither true nor false" in client.get("/api/sorting", sorting=sorting).error


def test_a_sorting_whose_file_is_a_device_is_damaged(client: Client, folder: Path) -> None:
    (folder / "sorted" / "evil").mkdir(parents=True)
    (folder / "sorted" / "evil" / "sorting.json").symlink_to("/dev/zero")
    assert "it is not a file" in client.get("/api/sorting", sorting="sorted/evil").error
    listed = json.loads(client.get("/api/sortings").content)
    assert any("error" in one for one in listed if one["sorting"] == "sorted/evil")
    shutil.rmtree(folder / "sorted" / "evil")


def test_models_inside_a_sorting_are_not_offered(client: Client, sorting: str, folder: Path) -> None:
    assert (folder / sorting / "features" / "model" / "model.json").is_file()
    assert [model["name"] for model in Contents(folder).models()] == ["toy", "faces"]


def test_a_folder_of_pictures_called_like_a_model_that_comes_with_dcgan_does_not_hide_it(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "me.jpg").write_bytes(b"a picture")
    assert [model["name"] for model in Contents(tmp_path).models()] == ["faces"]
    assert model_path(tmp_path, "faces") == SHIPPED / "faces"


def test_the_accuracy_is_shown_from_five_labels_of_each_class_on(client: Client, sorting: str) -> None:
    for kind in KINDS:
        label(client, sorting, [f"{kind}-03.png"], kind)
        label(client, sorting, [f"{kind}-04.png"], kind, view="doubts")  # such a label does not count
    assert client.post("/api/sorting/learn", sorting=sorting).json["learned"]["tried"] is None  # type: ignore[index]
    for kind in KINDS:
        label(client, sorting, [f"{kind}-05.png"], kind)
    facts = client.get("/api/sorting", sorting=sorting).json
    assert facts["learned"]["stale"]  # type: ignore[index]
    learned = client.post("/api/sorting/learn", sorting=sorting).json["learned"]
    assert (learned["right"], learned["tried"], learned["labels"]) == (10, 10, 12)  # type: ignore[index]


def test_a_label_that_another_page_has_changed_is_not_taken_back(client: Client, sorting: str) -> None:
    label(client, sorting, ["dark-15.png"], "dark")
    label(client, sorting, ["dark-15.png"], "light")  # another page
    label(client, sorting, ["dark-15.png"], None, instead_of=["dark"])  # the first one's undo
    labels = client.get("/api/sorting/labels", sorting=sorting).json["labels"]
    assert labels["dark-15.png"] == "light"  # type: ignore[index]
    label(client, sorting, ["dark-15.png"], None, instead_of=["light"])
    labels = client.get("/api/sorting/labels", sorting=sorting).json["labels"]
    assert "dark-15.png" not in labels  # type: ignore[operator]


def test_classes_are_added_renamed_and_removed(client: Client, sorting: str) -> None:
    def change(**content: object) -> dict[str, object]:
        return client.post("/api/sorting/classes", sorting=sorting, **content).json

    assert change(add=" gray  ones ")["classes"] == ["dark", "light", "gray ones"]
    assert "label more gray ones" in client.post("/api/sorting/learn", sorting=sorting).error
    assert change(rename="dark", to="black")["labeled"]["black"] >= 3  # type: ignore[index]
    assert "give them another label first" in str(change(remove="light")["error"])
    change(remove="gray ones")
    assert change(rename="black", to="dark")["classes"] == ["dark", "light"]
    assert "two classes are called 'dark'" in str(change(add="dark")["error"])


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [
        ("/api/sortings", {"model": "toy", "source": "photos", "classes": ["a"]}, "2 to 20 classes"),
        ("/api/sortings", {"model": "toy", "source": "photos", "classes": ["a", "a"]}, "two classes are called"),
        ("/api/sortings", {"model": "toy", "source": "photos", "classes": ["a", " "]}, "needs a name"),
        ("/api/sortings", {"model": "toy", "source": "photos", "classes": ["a", "b" * 41]}, "needs a name"),
        ("/api/sortings", {"model": "toy", "source": "photos", "classes": ["a", 3]}, "list of texts"),
        (
            "/api/sortings",
            {"model": "toy", "source": "none", "classes": ["a", "b"]},
            "the pictures none no longer exist",
        ),
        ("/api/sortings", {"model": "toy", "source": "..", "classes": ["a", "b"]}, "not in the folder"),
        ("/api/sortings", {"model": "none", "source": "photos", "classes": ["a", "b"]}, "no model"),
        ("/api/sortings", {"model": "../toy", "source": "photos", "classes": ["a", "b"]}, "not in the folder"),
        ("/api/sorting/look", {"sorting": "sorted/none"}, "no longer exists"),
        ("/api/sorting/look", {"sorting": "../x"}, "not in the folder"),
        ("/api/sorting/label", {"names": ["dark-00.png"], "class": "cat", "view": "varied"}, "no class 'cat'"),
        ("/api/sorting/label", {"names": ["none.png"], "class": "dark", "view": "varied"}, "no longer exists"),
        ("/api/sorting/label", {"names": [], "class": "dark", "view": "varied"}, "1 to 256"),
        ("/api/sorting/label", {"names": ["dark-00.png"] * 257, "class": "dark", "view": "varied"}, "1 to 256"),
        ("/api/sorting/label", {"names": ["dark-00.png"], "class": 3, "view": "varied"}, "class"),
        ("/api/sorting/label", {"names": ["dark-00.png"], "class": "dark", "view": "x"}, "no view 'x'"),
        ("/api/sorting/label", {"names": "dark-00.png", "class": "dark", "view": "varied"}, "names"),
        ("/api/sorting/classes", {"rename": "cat", "to": "dog"}, "no class 'cat'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(
    client: Client, sorting: str, path: str, content: dict[str, object], why: str
) -> None:
    answer = client.post(path, **{"sorting": sorting, **content})
    assert (answer.status, why in answer.error) == (400, True), answer.error


@pytest.mark.parametrize(
    ("path", "query", "why"),
    [
        ("pictures", {"view": "x"}, "no view 'x'"),
        ("pictures", {"view": "class", "class": "cat"}, "class 'cat'"),
        ("pictures", {"start": "-1"}, "whole number"),
        ("pictures", {"count": "0"}, "1 to 256"),
        ("pictures", {"count": "257"}, "1 to 256"),
        ("sheet.png", {"rows": "x"}, "whole number"),
        ("sheet.png", {"rows": "1000"}, "numbered 0 to 39"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    client: Client, sorting: str, path: str, query: dict[str, str], why: str
) -> None:
    client.post("/api/sorting/learn", sorting=sorting)
    known = client.get("/api/sorting", sorting=sorting).json["set"]
    answer = client.get(f"/api/sorting/{path}", sorting=sorting, set=known, **query)
    assert (answer.status, why in answer.error) == (400, True), answer.error


def test_before_the_pictures_have_been_looked_at_nothing_can_be_labeled(client: Client) -> None:
    sorting = begin(client)
    answer = client.post(
        "/api/sorting/label", **{"sorting": sorting, "names": ["dark-00.png"], "class": "dark", "view": "varied"}
    )
    assert (answer.status, "not looked at the pictures" in answer.error) == (400, True)
    assert client.get("/api/sorting", sorting=sorting).json["state"] == "stopped"


def test_a_look_can_be_stopped_and_begun_again(client: Client) -> None:
    sorting = begin(client)
    for _ in range(2):
        assert client.post("/api/sorting/look", sorting=sorting).json["state"] == "looking"
        facts = client.post("/api/sorting/stop", sorting=sorting).json
        assert (facts["state"], facts["looking"]) == ("stopped", False)


def test_labels_and_features_outlive_the_studio(client: Client, sorting: str, folder: Path) -> None:
    labels = client.get("/api/sorting/labels", sorting=sorting).json
    extracted = (folder / sorting / "features" / "features.npy").stat().st_mtime_ns
    with running(folder) as studio:
        later = Client(studio.address).enter()
        facts = looked_at(later, sorting)
        assert (facts["state"], facts["aside"], facts["outdated"]) == ("ready", 0, False)
        assert later.get("/api/sorting/labels", sorting=sorting).json == labels
    assert (folder / sorting / "features" / "features.npy").stat().st_mtime_ns == extracted  # not done again


def test_pictures_that_cannot_be_used_and_a_damaged_file_are_reported(client: Client, folder: Path) -> None:
    sorting = begin(client)
    (folder / "empty").mkdir(exist_ok=True)
    (folder / "empty" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    broken = str(client.post("/api/sortings", model="toy", source="empty", classes=["a", "b"]).json["sorting"])
    facts = looked_at(client, broken)
    assert (facts["state"], "none of 1 pictures can be used" in str(facts["error"])) == ("failed", True)
    (folder / sorting / "sorting.json").write_text('{"format": 1}')
    answer = client.get("/api/sorting", sorting=sorting)
    assert (answer.status, "is damaged" in answer.error) == (400, True)
    assert "is damaged" in client.ask("GET", "/api/sortings").content.decode()


def test_the_newest_model_looks_even_where_a_look_with_the_one_before_has_begun(
    client: Client, sorting: str, folder: Path
) -> None:
    toy_model("uniform").save(folder / "toy", overwrite=True)  # as a run that goes on
    assert client.post("/api/sorting/look", sorting=sorting).json["looking"]
    assert client.post("/api/sorting/look", sorting=sorting, again=True).json["looking"]
    end = time.monotonic() + 120
    while (facts := client.get("/api/sorting", sorting=sorting).json)["looking"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert (facts["state"], facts["outdated"], facts["learned"]) == ("ready", False, None)
    assert looked_at(client, sorting)["outdated"] is False
