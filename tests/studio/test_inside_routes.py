"""The requests of the tab Look inside: what is found is the library's, kept, bounded, or refused with a reason."""

import io
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image
from tests.studio.inside_folder import PICTURES, begin, ended, looked, make_folder
from tests.studio.running import Answer, Client, running
from tests.toy_model import toy_model

from dcgan.data.cache import open_pictures
from dcgan.data.decode import DecodeOptions, decode_content
from dcgan.errors import ModelError, SourceError
from dcgan.figures.saliency import saliency_pixels
from dcgan.inspection.guided import back_propagate
from dcgan.inspection.inspect import Inspection, inspect
from dcgan.inspection.responses import measure_layers
from dcgan.model import Model
from dcgan.studio import inside, inside_process
from dcgan.studio.inside_look import Look
from dcgan.studio.seen_pictures import looking_model
from dcgan.types import Pixels

MODEL = toy_model()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("studio"))


@pytest.fixture(scope="module")
def client(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("OMP_NUM_THREADS", "1")
        with running(folder) as studio:
            yield Client(studio.address).enter()


@pytest.fixture(scope="module")
def look(client: Client) -> str:
    return looked(client)


@pytest.fixture(scope="module")
def inspection(client: Client, look: str, folder: Path) -> Inspection:
    """What `dcgan inspect` finds in the last layer, in the same cache."""
    return inspect(MODEL, folder / "photos", top=inside_process.KEEP)


def pixels(answer: Answer, side: int) -> Pixels:
    assert answer.status == 200, answer.error
    return np.asarray(Image.open(io.BytesIO(answer.content))).reshape(-1, side, side, 3)


def test_a_look_says_what_was_looked_at_and_what_layers_there_are(client: Client, look: str) -> None:
    facts = client.get("/api/inside", look=look).json
    assert (facts["model"], facts["source"], facts["pictures"], facts["skipped"]) == ("toy", "photos", PICTURES, 1)
    assert facts["layers"] == [
        {"channels": 8, "map": 8, "field": 4, "dead": {"trained": 0, "random": 0}},
        {"channels": 16, "map": 4, "field": 10, "dead": {"trained": 0, "random": 0}},
    ]


@pytest.mark.parametrize("net", ["trained", "random"])
def test_a_channels_strongest_responses_are_those_of_the_verb(
    client: Client, look: str, inspection: Inspection, net: str
) -> None:
    expected = inspection.activations if net == "trained" else inspection.random_activations
    found = client.get("/api/inside/channel", look=look, net=net, layer=1, channel=5).json
    strongest = found["strongest"]
    assert isinstance(strongest, list)
    assert [one["response"] for one in strongest] == pytest.approx(expected.value[5].tolist(), rel=1e-3)
    assert [one["name"] for one in strongest] == [inspection.data.names[row] for row in expected.picture[5]]
    assert [one["left"] for one in strongest] == inspection.field.corner(expected.column[5]).tolist()


def test_the_most_selective_channels_come_first_and_all_come(client: Client, look: str, inspection: Inspection) -> None:
    parts = [
        client.get("/api/inside/channels", look=look, layer=1, start=start, count=10).json for start in (0, 10, 20)
    ]
    channels = [one for part in parts for one in part["channels"]]  # type: ignore[attr-defined]
    assert [part["total"] for part in parts] == [16, 16, 16]
    order = np.argsort(-inspection.activations.selectivity)
    assert [one["channel"] for one in channels] == order.tolist()
    assert channels[0]["selectivity"] == pytest.approx(inspection.activations.selectivity[order[0]], rel=1e-3)


def test_patches_and_their_saliency_come_channel_by_channel(client: Client, look: str, inspection: Inspection) -> None:
    drawn = pixels(client.get("/api/inside/patches.png", look=look, layer=1, channels="5,2"), 10)
    drawn = drawn.reshape(2, 2, 4, 10, 10, 3)
    whole = pixels(client.get("/api/inside/channel.png", look=look, layer=1, channel=2), 16).reshape(2, -1, 16, 16, 3)
    found = inspection.activations
    np.testing.assert_array_equal(whole[0], inspection.data.pixels[found.picture[2]])
    saliency = back_propagate(MODEL, whole[0], 1, found.units[2])
    assert np.abs(whole[1].astype(int) - saliency_pixels(saliency)).max() <= 2
    left, top = (int(inspection.field.corner(place[2, :1])[0]) for place in (found.column, found.row))
    inner = slice(max(0, -top), 10 - max(0, top + 10 - 16)), slice(max(0, -left), 10 - max(0, left + 10 - 16))
    shown = whole[:, 0, max(0, top) : top + 10, max(0, left) : left + 10]
    np.testing.assert_array_equal(drawn[1, :, 0][:, inner[0], inner[1]], shown)


def test_a_picture_of_ones_own_is_judged_as_the_net_sees_it(client: Client, look: str, folder: Path) -> None:
    picture = getattr(decode_content(folder / "own" / "wide.png", DecodeOptions(16, 3))[0], "pixels", None)
    assert picture is not None
    usual = measure_layers(MODEL, open_pictures(folder / "photos", size=16, channels=3).pixels, keep=1)
    own = measure_layers(MODEL, picture[None], keep=1)
    layers = client.get("/api/inside/excited", look=look, photo="own/wide.png").json["layers"]
    assert isinstance(layers, list)
    assert [len(channels) for channels in layers] == [8, 8]
    for layer, channels in enumerate(layers):
        deviations = usual[layer].deviations(own[layer].value[:, 0])
        order = np.argsort(-deviations)[:8]
        assert [one["channel"] for one in channels] == order.tolist()
        assert [one["deviations"] for one in channels] == pytest.approx(deviations[order].tolist(), rel=1e-3)
        share = own[layer].value[order[0], 0] / usual[layer].value[order[0], 0]
        assert channels[0]["share"] == pytest.approx(share, rel=1e-3)
    sheet = pixels(client.get("/api/inside/excited.png", look=look, photo="own/wide.png"), 16)
    np.testing.assert_array_equal(sheet[0], picture)
    one = pixels(client.get("/api/inside/saliency.png", look=look, photo="own/wide.png", layer=1, channel=3), 16)
    saliency = saliency_pixels(back_propagate(MODEL, picture[None], 1, own[1].units[[3], 0]))
    assert (len(sheet), np.abs(one[1].astype(int) - saliency[0]).max() <= 2) == (17, True)
    alone = client.get("/api/inside/excitement", look=look, photo="own/wide.png", layer=1, channel=3).json
    assert alone["response"] == pytest.approx(float(own[1].value[3, 0]), rel=1e-3)


def test_the_picture_of_a_seed_can_be_looked_at(client: Client, look: str) -> None:
    sheet = pixels(client.get("/api/inside/excited.png", look=look, seed=17), 16)
    np.testing.assert_array_equal(sheet[0], MODEL.sample([17])[0])


def test_a_gray_photograph_becomes_one_of_colors(client: Client, look: str) -> None:
    sheet = pixels(client.get("/api/inside/saliency.png", look=look, photo="own/gray.png", layer=0, channel=0), 16)
    assert (np.ptp(sheet[0], axis=-1) == 0).all()


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("channels-figure", {"layer": 1, "trained": "5,2"}, "toy-layer-1.png"),
        ("channels-figure", {"layer": 1, "trained": "5,2", "random": "1,2", "theme": "dark"}, "toy-layer-1.png"),
        ("channels-figure", {"layer": 0, "trained": "5", "whole": "true"}, "toy-layer-0.png"),
        ("excited-figure", {"seed": 3}, "toy-excited.png"),
        ("saliency-figure", {"seed": 3, "layer": 1, "channel": 2}, "toy-layer-1-channel-2.png"),
    ],
)
def test_what_is_shown_is_kept_as_a_figure(
    client: Client, look: str, path: str, query: dict[str, object], name: str
) -> None:
    answer = client.get(f"/api/inside/{path}", look=look, **query)
    assert answer.status == 200, answer.error
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    figure = Image.open(io.BytesIO(answer.content))
    assert min(figure.size) > 64
    assert figure.getpixel((0, 0)) == ((17, 20, 25) if query.get("theme") == "dark" else (255, 255, 255))


