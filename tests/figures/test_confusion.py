"""The confusion matrix: its numbers can be read on every shade, in either theme."""

import numpy as np
import pytest

from dcgan.figures.confusion import confusion_figure
from dcgan.figures.theme import THEMES, Canvas


@pytest.mark.parametrize("name", THEMES)
def test_every_number_stands_out_from_its_cell(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    theme = THEMES[name]
    contrasts = []
    original = Canvas.text

    def text(self: Canvas, *args: object, on: tuple[int, int, int] | None = None, **kwargs: object) -> None:
        original(self, *args, on=on, **kwargs)  # type: ignore[arg-type, misc]
        if on is not None:
            x, y = int(args[0]), int(args[1])  # type: ignore[call-overload]
            cell = np.asarray(self.image.crop((x - 20, y - 12, x + 20, y + 12))).reshape(-1, 3).astype(int)
            contrasts.append(np.abs(cell - on).max())

    monkeypatch.setattr(Canvas, "text", text)
    shares = np.linspace(0.01, 1, 36).reshape(6, 6)
    confusion_figure(shares, "abcdef", theme)
    assert len(contrasts) == 36
    assert min(contrasts) > 100  # of 255 levels in one of the colors, at its strongest
