"""Pages, served to tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from queue import Queue
from threading import Thread
from typing import TypeAlias
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

from dcgan.studio.annotation import Annotation
from dcgan.studio.mask_drawing import MaskDrawing
from dcgan.studio.server import serve

Work: TypeAlias = Annotation | MaskDrawing


@contextmanager
def served(work: Work) -> Iterator[str]:
    """The page's address; it is ended by Done when the block ends, unless the block did so."""
    ready: Queue[str] = Queue()
    thread = Thread(target=serve, args=(work, ready.put), daemon=True)
    thread.start()
    address = ready.get(timeout=30)
    yield address
    try:
        urlopen(f"{address}done", b"").close()
    except HTTPError:  # it refuses to end
        raise
    except (OSError, HTTPException):
        pass  # it is ending already, and answers no more
    thread.join(30)
    assert not thread.is_alive()


def ask(
    address: str, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Status and content of a request; a path that begins with / is from the root."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=30)
    connection.request(method, path if path.startswith("/") else parts.path + path, body, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content
