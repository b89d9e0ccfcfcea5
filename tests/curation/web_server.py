"""A server on the loopback address with the manners of the web, good and bad."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.data.pictures import JPEG, PNG
from tests.running_server import running


class Web(ThreadingHTTPServer):
    """Counts what it was asked, and when."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: Counter[str] = Counter()
        self.times: list[float] = []
        self.agents: set[str] = set()
        self.robots = "User-agent: *\nDisallow: /secret\n"
        self.pause = 0.0  # seconds before the last line of robots.txt
        self.people = [f"person {number}" for number in range(7)]
        self.keeps_offset = True

    def at(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.server_port}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: Web

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        path = url.path
        self.server.asked[path] += 1
        self.server.agents.add(self.headers["User-Agent"])
        if path != "/robots.txt":
            self.server.times.append(time.monotonic())
        with suppress(ConnectionError):
            self.reply(path, parse_qs(url.query))

    def reply(self, path: str, query: dict[str, list[str]]) -> None:
        if path == "/robots.txt":
            *lines, last = self.server.robots.encode().splitlines(keepends=True)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"".join(lines))
            time.sleep(self.server.pause)
            self.wfile.write(last)
        elif path.startswith(("/photos/", "/secret/")):
            self.send(JPEG + path.encode(), "image/jpeg")
        elif path == "/png.jpg":
            self.send(PNG, "image/jpeg")
        elif path == "/page.jpg":
            self.send(b"<!doctype html><title>Sorry</title>", "text/html")
        elif path == "/cut.jpg":
            self.send(JPEG[:-400], "image/jpeg")
        elif path == "/flaky.jpg":
            self.send(JPEG, "image/jpeg", 200 if self.server.asked[path] > 1 else 503)
        elif path == "/down.jpg":
            self.send(b"", "text/plain", 500)
        elif path == "/moved.jpg":
            self.send(b"", "text/plain", 302, Location="/photos/moved.jpg")
        elif path == "/to-secret.jpg":
            self.send(b"", "text/plain", 301, Location="/secret/1.jpg")
        elif path == "/loop.jpg":
            self.send(b"", "text/plain", 302, Location="/loop.jpg")
        elif path == "/huge.jpg":
            self.send_response(200)
            self.send_header("Content-Length", str(10**12))
            self.end_headers()
        elif path in ("/endless.jpg", "/slow.jpg"):
            self.send_response(200)
            self.end_headers()
            for _ in range(3000):
                self.wfile.write(JPEG if path == "/endless.jpg" else b"\xff")
                time.sleep(0 if path == "/endless.jpg" else 0.05)
        elif path == "/sparql":
            self.answer(query["query"][0])
        else:
            self.send(b"", "text/plain", 404)

    def answer(self, query: str) -> None:
        words = query.split()
        rows, start = (int(words[words.index(word) + 1]) for word in ("LIMIT", "OFFSET"))
        start *= self.server.keeps_offset
        page = self.server.people[start : start + rows]
        entries = [
            {
                "person": {"value": f"http://it/{name}"},
                "name": {"value": name},
                "born": {"value": "1950-02-03T00:00:00Z"},
            }
            for name in page
        ]
        self.send(json.dumps({"results": {"bindings": entries}}).encode(), "application/sparql-results+json")

    def send(self, content: bytes, content_type: str, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def web_server() -> Iterator[Web]:
    """Yield a server that runs."""
    server = Web()
    with running(server):
        yield server
