"""The server behind the pages."""

import json
from http.client import HTTPConnection
from pathlib import Path
from socket import SHUT_WR, create_connection
from urllib.parse import urlsplit

import pytest
from tests.studio.serving import ask, served
from tests.toy_model import toy_model

from dcgan.dissection.boxes import Box, read_boxes
from dcgan.errors import DcganError
from dcgan.studio.annotation import Annotation
from dcgan.studio.server import serve

BOX = {"left": 1, "top": 1, "right": 5, "bottom": 6}
DRAWN = json.dumps({"boxes": [BOX], "before": [[]]})


@pytest.fixture
def annotation(tmp_path: Path) -> Annotation:
    return Annotation(toy_model(), range(4), tmp_path / "b.json")


def test_boxes_that_are_put_on_a_sample_are_in_the_file(annotation: Annotation) -> None:
    with served(annotation) as address:
        assert ask(address, "PUT", "boxes/2", DRAWN) == (200, b"null")
        state = json.loads(ask(address, "GET", "state")[1])
    assert state["samples"] == ["0", "1", "2", "3"]
    assert state["boxes"] == [{"seed": "2", **BOX}]
    assert state["looked_at"] == ["2"]
    assert read_boxes(annotation.path, 16).boxes == (Box(2, 1, 1, 5, 6),)


def test_the_page_and_its_samples_are_there(annotation: Annotation) -> None:
    with served(annotation) as address:
        assert b"<!doctype html>" in ask(address, "GET", "")[1]
        for name in ("annotation.js", "box_sheet.js", "boxes.css", "studio.css", "saving.js", "samples/3.png"):
            assert ask(address, "GET", name)[0] == 200
        assert ask(address, "GET", "masks.js")[0] == 404  # another page's


def test_nobody_who_does_not_know_the_address_gets_anything(annotation: Annotation) -> None:
    with served(annotation) as address:
        for path in ("/", "/state", "/annotation.js", "/guess/state", "/samples/3.png"):
            assert ask(address, "GET", path)[0] == 404
        assert ask(address, "PUT", "/boxes/2", "[]")[0] == 404
        assert ask(address, "POST", "/done")[0] == 404
    assert not annotation.path.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example:80"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "["}, 403),
        ({"Host": "127.0.0.1"}, 200),
        ({"Host": "localhost:8000"}, 200),
        ({"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000"}, 200),
        ({"Host": "127.0.0.1:8000", "Origin": "http://evil.example"}, 403),
        ({"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_only_the_pages_own_requests_are_answered(annotation: Annotation, headers: dict[str, str], status: int) -> None:
    with served(annotation) as address:
        parts = urlsplit(address)
        connection = HTTPConnection(parts.netloc, timeout=30)
        connection.request("PUT", f"{parts.path}boxes/2", DRAWN, headers)
        assert connection.getresponse().status == status
        connection.close()
    assert annotation.path.exists() == (status == 200)


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("boxes/9", DRAWN, "no sample has seed 9"),
        ("looked-at/9", "", "no sample has seed 9"),
        ("boxes/2", "{", "Expecting"),
        ("boxes/2", "[]", "no object with boxes"),
        ("boxes/2", '{"boxes": {"left": 1}, "before": [[]]}', "dict is not a list"),
        ("boxes/2", '{"boxes": [], "before": 3}', "no list of guesses"),
        ("boxes/2", '{"boxes": [1], "before": [[]]}', "the boxes must be a list"),
        ("boxes/2", '{"boxes": [{"left": 1}], "before": [[]]}', "the boxes must be a list"),
        ("boxes/2", DRAWN.replace("5", '"x"'), "the boxes must be a list"),
        ("boxes/2", DRAWN.replace("5", "9" * 500), "the boxes must be a list"),
        ("boxes/2", DRAWN.replace("5", "99"), "outside 0 to 16"),
        ("boxes/2", DRAWN.replace('"before": [[]]', f'"before": [[{json.dumps(BOX)}]]'), "changed on another page"),
        ("boxes/2", "[" * 100_000, "nested too deeply"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(
    annotation: Annotation, path: str, body: str, message: str
) -> None:
    with served(annotation) as address:
        status, content = ask(address, "PUT", path, body)
    assert status == 400
    assert message in json.loads(content)["error"]
    assert not annotation.path.exists()


def test_a_request_that_was_cut_off_or_is_too_long_changes_nothing(annotation: Annotation) -> None:
    with served(annotation) as address:
        ask(address, "PUT", "boxes/2", DRAWN)
        parts = urlsplit(address)
        for length, body in (("60", '{"boxes": []}'), ("9" * 5000, ""), ("x", "")):
            with create_connection((parts.hostname, parts.port)) as client:
                head = f"PUT {parts.path}boxes/2 HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {length}\r\n\r\n"
                client.sendall(f"{head}{body}".encode())
                client.shutdown(SHUT_WR)
                assert client.recv(99).split()[1] in (b"400", b"413")
    assert read_boxes(annotation.path, 16).boxes == (Box(2, 1, 1, 5, 6),)


@pytest.mark.parametrize("path", ["samples/9.png", "samples/x.png", "samples/../state", "boxes/2", "%2e%2e/server.py"])
def test_paths_that_lead_nowhere_are_not_found(annotation: Annotation, path: str) -> None:
    with served(annotation) as address:
        assert ask(address, "GET", path)[0] in (400, 404)


def test_a_full_disk_is_reported_on_the_page(annotation: Annotation, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with served(annotation) as address:
        monkeypatch.setattr("dcgan.studio.annotation.write_boxes", full)
        status, content = ask(address, "PUT", "boxes/2", DRAWN)
        assert status == 507
        assert "No space left" in json.loads(content)["error"]
        monkeypatch.undo()
        assert ask(address, "PUT", "boxes/2", DRAWN)[0] == 200


def test_a_client_that_goes_away_disturbs_nobody(annotation: Annotation, capfd: pytest.CaptureFixture[str]) -> None:
    with served(annotation) as address:
        parts = urlsplit(address)
        for _ in range(5):
            with create_connection((parts.hostname, parts.port)) as client:
                client.sendall(
                    f"PUT {parts.path}boxes/2 HTTP/1.1\r\nHost: 127.0.0.1:80\r\nContent-Length: 50\r\n\r\n[".encode()
                )
        assert ask(address, "GET", "state")[0] == 200
    assert "Traceback" not in capfd.readouterr().err


def test_a_port_that_is_taken_is_named(annotation: Annotation) -> None:
    with served(annotation) as address, pytest.raises(DcganError, match="`port`"):
        serve(annotation, print, urlsplit(address).port or 0)
