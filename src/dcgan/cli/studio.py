"""`dcgan studio`: a page that does all of it, for those who would rather not use a terminal."""

import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, say, warn
from dcgan.cli.flags import AsJson, Device, Switch, need
from dcgan.cli.pages import open_browser
from dcgan.errors import UsageError


def studio(
    folder: Path = Path(),
    /,
    *,
    host: str = "127.0.0.1",
    port: int = 8600,
    password_file: Annotated[Path | None, Parameter(negative="")] = None,
    no_browser: Annotated[bool, Switch] = False,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Train, draw, explore, edit, sort and look inside on a page in your browser. Ctrl-C ends it; trainings go on.

    The page is for this machine alone, and opens only at the address that is printed. This needs the extra:
    pip install 'dcgan[studio]'.

    For example:

    - `dcgan studio`
    - `dcgan studio pictures/ --no-browser`
    - `dcgan studio --host 0.0.0.0 --password-file password.txt`

    Args:
        folder: Where your pictures, runs and models are; new runs go to its folder runs.
        host: Address to listen on. With 0.0.0.0 other machines can open the page too: that needs a password, and
            nothing that is sent is encrypted.
        port: Port to listen on; 0: any free port. The browser keeps favorites separately for each port.
        password_file: File whose first line is the password for other machines. Without it you are asked for one.
        no_browser: Only print the address.
    """
    need(0 <= port <= 65535, "--port", "0 to 65535", port)

    from dcgan.studio.host import Studio, is_loopback

    password = None
    if password_file is not None:
        password = _read_password(password_file)
    elif not is_loopback(host):
        password = _ask_password(host)
    with Studio(folder, host=host, port=port, password=password, device=device) as served:
        if not is_loopback(host):
            warn(f"other machines can reach {host}, and http is not encrypted: use it only in a network that you trust")
        answer(served.address, {"address": served.address}, as_json)
        if not as_json:
            say("Ctrl-C ends the studio; trainings go on")
        if not no_browser:
            open_browser(served.address)
        try:
            served.run()
        except KeyboardInterrupt:
            say("the studio has ended; a training that it started goes on, and the next studio shows it")


def _read_password(path: Path) -> str:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(f"--password-file {path} cannot be read: {error}") from error
    if not lines or not lines[0].strip():
        raise UsageError(f"--password-file {path} has no password in its first line")
    return lines[0].strip()


def _ask_password(host: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(f"--host {host} can be reached from other machines: give a password with --password-file FILE")
    try:
        return getpass("password for the studio: ")
    except EOFError as error:  # Ctrl-D
        raise UsageError(f"--host {host} can be reached from other machines, and needs a password") from error