def test_a_second_look_at_the_same_is_kept_and_another_checkpoint_is_another(client: Client, folder: Path) -> None:
    shutil.copytree(folder / "toy", folder / "other")
    first = looked(client, "other")
    assert looked(client, "other") == first
    channel = client.get("/api/inside/channel", look=first, layer=0, channel=0).json
    shutil.rmtree(folder / "other")
    Model(MODEL.architecture, MODEL.generator, MODEL.discriminator, {"images": 6}).save(folder / "other")
    assert looked(client, "other") != first
    shutil.rmtree(folder / "other")  # what was found stays
    assert client.get("/api/inside/channel", look=first, layer=0, channel=0).json == channel
    assert client.get("/api/inside/patches.png", look=first, layer=0, channels="1").status == 200
    assert "no model" in begin(client, "other").error


def test_without_pictures_samples_are_looked_at(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = ended(client, begin(client, source=None))
    assert (facts["source"], facts["pictures"]) == (None, inside_process.SAMPLES)
    found = client.get("/api/inside/channel", look=facts["look"], layer=1, channel=5).json["strongest"]
    assert isinstance(found, list)
    seed = int(found[0]["name"].removeprefix("seed "))
    whole = pixels(client.get("/api/inside/channel.png", look=facts["look"], layer=1, channel=5), 16)
    np.testing.assert_array_equal(whole[0], MODEL.sample([seed])[0])


@pytest.mark.parametrize("channels", [1, 4])
def test_gray_and_transparent_models_are_looked_into(client: Client, folder: Path, channels: int) -> None:
    name = f"channels-{channels}"
    toy_model(channels=channels).save(folder / name)
    look = looked(client, name)
    for path, query in (("patches.png", {"channels": "0,1"}), ("excited.png", {"photo": "own/wide.png"})):
        answer = client.get(f"/api/inside/{path}", look=look, layer=0, **query)
        assert Image.open(io.BytesIO(answer.content)).mode == {1: "L", 4: "RGBA"}[channels]
    assert client.get("/api/inside/channels-figure", look=look, layer=0, trained="0,1").status == 200
    assert client.get("/api/inside/excited-figure", look=look, seed=3).status == 200


def test_models_without_such_layers_are_refused(client: Client, folder: Path) -> None:
    card = (folder / "toy" / "model.json").read_text()
    (folder / "old").mkdir(exist_ok=True)
    (folder / "old" / "model.json").write_text(card.replace('"nets": "dcgan"', '"nets": "gan-2014"'))
    answer = begin(client, "old")
    assert answer.error == "the nets of old are not a DCGAN's, whose layers are needed here: choose another model"


def test_pictures_that_cannot_be_looked_at_are_refused_with_the_reason(client: Client, folder: Path) -> None:
    (folder / "broken").mkdir(exist_ok=True)
    shutil.copy(folder / "own" / "cut.png", folder / "broken" / "cut.png")
    assert "none of 1 pictures can be used: 1 truncated" in str(ended(client, begin(client, source="broken"))["error"])
    (folder / "empty").mkdir(exist_ok=True)
    assert "empty" in str(ended(client, begin(client, source="empty"))["error"])
    assert "no longer" in begin(client, source="none").error
    assert "not in the folder" in begin(client, source="../photos").error
    open_pictures(folder / "photos", size=16, channels=1).path.rename(folder / "packed")
    assert "channels 1, and channels 3 is needed" in str(ended(client, begin(client, source="packed"))["error"])


def test_a_model_that_is_replaced_while_it_is_opened_is_refused(folder: Path, tmp_path: Path) -> None:
    replaced = replace(looking_model(folder / "toy"), digest="of before")
    task = inside_process.Task(replaced, None, tmp_path / "out", "cpu")
    with pytest.raises(ModelError, match="has just been replaced"):
        inside_process.look(task, lambda **_: None)
    assert not (tmp_path / "out").exists()


def test_too_many_pictures_are_refused_before_they_are_decoded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside_process, "MOST", 3)
    with pytest.raises(SourceError, match="3 at most"):
        inside_process._check_count(4)


