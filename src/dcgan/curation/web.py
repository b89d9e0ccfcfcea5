"""A polite client of the web: it keeps to robots.txt, asks each host at its pace, and reads no more than is allowed.

Addresses of the local network are refused, whatever name or redirection they hide behind: a list of addresses from a
stranger must not reach what only this machine can see.
"""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from protego import Protego
from yarl import URL

import dcgan

_AGENT = "dcgan"
_REDIRECTIONS = 5
_REDIRECTED = (301, 302, 303, 307, 308)
_ROBOTS_BYTES = 500_000
_CHUNK = 1 << 16
_LONGEST_DELAY = 60.0  # seconds between two requests that a robots.txt may ask for; beyond that we leave the host alone


class FetchError(Exception):
    """An address gave nothing.

    Args:
        reason: A word to count by.
        detail: What exactly was wrong.
        passing: Whether it may work later.
        wait: Seconds that the host asks to wait before that.
    """

    def __init__(self, reason: str, detail: str = "", *, passing: bool = False, wait: float = 0) -> None:
        super().__init__(f"{reason} ({detail})" if detail else reason)
        self.reason, self.detail, self.passing, self.wait = reason, detail, passing, wait


@dataclass(frozen=True)
class Fetched:
    """What an address gave."""

    content: bytes
    url: str
    """Where it was in the end."""
    content_type: str


@dataclass
class _Host:
    """What is known of a host."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_at: float = 0  # when it may be asked again, by the monotonic clock
    robots: Protego | None = None


class _PublicResolver(AbstractResolver):
    """Looks up names, and refuses those whose addresses are not public."""

    def __init__(self) -> None:
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name, which are those that are then connected to."""
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            check_public(one["host"])
        return found

    async def close(self) -> None:
        """Release what is held."""
        await self._resolver.close()


def check_public(address: str) -> None:
    """Check that an address is not of the local network or of this machine.

    Raises:
        FetchError: It is.
    """
    if not ip_address(address.partition("%")[0]).is_global:
        raise FetchError("private address", address)


