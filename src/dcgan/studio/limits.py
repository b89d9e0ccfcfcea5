"""What a client may cost: bytes of a request, and time to send it or to take the answer."""

import asyncio
import time
from asyncio import TimerHandle
from collections.abc import Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

LARGEST = 1 << 20
"""Bytes of a request that is no upload."""
SLOWEST = 1024
"""Bytes a second that an upload must bring, on average."""
PATIENCE = 20.0
"""Seconds that a client may take for the head of a request, between two parts of it, or to take a part of an answer."""
_CLOSE = {"Connection": "close"}


class Limits:
    """Ends requests that are too large or too slow with a sentence that says so.

    Args:
        app: What answers the others.
        largest: From the path of a request to the bytes that it may have.
    """

    def __init__(self, app: ASGIApp, largest: Callable[[str], int]) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or end it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        largest = self._largest(scope["path"])
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or len(length) > 15 or int(length) > largest:
            refusal = JSONResponse({"error": _too_large(largest)}, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _CLOSE)
            await refusal(scope, receive, send)
            return
        began, received, whole = time.monotonic(), 0, False

        async def limited() -> MutableMapping[str, Any]:
            nonlocal received, whole
            if whole:  # what comes now is that the client has gone
                return await receive()
            try:
                async with asyncio.timeout(PATIENCE):
                    message = await receive()
            except TimeoutError as error:
                raise _too_slow() from error
            received += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if received > largest:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(largest), _CLOSE)
            if not whole and time.monotonic() - began > PATIENCE + received / SLOWEST:
                raise _too_slow()
            return message

        async def taken(message: MutableMapping[str, Any]) -> None:
            async with asyncio.timeout(PATIENCE):
                await send(message)

        await self._app(scope, limited, taken)


class PatientProtocol(H11Protocol):
    """uvicorn's own protocol, but a connection ends whose client neither asks nor takes what it has asked for.

    uvicorn waits for ever for the rest of a head that was begun, and for a client that reads nothing.
    """

    _check: TimerHandle | None = None
    _before: tuple[object, bool] | None = None  # the request at the last check, and whether it was answered
    _left = 0  # bytes of an answer that had not gone out then

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to look after it."""
        super().connection_made(transport)
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look after it no more."""
        if self._check is not None:
            self._check.cancel()
        super().connection_lost(exc)

    def _look_later(self) -> None:
        self._check = self.loop.call_later(PATIENCE / 2, self._look)

    def _look(self) -> None:
        """End it if nothing has happened since the last look that its client had to do."""
        left = self.transport.get_write_buffer_size()
        now = (self.cycle, self.cycle is None or self.cycle.response_complete)
        idle = now[1] and now == self._before and left >= self._left
        if idle or self.transport.is_closing():
            self.transport.abort()
        else:
            self._before, self._left = now, left
            self._look_later()


def _too_large(largest: int) -> str:
    unit = (largest >> 30, "GB") if largest >> 30 else (largest >> 20, "MB")
    return f"this is too large: the studio takes {unit[0]} {unit[1]} at most"


def _too_slow() -> HTTPException:
    return HTTPException(
        HTTPStatus.REQUEST_TIMEOUT, "the upload was too slow, and the studio gave up: send it again", _CLOSE
    )
