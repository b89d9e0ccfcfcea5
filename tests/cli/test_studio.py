"""`dcgan studio` on the command line."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from dcgan.cli import app
from dcgan.cli.studio import _read_password
from dcgan.errors import UsageError


def test_it_answers_with_its_address_and_ctrl_c_ends_it_with_a_sentence(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "dcgan", "studio", str(tmp_path), "--port", "0", "--no-browser", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        with urlopen(address) as page:
            assert page.status == 200
        with pytest.raises(HTTPError):
            urlopen(f"{address}x")
        os.kill(process.pid, signal.SIGINT)
        rest, said = process.communicate(timeout=30)
    assert (process.returncode, rest) == (0, "")
    assert "the studio has ended" in said


def test_other_machines_are_let_in_by_a_password_alone(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--password-file"):
        app(["studio", str(tmp_path), "--host", "0.0.0.0", "--port", "0"], exit_on_error=False)
    password = tmp_path / "password.txt"
    with pytest.raises(UsageError, match="cannot be read"):
        app(["studio", str(tmp_path), "--password-file", str(password)], exit_on_error=False)
    password.write_bytes(b"\xef\xbb\xbfsesame\r\n")  # as an editor of Windows writes it
    assert _read_password(password) == "sesame"
    password.write_text("\n")
    with pytest.raises(UsageError, match="no password"):
        app(["studio", str(tmp_path), "--password-file", str(password)], exit_on_error=False)
