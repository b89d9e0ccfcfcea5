"""The server behind the page on which masks are painted."""

import json
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from socket import create_connection
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from tests.studio.painted import HOLE, NONE, digest, header, pictures, png
from tests.studio.serving import ask, served

from dcgan.studio import mask_drawing
from dcgan.studio.mask_drawing import LARGEST, MaskDrawing


def message(content: bytes, *before: str) -> str:
    return json.dumps({"mask": b64encode(content).decode(), "before": before})


PAINTED = message(png(HOLE), digest(NONE))


@pytest.fixture
def drawing(tmp_path: Path) -> MaskDrawing:
    return MaskDrawing(pictures("beach", "a-beach"), tmp_path / "masks")


def test_a_mask_that_is_put_is_in_its_file(drawing: MaskDrawing) -> None:
    with served(drawing) as address:
        assert ask(address, "PUT", "masks/1", PAINTED) == (200, b"null")
        state = json.loads(ask(address, "GET", "state")[1])
        with Image.open(BytesIO(ask(address, "GET", "masks/1.png")[1])) as image:
            assert np.array_equal(np.asarray(image), np.where(HOLE, 255, 0))
    assert state["folder"] == str(drawing.folder)
    assert state["pictures"] == [
        {"name": "beach", "width": 9, "height": 6, "missing": 0},
        {"name": "a-beach", "width": 9, "height": 6, "missing": 10},
    ]
    with Image.open(drawing.folder / "a-beach.png") as image:
        assert np.array_equal(np.asarray(image), np.where(HOLE, 255, 0))


def test_a_host_without_a_port_is_that_of_port_80(drawing: MaskDrawing) -> None:
    with served(drawing) as address:
        assert ask(address, "GET", "state", headers={"Host": "127.0.0.1"})[0] == 200
        assert ask(address, "GET", "state", headers={"Host": "elsewhere.example"})[0] == 403


def test_done_ends_with_all_masks_in_their_files(drawing: MaskDrawing) -> None:
    with served(drawing) as address:
        ask(address, "PUT", "masks/1", PAINTED)
        (drawing.folder / "a-beach.png").unlink()
        assert ask(address, "POST", "done")[0] == 200
    assert (drawing.folder / "a-beach.png").exists()


def test_the_page_and_its_pictures_are_there(drawing: MaskDrawing) -> None:
    with served(drawing) as address:
        assert b"<title>dcgan: paint what is missing" in ask(address, "GET", "")[1]
        for name in ("masks.js", "mask.js", "png.js", "masks.css", "studio.css", "saving.js"):
            assert ask(address, "GET", name)[0] == 200
        for name in ("pictures/1.png", "thumbnails/1.png", "masks/1.png"):
            assert ask(address, "GET", name)[1].startswith(b"\x89PNG")
        assert ask(address, "GET", "annotation.js")[0] == 404  # another page's


def test_nobody_who_does_not_know_the_address_gets_anything(drawing: MaskDrawing) -> None:
    with served(drawing) as address:
        for path in ("/", "/state", "/masks.js", "/pictures/0.png", "/guess/masks/0.png"):
            assert ask(address, "GET", path)[0] == 404
        assert ask(address, "PUT", "/masks/0", PAINTED)[0] == 404
    assert drawing.masks == {}


@pytest.mark.parametrize(
    "path",
    [
        "pictures/beach.png",
        "masks/beach.png",
        "masks/a-beach",
        "pictures/../state",
        "masks/../../beach.png",
        "masks/%2e%2e/beach.png",
        "masks//etc/passwd",
        "masks/-1.png",
        "masks/2.png",
        "masks/99999999999999999999.png",
        "pictures/2.png",
        "thumbnails/2.png",
        "../masks.js",
    ],
)
def test_paths_that_lead_nowhere_get_and_put_nothing(drawing: MaskDrawing, path: str, tmp_path: Path) -> None:
    with served(drawing) as address:
        assert ask(address, "GET", path)[0] in (400, 404)
        assert ask(address, "PUT", path.removesuffix(".png"), PAINTED)[0] in (400, 404)
    assert [path.name for path in tmp_path.rglob("*")] == ["masks"]


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("masks/2", PAINTED, "no picture has the index 2; the last is 1"),
        ("masks/0", png(HOLE).decode("latin-1"), "Expecting value|codec can't decode"),
        ("masks/0", "{", "Expecting"),
        ("masks/0", "[]", "no object with a mask"),
        ("masks/0", "{}", "no object with a mask"),
        ("masks/0", '{"mask": 3, "before": []}', "no object with a mask"),
        ("masks/0", '{"mask": ""}', "no list of guesses"),
        ("masks/0", '{"mask": "", "before": [3]}', "no list of guesses"),
        ("masks/0", '{"mask": "?", "before": []}', "not base64"),
        ("masks/0", '{"mask": "\\u00e9", "before": []}', "not base64"),
        ("masks/0", '{"mask": "", "before": []}', "not a PNG"),
        ("masks/0", message(b"not a picture", digest(NONE)), "not a PNG"),
        ("masks/0", message(png(HOLE.T), digest(NONE)), "6 × 9 pixels, and the picture 9 × 6"),
        ("masks/0", message(header(60_000, 60_000), digest(NONE)), "60000 × 60000 pixels"),
        ("masks/0", message(png(HOLE)), "changed on another page"),
        ("masks/0", message(png(HOLE), digest(~HOLE)), "changed on another page"),
        ("masks/0", "[" * 100_000, "nested too deeply"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(drawing: MaskDrawing, path: str, body: str, why: str) -> None:
    with served(drawing) as address:
        status, content = ask(address, "PUT", path, body)
    assert status == 400
    assert any(part in json.loads(content)["error"] for part in why.split("|"))
    assert list(drawing.folder.iterdir()) == []


def test_only_the_pages_own_requests_are_answered(drawing: MaskDrawing) -> None:
    with served(drawing) as address:
        for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
            assert ask(address, "PUT", "masks/0", PAINTED, headers)[0] == 403
    assert drawing.masks == {}


def test_a_request_longer_than_any_mask_is_refused_unread(drawing: MaskDrawing) -> None:
    with served(drawing) as address:
        parts = urlsplit(address)
        for length in (2 * LARGEST, 10**9):
            with create_connection((parts.hostname, parts.port)) as client:
                head = f"PUT {parts.path}masks/0 HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {length}\r\n\r\n"
                client.sendall(head.encode())  # and nothing of the content
                assert client.recv(99).split()[1] == b"413"
        large = png(HOLE) + bytes(2 << 20)  # the mask of a large picture may have some megabytes
        assert ask(address, "PUT", "masks/0", message(large, digest(NONE)))[0] == 200


def test_a_full_disk_is_reported_on_the_page(drawing: MaskDrawing, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with served(drawing) as address:
        monkeypatch.setattr(mask_drawing, "write_atomic", full)
        status, content = ask(address, "PUT", "masks/0", PAINTED)
        assert status == 507
        assert json.loads(content)["error"] == f"cannot write {drawing.folder}: No space left on device"
        monkeypatch.undo()
        assert ask(address, "PUT", "masks/0", PAINTED)[0] == 200
