"""The verb `demo`: the whole way on built-in faces, and further on the same run."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from dcgan.cli import app
from dcgan.errors import UsageError
from dcgan.training.run_folder import read_run

pytest.importorskip("dicebear", reason="the extra 'demo' is not installed")


@pytest.fixture(autouse=True)
def few_faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(import_module("dcgan.cli.demo"), "SOURCE", "drawn-faces:200")


def test_the_demo_ends_with_a_sheet_and_goes_on_when_asked_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "demo")

    def demo(minutes: str) -> dict[str, Any]:
        assert app(["demo", "--out", out, "--minutes", minutes, "--json"]) == 0
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    first = demo("0.01")
    assert Path(first["sheet"]).is_file()
    longer = (demo(minutes) for minutes in ("0.1", "0.5", "2"))  # in all: the first may have had it
    assert any(later["images"] > first["images"] for later in longer)
    recipe, card = read_run(Path(out))
    assert (recipe.size, recipe.seed, card["pictures"]) == (32, 0, 200)


def test_another_seed_does_not_go_with_a_demo_that_has_begun(tmp_path: Path) -> None:
    app(["demo", "--out", str(tmp_path / "demo"), "--minutes", "0.01", "--seed", "3"])
    assert read_run(tmp_path / "demo")[0].seed == 3
    with pytest.raises(UsageError, match="`seed` cannot change"):
        app(["demo", "--out", str(tmp_path / "demo"), "--minutes", "0.02", "--seed", "4"])
