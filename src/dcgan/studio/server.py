"""The small server behind the pages of the studio.

It listens on this machine alone, under an address that nobody can guess, and answers only requests of its own page:
neither another user nor a page from elsewhere that is open in the same browser can reach it.
"""

import json
import secrets
import sys
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from socket import socket
from threading import Thread

from dcgan.errors import DcganError
from dcgan.studio.annotation import Annotation
from dcgan.studio.annotation_page import annotation_page
from dcgan.studio.mask_drawing import MaskDrawing
from dcgan.studio.mask_page import mask_page
from dcgan.studio.pages import Page, find

HOST = "127.0.0.1"
LOOPBACK = (HOST, "localhost", "[::1]")  # names of this machine, of which a tunnel (ssh -L) may use any
ELSEWHERE = "this page does not exist; open the address that dcgan printed"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def serve(work: Annotation | MaskDrawing, ready: Callable[[str], None], port: int = 0) -> None:
    """Serve the page of an annotation, or of a drawing of masks, until its button Done is pressed.

    Args:
        work: What is shown and changed.
        ready: Called with the page's address once it can be opened.
        port: 0 for any that is free.

    Raises:
        DcganError: The port is taken.
    """
    try:
        server = _Server(annotation_page(work) if isinstance(work, Annotation) else mask_page(work), port)
    except OSError as error:
        raise DcganError(
            f"cannot listen on `port` {port}: {error.strerror or error}; use another port, or leave `port` out"
        ) from error
    with server:
        ready(server.address)
        server.serve_forever()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, page: Page, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.page = page
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
        own = host in LOOPBACK or host.rpartition(":")[0] in LOOPBACK
        if not own or origin not in (None, f"http://{host}"):
            self._refuse(HTTPStatus.FORBIDDEN, ELSEWHERE)
            return False
        return True

    def do_GET(self) -> None:
        path, page = self._path(), self.server.page
        if path is None:
            self._refuse(HTTPStatus.NOT_FOUND, ELSEWHERE)
        elif (name := page.file(path)) is not None:
            file = files("dcgan.studio").joinpath("page", name)
            self._send(file.read_bytes(), TYPES[name[name.rindex(".") :]])
        elif path == "state":
            self._answer(page.state)
        elif (act := find(page.gets, path)) is not None:
            self._answer(act)
        else:
            self._refuse(HTTPStatus.NOT_FOUND, ELSEWHERE)

    def do_PUT(self) -> None:
        path, page, length = self._path(), self.server.page, self.headers.get("Content-Length", "0")
        if not length.isdecimal() or len(length) > 9 or int(length) > page.largest:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has 0 to {page.largest} bytes")
            return
        content = self.rfile.read(int(length))
        if len(content) < int(length):
            self._refuse(HTTPStatus.BAD_REQUEST, "the request was cut off")
        elif path is None or (act := find(page.puts, path)) is None:
            self._refuse(HTTPStatus.NOT_FOUND, ELSEWHERE)
        else:
            self._answer(partial(act, content))

    def do_POST(self) -> None:
        if self._path() != "done":
            self._refuse(HTTPStatus.NOT_FOUND, ELSEWHERE)
        elif self._answer(self.server.page.end):
            Thread(target=self.server.shutdown).start()  # it waits for the loop, which waits for this request

    def log_message(self, *words: object) -> None:
        """Say nothing: the terminal is for what went wrong."""

    def _path(self) -> str | None:
        root = self.server.root
        return self.path.removeprefix(root) if self.path.startswith(root) else None

    def _answer(self, act: Callable[[], object]) -> bool:
        """Send what comes of it, bytes as a picture and the rest as JSON, or why nothing does: then it is false."""
        try:
            content = act()
        except OSError as error:
            why = f"cannot write {self.server.page.saved_in}: {error.strerror or error}"
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
