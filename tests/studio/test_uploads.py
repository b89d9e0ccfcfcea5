"""Pictures that are dropped on the studio's page, and the look at what can be used of them."""

import io
import json
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import create_connection
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from tests.studio.running import Answer, Client, running

from dcgan.studio.uploads import LARGEST


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="module")
def client(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        with running(folder) as studio:
            yield Client(studio.address).enter()


def picture(seed: int = 0) -> bytes:
    memory = io.BytesIO()
    levels = np.random.default_rng(seed).integers(0, 256, (20, 24, 3), np.uint8)
    Image.fromarray(levels).save(memory, "PNG")
    return memory.getvalue()


def bomb() -> bytes:
    """A PNG of a few hundred bytes that claims to have four thousand million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 65_000, 65_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")


def new_set(client: Client) -> str:
    return str(client.post("/api/uploads", bytes=1000).json["set"])


def send(client: Client, set_name: str, content: bytes) -> Answer:
    return client.ask("POST", f"/api/uploads/{set_name}", content)


def looked_at(client: Client, source: str, size: int = 16) -> dict[str, object]:
    facts = client.post("/api/intake", source=source, size=size).json
    end = time.monotonic() + 60
    while "done" in facts:
        assert time.monotonic() < end
        time.sleep(0.05)
        facts = client.get("/api/intake", source=source, size=size).json
    return facts


def test_what_can_be_used_is_counted_and_what_cannot_is_listed_with_the_reason(client: Client, folder: Path) -> None:
    name = new_set(client)
    contents = [picture(1), picture(2), picture(3), picture(4)[:300], bomb()]
    stored = [str(send(client, name, content).json["name"]) for content in contents]
    assert sorted(path.name for path in (folder / name).iterdir()) == sorted(stored)
    facts = looked_at(client, name)
    assert (facts["used"], facts["skipped"]) == (3, 2)
    assert facts["reasons"] == {"truncated": 1, "decompression bomb": 1}
    listed = facts["list"]
    assert isinstance(listed, list)
    assert {row["name"] for row in listed} == set(stored[3:])
    sheet = client.get("/api/intake/sheet.png", source=name, size=16)
    assert Image.open(io.BytesIO(sheet.content)).size == (3 * 16 + 2 * 2, 16)
    assert client.get("/api/state").json["sources"]


def test_another_kind_of_pictures_than_the_page_offers_is_refused(client: Client) -> None:
    name = new_set(client)
    send(client, name, picture())
    answer = client.post("/api/runs", source=name, size=16, minutes=1, more={"preset": "paper-64"})
    assert answer.error == "Kind of pictures must be one of default, drawings, not paper-64"


def test_an_archive_is_learned_from_as_it_is(client: Client) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for number in range(3):
            archive.writestr(f"../../{number}.png", picture(number))
    stored = send(client, new_set(client), memory.getvalue()).json
    assert stored["kind"] == "archive"
    assert looked_at(client, str(stored["source"]))["used"] == 3


def test_where_a_picture_is_asked_for_no_archive_stays(client: Client, folder: Path) -> None:
    name = new_set(client)
    answer = client.ask("POST", f"/api/uploads/{name}?only=picture", b"PK\x03\x04")
    assert "this is an archive: it was not kept" in answer.error
    assert not (folder / name).exists()
    assert client.ask("POST", f"/api/uploads/{name}?only=picture", picture()).json["kind"] == "picture"


def test_names_of_files_are_ours(client: Client, folder: Path) -> None:
    stored = send(client, new_set(client), picture()).json
    assert str(stored["name"]).removesuffix(".png").isalnum()
    for name in ("..", "../x", "..%2f..", "uploaded-99", "uploaded-1x", "%2e%2e", "uploaded-1%2f..%2f..%2fx"):
        assert send(client, name, picture()).status in (400, 404)
    assert not list(folder.parent.glob("*.png"))


@pytest.mark.parametrize(("content", "why"), [(b"hello", "neither a picture"), (b"", "empty"), (b"MZ" * 99, "neither")])
def test_what_is_no_picture_is_not_kept(client: Client, folder: Path, content: bytes, why: str) -> None:
    name = new_set(client)
    answer = send(client, name, content)
    assert (answer.status, why in answer.error) == (400, True)
    assert not (folder / name).exists()


def test_a_picture_is_kept_after_one_that_was_refused(client: Client, folder: Path) -> None:
    name = new_set(client)
    assert send(client, name, b"hello").status == 400
    assert new_set(client) != name  # its page still sends
    stored = str(send(client, name, picture()).json["name"])
    assert send(client, name, b"hello").status == 400
    assert [path.name for path in (folder / name).iterdir()] == [stored]


def test_an_upload_of_which_nothing_can_be_used_is_removed(client: Client, folder: Path) -> None:
    name = new_set(client)
    for content in (picture(1)[:300], bomb()):
        send(client, name, content)
    (folder / "own").mkdir()
    (folder / "own" / "cut.png").write_bytes(picture(1)[:300])
    for source in (name, "own"):
        assert "none of" in str(looked_at(client, source)["error"])
    assert not (folder / name).exists()
    assert (folder / "own" / "cut.png").exists()  # the studio has not stored it


def test_a_file_of_somebody_else_keeps_the_folder_of_an_upload(client: Client, folder: Path) -> None:
    name = new_set(client)
    send(client, name, picture(1)[:300])
    (folder / name / "notes.txt").write_text("mine")
    assert "none of" in str(looked_at(client, name)["error"])
    assert [path.name for path in (folder / name).iterdir()] == ["notes.txt"]


def test_an_archive_without_a_usable_picture_is_removed_and_pictures_beside_it_stay(
    client: Client, folder: Path
) -> None:
    name = new_set(client)
    kept = str(send(client, name, picture()).json["name"])
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("cut.png", picture(1)[:300])
    source = str(send(client, name, memory.getvalue()).json["source"])
    assert "none of" in str(looked_at(client, source)["error"])
    assert [path.name for path in (folder / name).iterdir()] == [kept]


def test_a_photograph_that_cannot_be_read_is_removed(client: Client, folder: Path) -> None:
    name = new_set(client)
    stored = send(client, name, picture(1)[:300]).json["name"]
    assert "cannot be read" in client.get("/api/photos/shown", photo=f"{name}/{stored}").error
    assert not (folder / name).exists()


def test_a_studio_that_ends_leaves_no_empty_folder(tmp_path: Path) -> None:
    with running(tmp_path) as studio:
        client = Client(studio.address).enter()
        empty, full = new_set(client), new_set(client)
        send(client, full, picture())
    assert not (tmp_path / empty).exists()
    assert len(list((tmp_path / full).iterdir())) == 1


def test_an_upload_that_was_cut_off_leaves_nothing(client: Client, folder: Path) -> None:
    name, parts = new_set(client), urlsplit(client.address)
    with create_connection((parts.hostname or "", parts.port or 0)) as connection:
        head = f"POST /api/uploads/{name} HTTP/1.1\r\nHost: localhost\r\nCookie: {client.cookie}\r\n"
        connection.sendall(f"{head}Content-Length: 9999\r\n\r\n".encode() + picture()[:100])
        until(lambda: len(list((folder / name).iterdir())) == 1)
    until(lambda: not (folder / name).exists())


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_does_not_fit_on_the_disk_is_refused_before_it_is_sent(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=10**9)
    monkeypatch.setattr("dcgan.studio.uploads.shutil.disk_usage", lambda _: usage)
    answer = client.post("/api/uploads", bytes=10**9)
    assert (answer.status, "not enough room" in answer.error) == (400, True)
    assert client.post("/api/uploads", bytes=10**6).status == 200


def test_a_disk_that_fills_up_meanwhile_is_reported(
    client: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = new_set(client)

    async def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dcgan.studio.uploads.open_file", full)
    answer = send(client, name, picture())
    assert (answer.status, "No space left" in answer.error) == (507, True)
    assert not (folder / name).exists()


def test_a_file_that_is_too_large_is_refused_by_its_length(client: Client) -> None:
    parts = urlsplit(client.address)
    with create_connection((parts.hostname or "", parts.port or 0)) as connection:
        head = f"POST /api/uploads/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LARGEST + 1}\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(99).split()[1] == b"413"


@pytest.mark.parametrize("source", ["..", "/etc", "uploaded-1/../..", "no-such", "a\0b"])
def test_pictures_outside_the_folder_are_not_looked_at(client: Client, source: str) -> None:
    answer = client.post("/api/intake", source=source, size=16)
    facts = answer.json if answer.status != 200 else looked_at(client, source)
    assert "error" in facts


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"source": 3, "size": 16}', '{"source": "x"}', '{"source": "x", "size": true}', "[" * 9999]
)
def test_a_request_that_makes_no_sense_is_refused(client: Client, body: str) -> None:
    answer = client.ask("POST", "/api/intake", body)
    assert answer.status == 400
    assert json.loads(answer.content)["error"]
