"""The page on which boxes are drawn by hand, and the small server behind it.

It listens on this machine alone, under an address that nobody can guess, and answers only requests of its own page:
neither another user nor a page from elsewhere that is open in the same browser can reach it.
"""

import json
import secrets
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from socket import socket
from threading import Thread

from dcgan.dissection.boxes import parse_boxes
from dcgan.errors import DcganError
from dcgan.files import parse_json
from dcgan.studio.annotation import Annotation

HOST = "127.0.0.1"
LOOPBACK = (HOST, "localhost", "[::1]")  # names of this machine, of which a tunnel (ssh -L) may use any
ELSEWHERE = "there is no such page; open the address that dcgan printed"
LARGEST = 1 << 20  # bytes of a request
PAGE = {
    "": "annotation.html",
    "annotation.css": "annotation.css",
    "annotation.js": "annotation.js",
    "geometry.js": "geometry.js",
}
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def serve(annotation: Annotation, ready: Callable[[str], None], port: int = 0) -> None:
    """Serve the page until its button Done is pressed.

    Args:
        annotation: What is shown and changed.
        ready: Called with the page's address once it can be opened.
        port: 0 for any that is free.

    Raises:
        DcganError: The port is taken.
    """
    try:
        server = _Server(annotation, port)
    except OSError as error:
        raise DcganError(
            f"cannot listen on `port` {port}: {error.strerror or error}; name another, or leave `port` out"
        ) from error
    with server:
        ready(server.address)
        server.serve_forever()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, annotation: Annotation, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.annotation = annotation
        self.root = f"/{secrets.token_urlsafe(16)}/"
        self.address = f"http://{HOST}:{self.server_port}{self.root}"

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a tab that was closed
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 60  # seconds that a client may say nothing

    def parse_request(self) -> bool:
        """Read a request; refuse one that another site's page sent, under its own name or under one that leads here."""
        if not super().parse_request():
            return False
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        if host.rpartition(":")[0] not in LOOPBACK or origin not in (None, f"http://{host}"):
            self._refuse(HTTPStatus.FORBIDDEN, ELSEWHERE)
            return False
        return True

    def do_GET(self) -> None:
        path, annotation = self._path(), self.server.annotation
        if path in PAGE:
            page = files("dcgan.studio").joinpath("page", PAGE[path])
            self._send(page.read_bytes(), TYPES[page.name[page.name.rindex(".") :]])
        elif path == "state":
            self._answer(partial(_state, annotation))
        elif (seed := self._seed(path, "samples/", ".png")) is not None:
            self._answer(partial(annotation.picture, seed))
        else:
            self._refuse(HTTPStatus.NOT_FOUND, ELSEWHERE)

    def do_PUT(self) -> None:
        path, annotation, length = self._path(), self.server.annotation, self.headers.get("Content-Length", "0")
        if not length.isdecimal() or len(length) > 9 or int(length) > LARGEST:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has 0 to {LARGEST} bytes")
            return
        content = self.rfile.read(int(length))
        if len(content) < int(length):
            self._refuse(HTTPStatus.BAD_REQUEST, "the request was cut off")
        elif (seed := self._seed(path, "boxes/")) is not None:
            self._answer(partial(_set_boxes, annotation, seed, content))
        elif (seed := self._seed(path, "looked-at/")) is not None:
            self._answer(partial(annotation.look, seed))
        else:
            self._refuse(HTTPStatus.NOT_FOUND, ELSEWHERE)

    def do_POST(self) -> None:
        if self._path() != "done":
            self._refuse(HTTPStatus.NOT_FOUND, ELSEWHERE)
        elif self._answer(self.server.annotation.end):
            Thread(target=self.server.shutdown).start()  # it waits for the loop, which waits for this request

    def log_message(self, *words: object) -> None:
        """Say nothing: the terminal is for what went wrong."""

    def _path(self) -> str | None:
        root = self.server.root
        return self.path.removeprefix(root) if self.path.startswith(root) else None

    @staticmethod
    def _seed(path: str | None, before: str, after: str = "") -> int | None:
        digits = (path or "").removeprefix(before).removesuffix(after)
        whole = path == f"{before}{digits}{after}" and digits.isdecimal() and len(digits) < 20
        return int(digits) if whole else None

    def _answer(self, act: Callable[[], object]) -> bool:
        """Send what comes of it, bytes as a picture and the rest as JSON, or why nothing does: then it is false."""
        try:
            content = act()
        except OSError as error:
            why = f"cannot write {self.server.annotation.path}: {error.strerror or error}"
            self._refuse(HTTPStatus.INSUFFICIENT_STORAGE, why)
        except (DcganError, ValueError) as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
        else:
            if isinstance(content, bytes):
                self._send(content, "image/png")
            else:
                self._send(json.dumps(content).encode(), "application/json")
            return True
        return False

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._send(json.dumps({"error": why}).encode(), "application/json", status)

    def _send(self, content: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if kind != "image/png" else kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _state(annotation: Annotation) -> dict[str, object]:
    """All that the page shows; seeds as text, for they may be longer than its numbers."""
    boxes = annotation.boxes
    return {
        "file": str(annotation.path),
        "size": annotation.size,
        "samples": [str(seed) for seed in annotation.seeds],
        "looked_at": [str(seed) for seed in boxes.seeds],
        "boxes": [{**asdict(box), "seed": str(box.seed)} for box in boxes.boxes],
    }


def _set_boxes(annotation: Annotation, seed: int, content: bytes) -> None:
    message = parse_json(content)
    if not isinstance(message, dict):
        raise ValueError("no object with boxes, and guesses of those before")
    before = message.get("before")
    if not isinstance(before, list):
        raise ValueError("no list of guesses of those before")
    annotation.set_boxes(seed, parse_boxes(seed, message.get("boxes")), [parse_boxes(seed, guess) for guess in before])
