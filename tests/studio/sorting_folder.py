"""A studio's folder with pictures of two kinds to sort, and a model to look at them."""

import time
from pathlib import Path

import numpy as np
from PIL import Image
from tests.studio.running import Client
from tests.toy_model import toy_model

KINDS = ("dark", "light")
EACH = 20
"""Pictures of each kind."""


def save_picture(path: Path, seed: int) -> None:
    """A picture of 16 x 16 that is dark or light, as its name says."""
    random = np.random.default_rng(seed)
    low = 0 if path.stem.startswith("dark") else 128
    Image.fromarray(random.integers(low, low + 128, (16, 16, 3), np.uint8)).save(path)


def make_folder(folder: Path) -> Path:
    """Fill a folder."""
    (folder / "photos").mkdir(parents=True)
    for number in range(EACH):
        for kind in KINDS:
            save_picture(folder / "photos" / f"{kind}-{number:02}.png", 2 * number + (kind == "light"))
    toy_model().save(folder / "toy")
    return folder


def begin(client: Client) -> str:
    """A new sorting."""
    answer = client.post("/api/sortings", model="toy", source="photos", classes=list(KINDS))
    assert answer.status == 200, answer.error
    return str(answer.json["sorting"])


def looked_at(client: Client, sorting: str) -> dict[str, object]:
    """Its facts, once its pictures have been looked at."""
    facts = client.post("/api/sorting/look", sorting=sorting).json
    end = time.monotonic() + 120
    while facts["looking"]:
        assert time.monotonic() < end
        time.sleep(0.05)
        facts = client.get("/api/sorting", sorting=sorting).json
    return facts


def label(client: Client, sorting: str, names: list[str], class_name: str | None, **options: object) -> None:
    """Label pictures."""
    answer = client.post(
        "/api/sorting/label", **{"sorting": sorting, "names": names, "class": class_name, "view": "varied", **options}
    )
    assert answer.status == 200, answer.error
