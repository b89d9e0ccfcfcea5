"""Opening a page in the user's browser."""

import os
import sys
import webbrowser
from collections.abc import Callable

from dcgan.cli.console import say


def show_page(task: str) -> Callable[[str], None]:
    """What says where a page is, once it can be opened, and opens it where there is a desktop to open it on.

    Args:
        task: What is to be done there: "draw boxes".
    """

    def show(address: str) -> None:
        say(f"{task} on {address} and press Done there; Ctrl-C stops, and what is done is kept")
        open_browser(address)

    return show


def open_browser(address: str) -> None:
    """Open a page where there is a desktop to open it on."""
    if sys.platform in ("darwin", "win32") or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ:
        webbrowser.open(address)