@pytest.mark.parametrize(
    ("photo", "why"),
    [
        ("own/cut.png", "cannot be read"),
        ("own/bomb.png", "decompression bomb"),
        ("own/none.png", "no longer"),
        ("../me.png", "not in the folder"),
    ],
)
def test_photographs_that_cannot_be_opened_are_refused_with_the_reason(
    client: Client, look: str, photo: str, why: str
) -> None:
    answer = client.get("/api/inside/excited", look=look, photo=photo)
    assert (answer.status, why in answer.error) == (400, True), answer.error


@pytest.mark.parametrize(
    ("path", "query", "why"),
    [
        ("channels", {"look": "none"}, "look again"),
        ("channels", {"net": "best"}, "net must be one of"),
        ("channels", {"layer": 2}, "layer must be 0 to 1"),
        ("channels", {"layer": -1}, "whole number"),
        ("channels", {"count": 0}, "1 to 64 channels"),
        ("channels", {"count": 65}, "1 to 64 channels"),
        ("patches.png", {"channels": "8"}, "channels 0 to 7, not 8"),
        ("patches.png", {"channels": ""}, "whole numbers"),
        ("channel", {"channel": 8}, "channels 0 to 7, not 8"),
        ("channel.png", {"channel": 8}, "channels 0 to 7, not 8"),
        ("excited", {}, "whole numbers"),
        ("saliency.png", {"seed": 1, "channel": 8}, "channels 0 to 7, not 8"),
        ("channels-figure", {}, "needs channels"),
        ("channels-figure", {"trained": "1,2", "random": "1"}, "needs channels"),
        ("channels-figure", {"trained": "0,1,2,3,4,5,6,7,0", "whole": "true"}, "8 channels at most"),
        ("channels-figure", {"trained": "1", "theme": "pink"}, "theme must be one of"),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: Client, look: str, path: str, query: dict[str, object], why: str
) -> None:
    answer = client.get(f"/api/inside/{path}", **{"look": look, **query})
    assert (answer.status, why in answer.error) == (400, True), answer.error


def test_a_look_that_is_canceled_ends_at_once(client: Client) -> None:
    first, second = (str(begin(client, source=None).json["job"]) for _ in range(2))  # of which one waits
    for job in (second, first):
        client.post("/api/inside/cancel", job=job)
        assert client.get("/api/inside/job", job=job).json == {"error": "this was canceled"}


def test_answers_are_made_once_and_more_than_can_be_made_soon_are_refused(
    client: Client, look: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, made, make = Event(), Event(), list[object](), Look.patches

    def slow(self: Look, net: str, layer: int, channels: list[int]) -> object:
        made.append(channels)
        begun.set()
        assert go_on.wait(30)
        return make(self, net, layer, channels)

    monkeypatch.setattr(Look, "patches", slow)
    monkeypatch.setattr(inside, "MOST_WAITING", 1)
    query = {"look": look, "layer": 0, "channels": "7,6"}
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.get, "/api/inside/patches.png", **query)
        assert begun.wait(30)
        refused = client.get("/api/inside/patches.png", **query)
        go_on.set()
        assert first.result().status == 200
    assert (refused.status, refused.headers["Retry-After"]) == (503, "2")
    assert client.get("/api/inside/patches.png", **query).content == first.result().content
    assert len(made) == 1


def test_the_look_that_was_used_least_recently_makes_room(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(inside, "MOST_KEPT", 1)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path))
    with running(folder) as studio:
        client = Client(studio.address).enter()
        first = looked(client)
        second = looked(client, source=None)
        assert "look again" in client.get("/api/inside", look=first).error
        assert client.get("/api/inside", look=second).status == 200
