"""Work on the machines of a Ray cluster: a call whose process or machine dies is made again elsewhere."""

import logging
import os
import signal
import socket
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar, get_args

from dcgan.errors import DcganError, UsageError

if TYPE_CHECKING:
    import ray

R = TypeVar("R")

Engine = Literal["local", "ray"]
"""What does the work: the cores of this machine, or those of all machines of a Ray cluster."""
TRIES = 5
"""How often a call is made again whose process was killed or whose machine was lost."""
_SECONDS_TO_ANSWER = 5.0  # in which the port of a cluster must answer
_SECONDS_WITHOUT_CORES = 600.0  # that a cluster may have none: the machines of a cloud take minutes to start
_SECONDS_TO_END = 5.0  # after which nobody waits for a call that was canceled
_CALLS_PER_CORE = 2  # in flight: the next is there when one is done


def check_engine(engine: Engine) -> None:
    """Check that an engine can be used: for "ray", connect to the cluster.

    Raises:
        UsageError: There is no such engine.
        DcganError: Ray is not installed, or no cluster answers.
    """
    if engine not in get_args(Engine):
        raise UsageError(f"`engine` must be {' or '.join(get_args(Engine))}, not {engine!r}")
    if engine == "ray":
        _connect()


def map_on_cluster(
    function: Callable[..., R], calls: Iterable[tuple[object, ...]], shared: Sequence[object] = ()
) -> Generator[R]:
    """Call a function on all cores of the cluster. The results come in the order of the calls.

    A bounded number of calls is under way at a time. Where the working directory of this process exists on a machine,
    it is the working directory there too.

    Args:
        function: Of a module of dcgan, which every machine has. It must give the same when it is called again.
        calls: Its first arguments, taken as they are needed.
        shared: Its further arguments, the same in all calls; each machine gets them once.

    Raises:
        DcganError: The function raises one; or a call fails `TRIES` times more, or a machine has no dcgan or another.
    """
    _connect()
    import ray

    import dcgan

    remote = ray.remote(num_cpus=1, max_retries=TRIES, scheduling_strategy="SPREAD")(_call)
    everywhere = [ray.put(argument) for argument in shared]
    under_way: deque[ray.ObjectRef[R]] = deque()
    try:
        for call in calls:
            if len(under_way) >= _CALLS_PER_CORE * _cores():
                yield _result(under_way.popleft())
            under_way.append(remote.remote(function, dcgan.__version__, str(Path.cwd()), *call, *everywhere))
        while under_way:
            yield _result(under_way.popleft())
    finally:
        with suppress(Exception):  # the cluster may be gone
            for waiting in under_way:
                ray.cancel(waiting, force=True)
            ray.wait(list(under_way), num_returns=len(under_way), timeout=_SECONDS_TO_END)


def _call(function: Callable[..., R], version: str, folder: str, *arguments: object) -> R:
    """This runs on another machine."""
    import dcgan

    if dcgan.__version__ != version:
        machine = socket.gethostname()
        raise DcganError(
            f"{machine} has dcgan {dcgan.__version__}, and this machine has {version}: install the same version on both"
        )
    with suppress(OSError):
        os.chdir(folder)
    return function(*arguments)


def _connect() -> None:
    """Connect to the cluster that RAY_ADDRESS names, or to the one that runs on this machine."""
    if find_spec("ray") is None:
        raise DcganError("`engine` ray needs the extra: pip install 'dcgan[cluster]'")
    import ray

    if ray.is_initialized():
        return
    address = os.environ.get("RAY_ADDRESS", "auto")
    try:
        _check_port(address)
        with _own_sigterm():
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError) as error:
        where = "on this machine" if address == "auto" else f"at RAY_ADDRESS={address}"
        raise DcganError(
            f"`engine` ray: no cluster answers {where}, or this machine has not joined it. Start one with "
            "`ray start --head`, and join it from each other machine with `ray start --address=HEAD:6379`"
        ) from error


def _check_port(address: str) -> None:
    """Check that something listens at an address with a port; Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.rpartition("/")[2], int(port)), _SECONDS_TO_ANSWER).close()


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Keep this process's way to end on SIGTERM: Ray's prints its stack."""
    ours = signal.getsignal(signal.SIGTERM)
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, ours)


def _cores() -> int:
    """How many cores the cluster has now; machines may come and go."""
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def _result(call: "ray.ObjectRef[R]") -> R:
    import ray

    try:
        while not ray.wait([call], timeout=_SECONDS_WITHOUT_CORES)[0]:
            if not ray.cluster_resources().get("CPU"):
                raise DcganError("the cluster has no CPU cores: join a machine that has some")
        result: R = ray.get(call)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, DcganError):
            raise error.cause from error
        if isinstance(error.cause, ImportError):
            raise DcganError(
                f"a machine of the cluster cannot import dcgan ({error.cause}): install it there"
            ) from error
        raise
    except ray.exceptions.LocalRayletDiedError as error:
        raise DcganError("Ray has ended on this machine: start it again, and run the command again") from error
    except ray.exceptions.RayError as error:
        why = str(error).splitlines()[0]
        raise DcganError(f"a machine of the cluster failed {TRIES + 1} times, the last time with: {why}") from error
    return result
