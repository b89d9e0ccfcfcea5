"""Who may use the studio: whoever has its address on this machine, or knows its password elsewhere."""

import hmac
from asyncio import Lock, sleep
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.resources import files
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dcgan.errors import UsageError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Names of this machine in a request; a tunnel (ssh -L) may use any of them, with any port."""
SHORTEST_PASSWORD = 8
OPEN = ("/page/", "/login")
"""Paths for everybody: the program's own files, which are no secret, and the form for the password."""
CLOSED = "this page is not open to you: open the address that `dcgan studio` printed"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; media-src blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_SECONDS_AFTER_A_WRONG_GUESS = 1.0


@dataclass(frozen=True)
class Access:
    """What opens the studio.

    Attributes:
        port: Where it listens; cookies are shared by all ports of a machine, so the name of ours has it.
        password: What others have to know. None: the address itself is the secret, and only this machine is let in.
        token: The part of the address that nobody can guess.
        session: The cookie of those who have been let in.

    Raises:
        UsageError: The password is too short.
    """

    port: int
    password: str | None = None
    token: str = field(default_factory=token_urlsafe, repr=False)
    session: str = field(default_factory=token_urlsafe, repr=False)

    def __post_init__(self) -> None:
        if self.password is not None and len(self.password) < SHORTEST_PASSWORD:
            raise UsageError(f"the password of the studio needs {SHORTEST_PASSWORD} characters or more")

    @property
    def cookie(self) -> str:
        """The name of the cookie."""
        return f"dcgan-studio-{self.port}"

    @property
    def entrance(self) -> str:
        """The path to open first."""
        return f"/enter/{self.token}" if self.password is None else "/"

    def let_in(self, response: Response) -> Response:
        """Give the browser that gets this response the cookie."""
        response.set_cookie(self.cookie, self.session, httponly=True, samesite="strict", path="/")
        return response


class Gate:
    """Passes on requests of those who have been let in, and adds to every answer what keeps browsers strict.

    Only requests that name this machine are answered where there is no password, and none that a page from elsewhere
    sent: such a page may be open in the same browser.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def strict(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                added = {"Cache-Control": "no-store", **HEADERS}
                message["headers"] = [
                    *message["headers"],
                    *((k.encode(), v.encode()) for k, v in added.items() if k.lower().encode() not in present),
                ]
            await send(message)

        answer = self._answer(Request(scope), scope["path"])
        await (answer or self._app)(scope, receive, strict)

    def _answer(self, request: Request, path: str) -> Response | None:
        """What is answered instead of the page; None where the request may pass."""
        access = self._access
        if not _is_from_here(request.headers, anywhere=access.password is not None):
            return _refused(HTTPStatus.FORBIDDEN, "requests from other pages are not answered")
        if path.startswith(OPEN):
            return None
        if path.startswith("/enter/"):
            if access.password is None and _same(path.removeprefix("/enter/"), access.token):
                return access.let_in(HTMLResponse(page_file("entered.html")))
            return _closed(request)
        if _same(request.cookies.get(access.cookie, ""), access.session):
            return None
        return _closed(request) if access.password is None else _asked_for_password(request)


class PasswordForm:
    """Lets in whoever sends the password; guesses are taken one at a time, and a wrong one costs a second."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._guessing = Lock()

    async def log_in(self, request: Request) -> Response:
        """Answer the form of login.html."""
        password = self._access.password
        if password is None:
            return _closed(request)
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))  # first: it may come slowly, or never
        if self._guessing.locked():
            return _form("Another attempt is being checked: wait a second, and try again.")
        async with self._guessing:
            if _same(fields.get("password", [""])[0], password):
                return self._access.let_in(RedirectResponse("/", HTTPStatus.SEE_OTHER))
            await sleep(_SECONDS_AFTER_A_WRONG_GUESS)
        return _form("That is not the password.")


def page_file(name: str) -> str:
    """The text of a file of the studio's page."""
    return files("dcgan.studio").joinpath("page", "studio", name).read_text("utf-8")


def _is_from_here(headers: Headers, *, anywhere: bool) -> bool:
    host, origin = headers.get("host", ""), headers.get("origin")
    named = anywhere or host in LOOPBACK or host.rpartition(":")[0] in LOOPBACK
    return named and (origin is None or origin in (f"http://{host}", f"https://{host}"))


def _same(one: str, other: str) -> bool:
    """Compare in a time that tells nothing."""
    return hmac.compare_digest(one.encode(), other.encode())


def _refused(status: HTTPStatus, why: str) -> Response:
    return JSONResponse({"error": why}, status)


def _closed(request: Request) -> Response:
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(page_file("closed.html"), HTTPStatus.UNAUTHORIZED)
    return _refused(HTTPStatus.UNAUTHORIZED, CLOSED)


def _asked_for_password(request: Request) -> Response:
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(page_file("login.html"), HTTPStatus.UNAUTHORIZED)
    return _refused(HTTPStatus.UNAUTHORIZED, "log in first")


def _form(wrong: str) -> Response:
    text = page_file("login.html").replace('role="alert"></p>', f'role="alert">{wrong}</p>')
    return HTMLResponse(text, HTTPStatus.FORBIDDEN)
