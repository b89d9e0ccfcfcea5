"""How requests of the studio are read and answered: JSON both ways, and a sentence where something is wrong."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from dcgan.errors import DcganError, UsageError
from dcgan.files import parse_json

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
Handler = Callable[[Request], Awaitable[Response]]


class BusyError(DcganError):
    """More is asked for than can be answered soon."""


def answers(handler: Callable[[Request], Awaitable[object]]) -> Handler:
    """Send what a handler returns as JSON, unless it is a response already; what went wrong becomes a sentence."""

    @wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            found = await handler(request)
            return found if isinstance(found, Response) else JSONResponse(found)
        except BusyError as error:
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, str(error), {"Retry-After": "2"})
        except DcganError as error:
            return refusal(HTTPStatus.BAD_REQUEST, str(error).replace("`", ""))
        except OSError as error:
            return refusal(HTTPStatus.INSUFFICIENT_STORAGE, f"cannot read or write: {error.strerror or error}")
        except (HTTPException, ClientDisconnect):
            raise
        except Exception:
            _LOG.exception("the studio failed at %s", request.url.path)
            return refusal(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "dcgan made a mistake here; the terminal in which the studio was started shows it",
            )

    return answer


def refusal(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that says why there is none."""
    return JSONResponse({"error": why.encode("utf-8", "backslashreplace").decode()}, status, headers)


async def http_refusal(_request: Request, error: Exception) -> Response:
    """What Starlette and the limits refuse, in the same form."""
    assert isinstance(error, HTTPException)
    return refusal(error.status_code, error.detail, error.headers)


async def json_of(request: Request) -> dict[str, Any]:
    """The object that a request has sent.

    Raises:
        UsageError: It is no object in JSON.
    """
    return object_of(await request.body())


def object_of(text: str | bytes) -> dict[str, Any]:
    """The object that a text is in JSON.

    Raises:
        UsageError: It is no object in JSON.
    """
    try:
        found = parse_json(text)
    except ValueError as error:
        raise UsageError(f"the request is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise UsageError("the request is not a JSON object")
    return found


def value_of(found: Mapping[str, Any], name: str, kind: type[T], default: T | None = None) -> T:
    """A value of an object, which must be of a kind; a whole number will do for a float.

    Raises:
        UsageError: It is missing and has no default, or is of another kind.
    """
    value = found.get(name, default)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            return kind(value)  # type: ignore[call-arg]
        except OverflowError as error:
            raise UsageError(f"{name} is too large a number") from error
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise UsageError(f"the request needs {name}, of the kind {kind.__name__}")
    return value


def whole_of(query: QueryParams, name: str, default: int) -> int:
    """A whole number of a query, 0 or more.

    Raises:
        UsageError: It is none.
    """
    word = query.get(name, str(default))
    if not (word.isdecimal() and word.isascii() and len(word) < 10):
        raise UsageError(f"{name} must be a whole number, not {word!r}")
    return int(word)


def number_of(query: QueryParams, name: str, default: float) -> float:
    """A number of a query.

    Raises:
        UsageError: It is none.
    """
    try:
        return float(query.get(name, default))
    except ValueError as error:
        raise UsageError(f"{name} must be a number, not {query[name]!r}") from error


def wholes_of(query: QueryParams, name: str, most: int) -> list[int]:
    """Whole numbers of a query, at most so many.

    Raises:
        UsageError: They are none, or too many.
    """
    words = query.get(name, "").split(",")
    if not all(word.isdecimal() and word.isascii() and len(word) < 20 for word in words):
        raise UsageError(f"{name} must be whole numbers with commas between them, such as 3,17,40")
    if len(words) > most:
        raise UsageError(f"{len(words)} {name} were asked for; at most {most} are allowed at once")
    return [int(word) for word in words]


def inside(folder: Path, name: str) -> Path:
    """The path that a name means inside a folder; links that lead out of it are not followed.

    Raises:
        UsageError: It leads out of the folder.
    """
    try:
        path = (folder / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a loop of links, a zero byte
        raise UsageError(f"there is no {name!r}") from error
    if not path.is_relative_to(folder.resolve()):
        raise UsageError(f"{name!r} is not in the folder of the studio")
    return path