class PoliteClient:
    """Fetches files over HTTP; made by `polite_client`.

    Args:
        session: Of aiohttp.
        delay: Seconds between two requests to one host, at least.
        timeout: Seconds that a request may take, once its host is asked.
        allow_private: Whether addresses of the local network may be asked.
    """

    def __init__(self, session: aiohttp.ClientSession, delay: float, timeout: float, allow_private: bool) -> None:
        self._session, self._delay, self._timeout, self._allow_private = session, delay, timeout, allow_private
        self._hosts: dict[str, _Host] = {}

    async def fetch(self, address: str, most_bytes: int, *, is_interface: bool = False) -> Fetched:
        """Fetch a file.

        Args:
            address: Where it is.
            most_bytes: A larger one is refused.
            is_interface: Whether the address is there for programs to ask: then robots.txt does not matter.

        Raises:
            FetchError: It is not there, not allowed, too large, or did not come in time.
        """
        try:
            return await self._follow(address, most_bytes, is_interface)
        except TimeoutError as error:
            raise FetchError("took too long", f"more than {self._timeout:g} s", passing=True) from error
        except FetchError:
            raise
        except (aiohttp.InvalidURL, ValueError) as error:
            raise FetchError("bad address", str(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            cause = error.__cause__ or error.__context__
            if isinstance(cause, FetchError):
                raise cause from error
            raise FetchError("no connection", str(error), passing=True) from error

    async def _follow(self, address: str, most_bytes: int, is_interface: bool) -> Fetched:
        for _ in range(_REDIRECTIONS + 1):
            url = self._checked(address)
            await self._turn(url, is_interface)
            async with asyncio.timeout(self._timeout), self._session.get(url, allow_redirects=False) as response:
                if response.status in _REDIRECTED and "Location" in response.headers:
                    address = str(url.join(URL(response.headers["Location"])))
                    continue
                _check_status(response)
                content = await _read(response, most_bytes)
                return Fetched(content, str(url), response.content_type)
        raise FetchError("too many redirections")

    def _checked(self, address: str) -> URL:
        url = URL(address)
        if url.scheme not in ("http", "https") or not url.host:
            raise FetchError("bad address", "only http:// and https:// are fetched")
        if not self._allow_private:
            try:
                literal = ip_address(url.host)
            except ValueError:
                return url
            check_public(str(literal))
        return url

    async def _turn(self, url: URL, is_interface: bool) -> None:
        """Wait until a host may be asked for an address; its robots.txt is read first."""
        host = self._hosts.setdefault(f"{url.scheme}://{url.authority}", _Host())
        async with host.lock:
            if host.robots is None:
                async with asyncio.timeout(self._timeout):
                    host.robots = Protego.parse("") if is_interface else await self._robots(url)
            asked = float(host.robots.crawl_delay(_AGENT) or 0)
            if asked > _LONGEST_DELAY:
                raise FetchError("forbidden by robots.txt", f"it asks for {asked:g} s between two requests")
            if not host.robots.can_fetch(str(url), _AGENT):
                raise FetchError("forbidden by robots.txt")
            await asyncio.sleep(max(0, host.next_at - time.monotonic()))
            host.next_at = time.monotonic() + max(self._delay, asked)

    async def _robots(self, url: URL) -> Protego:
        """The rules of a host. Where it has none everything is allowed; where they cannot be read, nothing yet."""
        address = url.origin() / "robots.txt"
        for _ in range(_REDIRECTIONS + 1):
            async with self._session.get(self._checked(str(address)), allow_redirects=False) as response:
                if response.status in _REDIRECTED and "Location" in response.headers:
                    address = address.join(URL(response.headers["Location"]))
                    continue
                if response.status >= 500 or response.status == 429:
                    raise FetchError("robots.txt cannot be read", f"HTTP {response.status}", passing=True)
                if response.status >= 400:
                    break
                content = bytearray()
                while chunk := await response.content.read(_ROBOTS_BYTES - len(content)):  # what has come so far
                    content += chunk
                return Protego.parse(content.decode(errors="replace"))
        return Protego.parse("")


@asynccontextmanager
async def polite_client(
    *, contact: str = "", delay: float = 1.0, timeout: float = 60.0, parallel: int = 16, allow_private: bool = False
) -> AsyncIterator[PoliteClient]:
    """Yield a client.

    Args:
        contact: Who is behind it, an address that hosts can write to; it becomes a part of the user agent.
        delay: Seconds between two requests to one host, at least.
        timeout: Seconds that a request may take, once its host is asked.
        parallel: How many connections at once, to all hosts together.
        allow_private: Whether addresses of the local network may be asked.
    """
    agent = f"{_AGENT}/{dcgan.__version__}" + (f" ({contact})" if contact else "")
    headers = {"User-Agent": agent, "Accept-Encoding": "identity"}
    resolver = aiohttp.ThreadedResolver() if allow_private else _PublicResolver()
    connector = aiohttp.TCPConnector(resolver=resolver, limit=parallel)
    async with aiohttp.ClientSession(connector=connector, headers=headers, auto_decompress=False) as session:
        yield PoliteClient(session, delay, timeout, allow_private)
    await resolver.close()


def _check_status(response: aiohttp.ClientResponse) -> None:
    status = response.status
    if status == 200:
        return
    if status in (404, 410):
        raise FetchError("not found", f"HTTP {status}")
    passing = status in (408, 425, 429) or status >= 500
    raise FetchError("refused by the host", f"HTTP {status}", passing=passing, wait=_retry_after(response))


def _retry_after(response: aiohttp.ClientResponse) -> float:
    """Seconds that a host asks to wait, 0 if it does not."""
    value = response.headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return 0.0


async def _read(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    too_large = FetchError("too large", f"more than {most_bytes:,} bytes")
    if (response.content_length or 0) > most_bytes:
        raise too_large
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        content += chunk
        if len(content) > most_bytes:
            raise too_large
    return bytes(content)
