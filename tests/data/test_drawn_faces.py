import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcgan.data import drawn_faces
from dcgan.data.drawn_faces import WORN, DrawnFaces
from dcgan.data.items import Item, Source
from dcgan.errors import SourceError, UsageError
from dcgan.types import Pixels

pytest.importorskip("dicebear", reason="the extra 'demo' is not installed")

SOME = range(200)


@pytest.fixture(scope="module")
def faces() -> list[Item]:
    return list(DrawnFaces(len(SOME)))


def pixels(item: Item) -> Pixels:
    assert isinstance(item.content, bytes)
    return np.asarray(Image.open(io.BytesIO(item.content)))


def color(name: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(name.removeprefix("#")))


def test_it_is_a_source_of_so_many_faces() -> None:
    source: Source = DrawnFaces(3)
    assert source.total == len(list(source)) == 3
    assert source.ignored == {}
    assert "drawn faces" in source.description


def test_a_face_is_always_the_same_whatever_the_count(faces: list[Item]) -> None:
    assert list(DrawnFaces(5)) == faces[:5]
    assert DrawnFaces(1).face(4) == faces[4]


def test_faces_of_a_seed_and_of_other_seeds_are_different_pictures(faces: list[Item]) -> None:
    pictures = {item.content for item in faces} | {item.content for item in DrawnFaces(len(SOME), seed=1)}
    assert len(pictures) == 2 * len(SOME)


def test_names_are_unique_and_in_order(faces: list[Item]) -> None:
    names = [item.name for item in faces]
    assert names == sorted(set(names))


@pytest.mark.parametrize("size", [16, 32, 50, 64])
def test_pictures_have_the_size_asked_for_and_are_opaque(size: int) -> None:
    picture = pixels(DrawnFaces(1, size=size).face(0))
    assert picture.shape == (size, size, 4)
    assert (picture[..., 3] == 255).all()


def test_a_multiple_of_16_is_drawn_in_sharp_blocks() -> None:
    small, large = (pixels(DrawnFaces(1, size=size).face(0)) for size in (16, 64))
    assert np.array_equal(small.repeat(4, axis=0).repeat(4, axis=1), large)


def test_faces_are_varied(faces: list[Item]) -> None:
    share = {name: sum(item.attributes[name] != "none" for item in faces) / len(faces) for name in WORN}
    assert 0.4 < share["glasses"] < 0.6
    assert 0.2 < share["hat"] < 0.45
    assert 0.1 < share["beard"] < 0.3
    assert 0.1 < share["accessories"] < 0.35
    assert {item.attributes["mood"] for item in faces} == {"happy", "sad"}
    assert {item.attributes["hair_length"] for item in faces} == {"long", "short"}
    assert len({item.attributes["background"] for item in faces}) == 8


@pytest.mark.parametrize("thing", WORN)
def test_what_a_face_is_said_to_wear_is_seen_and_nothing_else(faces: list[Item], thing: str) -> None:
    source = DrawnFaces(len(SOME))
    for index in SOME:
        bare = source.face(index, without=[thing])
        worn = faces[index].attributes[thing] != "none"
        assert (bare.content != faces[index].content) == worn
        others = {name for name in bare.attributes if not name.startswith(thing)}
        assert all(bare.attributes[name] == faces[index].attributes[name] for name in others)
        assert bare.attributes[thing] == "none"


def test_every_variant_named_is_an_element_of_the_drawing() -> None:
    for index in SOME:
        svg, attributes = drawn_faces._draw(f"0-{index}", {})
        elements = dict(re.findall(r'<g id="(\w+?)-(\w+)-', svg))
        for thing in ("accessories", "beard", "clothes", "eyes", "glasses", "hair", "hat", "mouth"):
            assert elements.get(thing, "none") == attributes[thing]


def test_colors_named_are_the_colors_drawn(faces: list[Item]) -> None:
    for item in faces:
        picture = {tuple(map(int, p)) for p in pixels(item)[..., :3].reshape(-1, 3)}
        assert color(item.attributes["background"]) in picture
        for thing in ("clothes", "hair"):
            assert color(item.attributes[f"{thing}_color"]) in picture or item.attributes["hat"] != "none"
        for thing in ("accessories", "glasses", "hat"):
            assert (item.attributes[f"{thing}_color"] == "none") == (item.attributes[thing] == "none")


def test_words_say_the_same_as_the_variants(faces: list[Item]) -> None:
    for item in faces:
        assert item.attributes["hair"].startswith(item.attributes["hair_length"])
        assert item.attributes["mouth"].startswith(item.attributes["mood"])
        assert item.label == ("no glasses" if item.attributes["glasses"] == "none" else "glasses")


def test_a_face_cannot_be_without_its_hair() -> None:
    with pytest.raises(ValueError, match="cannot leave off hair"):
        DrawnFaces(1).face(0, without=["hair"])


@pytest.mark.parametrize(
    ("count", "size", "message"),
    [(0, 32, "`count` of drawn faces"), (9, 8, "`size` of drawn faces")],
)
def test_numbers_out_of_range_are_wrong_use(count: int, size: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        DrawnFaces(count, size)


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dicebear", None)
    drawn_faces._style.cache_clear()
    with pytest.raises(SourceError, match=re.escape("pip install 'dcgan[demo]'")):
        DrawnFaces()


def test_drawing_needs_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import socket

    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("a connection was opened"))
    monkeypatch.chdir(tmp_path)
    assert DrawnFaces(1).face(0).content
