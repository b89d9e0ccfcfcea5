"""The requests of the tab Explore: places in latent space are drawn, kept as files and filmed, or refused."""

import io
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.studio.running import Answer, Client, running
from tests.toy_model import toy_model

from dcgan.latent.arithmetic import arithmetic
from dcgan.latent.concepts import Concept, add_concepts, concept_of_axis, concept_of_seeds
from dcgan.latent.files import read_latents
from dcgan.latent.interpolation_grid import interpolate_grid
from dcgan.latent.turn import turn
from dcgan.latent.walk import interpolate
from dcgan.model import Model
from dcgan.studio import explore_routes
from dcgan.types import Pixels

MODEL = toy_model()
CONCEPTS = (
    concept_of_seeds("calm", [1, 2, 3], MODEL),
    concept_of_axis("up", np.array([1, 0, 0, 0.5, 0, -1], np.float32)),
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("studio")
    MODEL.save(folder / "toy")
    shutil.copytree(folder / "toy", folder / "art" / "bare")
    add_concepts(folder / "toy" / "concepts.toml", CONCEPTS, MODEL)
    shutil.copytree(folder / "toy", folder / "broken")
    (folder / "broken" / "concepts.toml").write_text("= no TOML")
    with running(folder) as studio:
        yield Client(studio.address).enter()


def ask(client: Client, of: object, path: str = "pictures", model: str = "toy", **query: object) -> Answer:
    return client.get(f"/api/explore/{path}", model=model, of=json.dumps(of), **query)


def pictures(answer: Answer) -> Pixels:
    assert answer.status == 200, answer.error
    return np.asarray(Image.open(io.BytesIO(answer.content))).reshape(-1, 16, 16, 3)


def test_a_model_tells_its_concepts_and_where_they_belong_if_it_has_none(client: Client) -> None:
    found = client.get("/api/explore", model="toy").json
    assert found["concepts"] == [{"name": "calm", "is_axis": False}, {"name": "up", "is_axis": True}]
    assert found["films"] in (["gif", "webp"], ["gif", "webp", "mp4"])
    bare = client.get("/api/explore", model="art/bare").json
    assert (bare["concepts"], bare["file"]) == ([], "art/bare/concepts.toml")


def test_places_of_a_walk_are_those_of_the_verb(client: Client) -> None:
    walk = interpolate(MODEL, [3, 17, 40], 5)
    drawn = pictures(ask(client, {"kind": "walk", "seeds": [3, 17, 40], "at": [0, 0.25, 1, 1.5, 2]}))
    np.testing.assert_array_equal(drawn, walk.pixels[[0, 0, 0, 1, 1], [0, 1, 4, 2, 4]])


def test_places_of_a_map_are_those_of_a_grid_row_by_row(client: Client) -> None:
    corners = [3, 17, 40, 8]
    drawn = pictures(ask(client, {"kind": "grid", "seeds": corners, "x": [0, 0.5, 1], "y": [0, 1]}))
    np.testing.assert_array_equal(drawn, interpolate_grid(MODEL, corners, 2, 3).pixels.reshape(-1, 16, 16, 3))


def test_a_picture_moves_along_an_axis_as_far_as_the_verb_turns_it(client: Client) -> None:
    terms = [{"factor": 2, "concept": "up"}]
    turned = turn(MODEL, [5], "up", strength=2, concepts={one.name: one for one in CONCEPTS})
    drawn = pictures(ask(client, {"kind": "moved", "seed": 5, "terms": terms}))
    np.testing.assert_array_equal(drawn[0], turned.pixels[0, -1])


def test_several_concepts_and_means_of_pictures_move_a_picture_together(client: Client) -> None:
    terms = [{"factor": 1.5, "concept": "up"}, {"factor": -0.5, "concept": "calm"}, {"factor": 1, "seeds": [8, 9]}]
    own = MODEL.latents([8, 9]).mean(axis=0)
    z = MODEL.latents([5]) + 1.5 * CONCEPTS[1].mean - 0.5 * CONCEPTS[0].mean + own
    drawn = pictures(ask(client, {"kind": "moved", "seed": 5, "terms": terms}))
    assert np.abs(drawn.astype(int) - MODEL.generate(z)).max() <= 1  # sums in another order


def test_a_picture_without_amounts_is_its_seed(client: Client) -> None:
    drawn = pictures(ask(client, {"kind": "moved", "seed": 5, "terms": []}))
    np.testing.assert_array_equal(drawn, MODEL.sample([5]))


def test_a_sum_has_the_variations_of_the_verb_and_one_of_them_can_be_taken(client: Client) -> None:
    known: dict[str, Concept] = {"a": concept_of_seeds("a", [4, 5, 6], MODEL), "calm": CONCEPTS[0]}
    result = arithmetic(MODEL, "a - calm", concepts=known, seed=7)
    terms = [{"factor": 1, "seeds": [4, 5, 6]}, {"factor": -1, "concept": "calm"}]
    of = {"kind": "sum", "terms": terms, "variations": 8, "noise_seed": 7}
    np.testing.assert_array_equal(pictures(ask(client, of)), result.pixels)
    np.testing.assert_array_equal(pictures(ask(client, {**of, "only": 3})), result.pixels[3:4])


def test_a_picture_is_kept_at_any_size(client: Client) -> None:
    answer = ask(client, {"kind": "moved", "seed": 5, "terms": []}, "download", scale=8, smooth="true")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="toy-moved.png"'
    assert Image.open(io.BytesIO(answer.content)).size == (128, 128)


def test_a_walk_is_kept_as_a_strip(client: Client) -> None:
    of = {"kind": "walk", "seeds": [3, 17], "at": [0, 0.2, 0.4, 0.6, 1]}
    answer = ask(client, of, "download", kind="strip", scale=2)
    assert Image.open(io.BytesIO(answer.content)).size == (5 * 32 + 4 * 2, 32)


def test_kept_latent_vectors_are_read_by_verbs(client: Client, tmp_path: Path) -> None:
    answer = ask(client, {"kind": "walk", "seeds": [3, 17], "at": [0, 0.5, 1]}, "download", kind="npz")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="toy-walk.npz"'
    (tmp_path / "walk.npz").write_bytes(answer.content)
    expected = interpolate(MODEL, [3, 17], 3).z[0]
    assert read_latents(tmp_path / "walk.npz", MODEL) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("loop", "frames"), [("false", 2 * 3 + 1), ("true", 3 * 3)])
