"""What a client of the studio may cost."""

import time
from collections.abc import Iterator
from contextlib import suppress
from socket import create_connection, socket
from urllib.parse import urlsplit

import pytest
from tests.studio.running import Client, running

import dcgan.studio.limits


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dcgan.studio.limits.PATIENCE", 0.6)
        with running(tmp_path_factory.mktemp("studio"), password="correct horse") as studio:
            yield Client(studio.address)


def connected(client: Client) -> socket:
    parts = urlsplit(client.address)
    return create_connection((parts.hostname or "", parts.port or 0), timeout=10)


def test_a_request_that_is_too_large_is_refused_before_it_is_read(client: Client) -> None:
    for length in (str(dcgan.studio.limits.LARGEST + 1), "9" * 30, "-1", "x"):
        with connected(client) as connection:
            head = f"POST /api/state HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
            connection.sendall(head.encode())
            assert connection.recv(99).split()[1] in (b"400", b"413")


def test_a_body_without_a_length_ends_where_it_becomes_too_large(client: Client) -> None:
    with connected(client) as connection:
        head = "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        part = b"10000\r\n" + bytes(1 << 16) + b"\r\n"
        for _ in range(dcgan.studio.limits.LARGEST // (1 << 16) + 1):
            connection.sendall(part)
        assert connection.recv(99).split()[1] == b"413"


def ended(connection: socket) -> bytes:
    """What comes before the other side ends the connection."""
    parts = []
    with suppress(ConnectionResetError):
        while part := connection.recv(1 << 16):
            parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("sent", ["", "GET / HT", "GET / HTTP/1.1\r\nHost: loc"])
def test_a_connection_whose_request_does_not_come_is_closed(client: Client, sent: str) -> None:
    with connected(client) as connection:
        connection.sendall(sent.encode())
        assert ended(connection) == b""


def test_a_body_that_stops_half_way_is_given_up(client: Client) -> None:
    with connected(client) as connection:
        head = "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\npass"
        connection.sendall(head.encode())
        assert connection.recv(99).split()[1] == b"408"


def test_a_head_that_never_ends_is_refused(client: Client) -> None:
    with connected(client) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 40_000)
        assert connection.recv(99).split()[1] == b"400"


def test_hundreds_of_idle_connections_keep_nobody_out(client: Client) -> None:
    idle = [connected(client) for _ in range(200)]
    assert client.get("/page/studio/look.css").status == 200
    for connection in idle:
        connection.close()


def test_a_connection_that_has_been_answered_does_not_stay(client: Client) -> None:
    with connected(client) as connection:
        ask = "GET /page/studio/look.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
        connection.sendall(ask.encode() * 3)
        time.sleep(1.5)
        assert ended(connection).count(b"200 OK") == 3
