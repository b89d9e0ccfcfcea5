"""Grids with labels, sums, steps, on light and on dark ground."""

import numpy as np
import pytest
from PIL import Image

from dcgan.figures.arithmetic import arithmetic_figure
from dcgan.figures.fonts import SMALL, fitted, text_width
from dcgan.figures.labeled_grid import labeled_grid, numbered
from dcgan.figures.perceptual_steps import plot_perceptual_steps
from dcgan.figures.theme import THEMES

RANDOM = np.random.default_rng(0)


def grid(rows: int, columns: int, channels: int = 3) -> np.ndarray:
    return RANDOM.integers(0, 256, (rows, columns, 16, 16, channels)).astype(np.uint8)


def holds(page: Image.Image, picture: np.ndarray, scale: int) -> bool:
    """Whether the enlarged picture stands somewhere on the page, to the pixel."""
    wanted = picture.repeat(scale, 0).repeat(scale, 1)
    if wanted.shape[2] == 1:
        wanted = wanted.repeat(3, axis=2)
    pixels = np.asarray(page)
    ys, xs = np.nonzero((pixels == wanted[0, 0]).all(axis=2))
    height, width = wanted.shape[:2]
    return any(np.array_equal(pixels[y : y + height, x : x + width], wanted) for y, x in zip(ys, xs, strict=True))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("theme", THEMES)
def test_every_picture_is_on_the_grid_sharp(theme: str, channels: int) -> None:
    pixels = grid(2, 3, channels)
    page = labeled_grid(pixels, THEMES[theme], title="t", rows=["one", "two"], columns=["a", "b", "c"])
    assert all(holds(page, picture, 4) for row in pixels for picture in row)
    assert page.getpixel((0, 0)) == THEMES[theme].ground


def test_labels_take_room_and_are_written() -> None:
    pixels = grid(2, 2)
    bare = labeled_grid(pixels, THEMES["light"])
    named = labeled_grid(pixels, THEMES["light"], rows=["a long label", "b"], columns=["x", "y"])
    assert named.width > bare.width + text_width("a long label", SMALL)
    assert named.height > bare.height
    left = np.asarray(named)[:, : named.width - bare.width]
    assert (left < 200).any()


def test_labels_must_match() -> None:
    with pytest.raises(ValueError, match="labels"):
        labeled_grid(grid(2, 2), THEMES["light"], rows=["one"])


def test_pictures_with_transparency_lie_on_the_ground() -> None:
    pixels = np.zeros((1, 1, 16, 16, 4), np.uint8)
    page = labeled_grid(pixels, THEMES["dark"])
    assert (np.asarray(page) == THEMES["dark"].ground).all()


def test_a_numbered_sheet_has_a_number_under_each_picture() -> None:
    pixels = grid(1, 12)[0]
    page = numbered(pixels, [str(n) for n in range(12)], THEMES["light"])
    assert all(holds(page, picture, 4) for picture in pixels)
    assert page.width > 10 * 64 > 0.5 * page.width


def test_a_long_label_is_cut_off_with_dots() -> None:
    assert fitted("short", 200, SMALL) == "short"
    cut = fitted("a very long label indeed", 60, SMALL)
    assert cut.endswith("…")
    assert text_width(cut, SMALL) <= 60


@pytest.mark.parametrize("variations", [0, 1, 8])
def test_a_sum_shows_samples_means_y_and_its_variations(variations: int) -> None:
    examples = [grid(1, 3)[0], grid(1, 7)[0], grid(1, 0)[0]]
    means, results = grid(1, 3)[0], grid(1, 1 + variations)[0]
    page = arithmetic_figure(["+ a", "- b", "+ up"], examples, means, results, means[0], THEMES["dark"])
    shown = [*examples[0], *examples[1][:5], *means[:2], *results]
    assert all(holds(page, picture, 6) for picture in shown)
    assert not holds(page, examples[1][6], 6)
    assert not holds(page, means[2], 6)  # an axis has no picture


def test_y_stands_in_the_middle_of_its_eight_variations() -> None:
    results = grid(1, 9)[0]
    page = np.asarray(arithmetic_figure(["+ a"], [results[:1]], results[:1], results, None, THEMES["light"]))
    ys, xs = np.nonzero((page == THEMES["light"].accent).all(axis=2))
    assert holds(Image.fromarray(page[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]), results[0], 6)  # in its frame
    corners = [results[1], results[4], results[5], results[8]]  # above it, beside it, below it
    above = Image.fromarray(page[: ys.min()])
    assert [holds(above, picture, 6) for picture in corners] == [True, False, False, False]
    below = Image.fromarray(page[ys.max() + 1 :])
    assert [holds(below, picture, 6) for picture in corners] == [False, False, False, True]


def test_larger_steps_stand_farther_right() -> None:
    rows = np.array([[0.1, 0.2], [0.1, 0.6]])
    page = np.asarray(plot_perceptual_steps(rows, np.full(10, 1.0), ["a", "b"], THEMES["light"]))
    rings = np.argwhere((page == THEMES["light"].accent).all(axis=2))
    upper, lower = (rings[(rings[:, 0] // 30) == row] for row in sorted(set((rings[:, 0] // 30).tolist()))[:2])
    assert lower[:, 1].mean() > upper[:, 1].mean() + 100


def test_pictures_that_are_all_alike_have_a_chart_too() -> None:
    assert plot_perceptual_steps(np.zeros((1, 2)), np.zeros(4), ["a"], THEMES["light"]).width > 100
