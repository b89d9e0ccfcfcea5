"""The picture of the rooms in docs/architecture.md is the contract that the import linter enforces."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_picture_has_the_layers_of_the_contract() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    picture = page.partition("down this picture")[2].partition("`make check`")[0].splitlines()[1:]
    drawn = [set(line.split()) for line in picture if re.search(r"\w", line)]
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in linter["contracts"] if contract["type"] == "layers")
    assert drawn == [set(layer.split(" | ")) for layer in layers]


def test_every_room_is_listed() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    package = ROOT / "src" / "dcgan"
    rooms = {path.name for path in package.iterdir() if path.is_dir() and not path.name.startswith("__")}
    files = {path.name for path in package.glob("*.py") if not path.name.startswith("_")}
    for name in {f"{room}/" for room in rooms} | files:
        assert f"\n      {name}" in page, name
