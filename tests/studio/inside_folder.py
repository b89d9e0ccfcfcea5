"""A studio's folder with pictures to look at, and a model to look into."""

import time
from pathlib import Path

import numpy as np
from PIL import Image
from tests.studio.painted import header
from tests.studio.running import Answer, Client
from tests.toy_model import toy_model

PICTURES = 30


def make_folder(folder: Path) -> Path:
    """Fill a folder."""
    (folder / "photos").mkdir(parents=True)
    for number in range(PICTURES):
        pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "photos" / f"{number:02}.png")
    (folder / "photos" / "cut.png").write_bytes((folder / "photos" / "00.png").read_bytes()[:200])
    (folder / "own").mkdir()
    wide = np.random.default_rng(99).integers(0, 256, (32, 48, 3), np.uint8)
    Image.fromarray(wide).save(folder / "own" / "wide.png")
    Image.fromarray(wide[..., 0]).save(folder / "own" / "gray.png")
    (folder / "own" / "cut.png").write_bytes((folder / "own" / "wide.png").read_bytes()[:200])
    (folder / "own" / "bomb.png").write_bytes(header(65_000, 65_000))
    toy_model().save(folder / "toy")
    toy_model(base_channels=16).save(folder / "wide")
    return folder


def begin(client: Client, model: str = "toy", source: str | None = "photos") -> Answer:
    return client.post("/api/inside/looks", model=model, source=source)


def ended(client: Client, answer: Answer) -> dict[str, object]:
    """What the page hears of a look once it has ended."""
    assert answer.status == 200, answer.error
    end = time.monotonic() + 120
    while "done" in (facts := client.get("/api/inside/job", job=answer.json["job"]).json):
        assert time.monotonic() < end
        time.sleep(0.05)
    return facts


def looked(client: Client, model: str = "toy", source: str | None = "photos") -> str:
    """The key of a look."""
    return str(ended(client, begin(client, model, source))["look"])