def test_a_film_goes_from_seed_to_seed_and_back_if_asked(client: Client, loop: str, frames: int) -> None:
    query = {"model": "toy", "seeds": "3,17,40", "kind": "webp", "seconds": 0.1, "loop": loop}
    answer = client.get("/api/explore/film", **query)
    film = Image.open(io.BytesIO(answer.content))
    assert (answer.headers["Content-Type"], film.size) == ("image/webp", (512, 512))
    assert getattr(film, "n_frames", 1) == frames
    first = np.asarray(film.convert("RGB").resize((16, 16), Image.Resampling.BOX)).astype(int)
    assert np.abs(first - MODEL.sample([3])[0]).mean() < 12  # it is compressed


@pytest.mark.parametrize("kind", ["gif", "mp4"])
def test_films_have_other_kinds_too(client: Client, kind: str) -> None:
    if kind == "mp4":
        pytest.importorskip("av")
    answer = client.get("/api/explore/film", model="toy", seeds="3,17", kind=kind, seconds=0.1, loop="false")
    assert answer.status == 200
    assert answer.content[:4] == b"GIF8" if kind == "gif" else answer.content[4:8] == b"ftyp"


WALK = {"kind": "walk", "seeds": [1, 2], "at": [0.5]}
GRID = {"kind": "grid", "seeds": [1, 2, 3, 4], "x": [0], "y": [0]}
TERM = {"factor": 1, "seeds": [1]}


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (3, "not a JSON object"),
        ({}, "needs kind"),
        ({"kind": "run"}, "kind must be one of"),
        ({**WALK, "seeds": [1]}, "2 or more"),
        ({**WALK, "seeds": []}, "1 to 32 seeds"),
        ({**WALK, "seeds": [1] * 33}, "1 to 32 seeds"),
        ({**WALK, "seeds": [1, -2]}, "whole numbers"),
        ({**WALK, "seeds": [1, 2.5]}, "whole numbers"),
        ({**WALK, "seeds": [1, 2**63]}, "whole numbers"),
        ({**WALK, "seeds": "1,2"}, "needs seeds"),
        ({**WALK, "at": [1.5]}, "must be 0 to 1"),
        ({**WALK, "at": []}, "list of 1 to 64"),
        ({**WALK, "at": [0.5] * 65}, "list of 1 to 64"),
        ({**WALK, "at": [float("nan")]}, "list of 1 to 64"),
        ({**WALK, "at": [10**400]}, "list of 1 to 64"),
        ({**WALK, "at": [True]}, "list of 1 to 64"),
        ({**WALK, "only": 1}, "only must be 0 to 0"),
        ({**GRID, "seeds": [1, 2, 3]}, "must be 4"),
        ({**GRID, "x": [1.1]}, "0 to 1"),
        ({**GRID, "x": [0.5] * 9, "y": [0.5] * 9}, "64 can be drawn"),
        ({"kind": "moved", "terms": []}, "whole numbers"),
        ({"kind": "moved", "seed": 1, "terms": [TERM] * 65}, "64 objects at most"),
        ({"kind": "moved", "seed": 1, "terms": [3]}, "objects at most"),
        ({"kind": "moved", "seed": 1, "terms": [{"factor": 1, "concept": "down"}]}, "no concept 'down'"),
        ({"kind": "moved", "seed": 1, "terms": [{"factor": 11, "concept": "up"}]}, "factor must be"),
        ({"kind": "moved", "seed": 1, "terms": [{"factor": float("nan"), "concept": "up"}]}, "factor must be"),
        ({"kind": "moved", "seed": 1, "terms": [{"factor": 10**400, "concept": "up"}]}, "too large"),
        ({"kind": "moved", "seed": 1, "terms": [{"factor": 1}]}, "needs seeds"),
        ({"kind": "sum", "terms": []}, "formula is empty"),
        ({"kind": "sum", "terms": [TERM] * 13}, "12 objects at most"),
        ({"kind": "sum", "terms": [TERM], "variations": 100}, "0 to 99"),
        ({"kind": "sum", "terms": [TERM], "variations": 80}, "64 can be drawn"),
        ({"kind": "sum", "terms": [TERM], "noise_seed": -1}, "noise_seed"),
    ],
)
def test_places_that_do_not_exist_are_refused_with_the_reason(client: Client, of: Any, why: str) -> None:
    answer = ask(client, of)
    assert (answer.status, why in answer.error) == (400, True), answer.error


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"kind": "exe"}, "kind must be one of"),
        ({"scale": 0}, "scale must be 1 to 256"),
        ({"scale": 257}, "scale must be 1 to 256"),
        ({"scale": "x"}, "whole number"),
        ({"scale": 256}, "too many for a file"),
        ({"model": "none"}, "no model"),
    ],
)
def test_files_that_cannot_be_made_are_refused(client: Client, query: dict[str, Any], why: str) -> None:
    answer = ask(client, {**WALK, "at": [0.5] * 5}, "download", **query)
    assert (answer.status, why in answer.error) == (400, True), answer.error


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"kind": "png"}, "kind must be one of"),
        ({"seeds": ""}, "whole numbers"),
        ({"seeds": "1,x"}, "whole numbers"),
        ({"seeds": "1"}, "2 or more"),
        ({"seconds": "x"}, "seconds must be"),
        ({"seconds": "nan"}, "seconds must be"),
        ({"seconds": "11"}, "seconds must be"),
        ({"seeds": "1,2,3,4,5", "seconds": "10"}, "at most 900 are allowed"),
        ({"model": "../toy"}, "not in the folder"),
    ],
)
def test_films_that_cannot_be_made_are_refused(client: Client, query: dict[str, str], why: str) -> None:
    answer = client.get("/api/explore/film", **{"model": "toy", "seeds": "1,2", "kind": "gif", **query})
    assert (answer.status, why in answer.error) == (400, True), answer.error


