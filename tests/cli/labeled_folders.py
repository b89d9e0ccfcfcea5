"""A model, and labeled pictures that it can tell apart."""

from pathlib import Path

import numpy as np
from PIL import Image
from tests.toy_model import toy_model

MODEL = toy_model()


def make_home(folder: Path) -> None:
    """A model, and pictures and others sorted into two folders each by a square at the left or at the right."""
    (folder / "model").mkdir()
    MODEL.write_into(folder / "model")
    random = np.random.default_rng(0)
    for name, (y, x) in {"left": (4, 1), "right": (4, 10)}.items():
        for kind, count in {"pictures": 60, "others": 20}.items():
            (folder / kind / name).mkdir(parents=True)
            for number in range(count):
                picture = random.integers(0, 120, (16, 16, 3)).astype(np.uint8)
                picture[y : y + 5, x : x + 5] += 110
                Image.fromarray(picture).save(folder / kind / name / f"{number}.png")
