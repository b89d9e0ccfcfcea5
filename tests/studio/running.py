"""The studio, running for tests, and a client of it."""

import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode, urlsplit

from dcgan.files import parse_json
from dcgan.studio.host import Studio


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    content: bytes

    @property
    def json(self) -> dict[str, object]:
        found = json.loads(self.content)
        assert isinstance(found, dict)
        return found

    @property
    def error(self) -> str:
        return str(self.json["error"])


@dataclass
class Client:
    """Asks a studio; once it has opened the address it has the cookie."""

    address: str
    cookie: str = ""

    @property
    def netloc(self) -> str:
        return urlsplit(self.address).netloc

    def enter(self) -> "Client":
        answer = self.ask("GET", urlsplit(self.address).path)
        self.cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
        return self

    def ask(
        self, method: str, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = HTTPConnection(self.netloc, timeout=30)
        connection.request(method, path, body, {"Cookie": self.cookie, **(headers or {})})
        answer = connection.getresponse()
        found = Answer(answer.status, answer.headers, answer.read())
        connection.close()
        return found

    def get(self, path: str, **query: object) -> Answer:
        return self.ask("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, **content: object) -> Answer:
        return self.ask("POST", path, json.dumps(content))


@contextmanager
def running(folder: Path, password: str | None = None, host: str = "127.0.0.1") -> Iterator[Studio]:
    """A studio that is stopped when the block ends."""
    with Studio(folder, port=0, host=host, password=password, device="cpu") as studio:
        thread = Thread(target=studio.run, daemon=True)
        thread.start()
        yield studio
        studio.stop()
        thread.join(30)
        assert not thread.is_alive()


def end_trainings(folder: Path) -> None:
    """End the processes of trainings that the studio of a folder has begun: they outlive it."""
    for record in (folder / ".dcgan-studio").glob("*.json"):
        try:
            os.kill(parse_json(record.read_bytes())["process"], signal.SIGKILL)
        except (OSError, KeyError):
            continue
