"""The studio's server: it listens, says where, and serves until it is stopped."""

import os
import socket
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from dcgan.errors import DcganError, UsageError

if TYPE_CHECKING:
    import uvicorn

    from dcgan.studio.access import Access

PORT = 8600
"""The usual port: what a browser keeps, such as favorites, belongs to the address with its port."""


class Studio:
    """A page on which pictures are trained on, drawn, explored and edited.

    It listens from the moment that it is made; `run` serves it until Ctrl-C, or until `stop` is called from another
    thread. A training that it starts is a process of its own, and goes on when the studio ends.

    Args:
        folder: Where runs, models and pictures are; new runs go to its folder "runs".
        host: Where to listen. Another one than this machine's own needs a password.
        port: 0 for any that is free.
        password: What those who open the page have to know, 8 characters or more. Default: nobody but who has the
            address is let in.
        device: Where to compute.

    Raises:
        DcganError: The port is taken, or Starlette or uvicorn is not installed.
        UsageError: The folder does not exist, or another host than this machine's own has no password.

    Example:
        >>> studio = dcgan.Studio("pictures")
        >>> print(studio.address)
        >>> studio.run()
    """

    def __init__(
        self,
        folder: str | Path = ".",
        *,
        host: str = "127.0.0.1",
        port: int = PORT,
        password: str | None = None,
        device: str = "auto",
    ) -> None:
        for package in ("starlette", "uvicorn"):
            if find_spec(package) is None:
                raise DcganError("the studio needs the extra: pip install 'dcgan[studio]'")
        from dcgan.studio.access import Access

        self.folder = Path(folder).resolve()
        if not self.folder.is_dir():
            raise UsageError(f"`folder` {folder} is not a folder: name one that holds pictures, runs or models")
        if password is None and not is_loopback(host):
            raise UsageError(f"other machines can reach `host` {host}: set a password")
        self._socket = _listen(host, port)
        actual = self._socket.getsockname()[1]
        try:
            access = Access(actual, password)
            self._server = _server(self.folder, access, device)
        except BaseException:
            self._socket.close()
            raise
        shown = f"[{host}]" if ":" in host else host
        self.address = f"http://{shown}:{actual}{access.entrance}"

    def run(self) -> None:
        """Serve until Ctrl-C, which is raised on as KeyboardInterrupt, or until `stop`."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()

    def stop(self) -> None:
        """End `run`, once it has answered what was asked."""
        self._server.should_exit = True

    def __enter__(self) -> "Studio":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()


def is_loopback(host: str) -> bool:
    """Whether a host to listen on is reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _server(folder: Path, access: "Access", device: str) -> "uvicorn.Server":
    import uvicorn

    from dcgan.studio.application import application
    from dcgan.studio.limits import PatientProtocol

    config = uvicorn.Config(
        application(folder, access, device),
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        loop="asyncio",
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=1 << 14,
        limit_concurrency=1024,
        timeout_graceful_shutdown=3,
    )
    return uvicorn.Server(config)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError, OverflowError) as error:
        raise UsageError(f"`host` {host} is not an address of this machine") from error
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would take the port from another program
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(512)
    except OSError as error:
        listening.close()
        raise DcganError(
            f"cannot listen on `port` {port} of {host}: {error.strerror or error}; another studio may be open there; "
            "use any free port with `port` 0"
        ) from error
    return listening
