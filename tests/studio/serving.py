"""The page, served to tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Thread
from urllib.request import urlopen

from dcgan.studio.annotation import Annotation
from dcgan.studio.server import serve


@contextmanager
def served(annotation: Annotation) -> Iterator[str]:
    """The page's address; it is ended by Done when the block ends, unless the block did so."""
    ready: Queue[str] = Queue()
    thread = Thread(target=serve, args=(annotation, ready.put), daemon=True)
    thread.start()
    address = ready.get(timeout=30)
    yield address
    thread.join(1)  # one that is ending answers no more
    if thread.is_alive():
        urlopen(f"{address}done", b"").close()
    thread.join(30)
    assert not thread.is_alive()