def test_concepts_that_cannot_be_read_are_reported(client: Client) -> None:
    answer = client.get("/api/explore", model="broken")
    assert (answer.status, "not valid TOML" in answer.error) == (400, True)
    drawn = pictures(ask(client, WALK, model="broken"))  # what needs no concepts goes on
    assert drawn.shape == (1, 16, 16, 3)


def test_films_are_made_one_after_another_and_more_than_can_be_made_soon_are_refused(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, make = Event(), Event(), explore_routes._film

    def slow(pixels: Pixels, kind: str) -> bytes:
        begun.set()
        assert go_on.wait(30)
        return make(pixels, kind)

    monkeypatch.setattr(explore_routes, "_film", slow)
    monkeypatch.setattr(explore_routes, "MOST_FILMS", 1)
    query = {"model": "toy", "seeds": "1,2", "kind": "gif", "seconds": 0.1}
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.get, "/api/explore/film", **query)
        assert begun.wait(30)
        refused = client.get("/api/explore/film", **query)
        go_on.set()
        assert first.result().status == 200
    assert (refused.status, refused.headers["Retry-After"], "in a minute" in refused.error) == (503, "2", True)
    assert client.get("/api/explore/film", **query).status == 200


def test_a_gray_model_is_explored_as_well(tmp_path: Path) -> None:
    gray: Model = toy_model(channels=1)
    gray.save(tmp_path / "gray")
    with running(tmp_path) as studio:
        client = Client(studio.address).enter()
        answer = ask(client, WALK, model="gray")
        assert np.asarray(Image.open(io.BytesIO(answer.content))).shape == (16, 16)
        film = client.get("/api/explore/film", model="gray", seeds="3,17", kind="gif", seconds=0.1)
        assert film.content[:4] == b"GIF8"
