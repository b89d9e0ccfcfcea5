"""A grid between four samples."""

import numpy as np
import pytest
from tests.toy_model import toy_model

from dcgan.errors import UsageError
from dcgan.latent.interpolation import slerp
from dcgan.latent.interpolation_grid import grid_latents, interpolate_grid

LINEAR, ROUND = toy_model("uniform"), toy_model("normal")
MIDDLE = np.array([0.5])


def test_the_corners_of_the_grid_are_the_samples() -> None:
    grid = interpolate_grid(ROUND, [3, 17, 40, 8], rows=3, columns=4)
    assert grid.z.shape == (3, 4, 6)
    assert grid.pixels.shape == (3, 4, 16, 16, 3)
    assert grid.z[[0, 0, 2, 2], [0, 3, 0, 3]] == pytest.approx(ROUND.latents([3, 17, 40, 8]), abs=1e-6)
    assert np.array_equal(grid.pixels[1, 2], ROUND.generate(grid.z[1, 2:3])[0])


def test_a_place_in_a_grid_of_uniform_z_is_the_bilinear_mixture_of_the_corners() -> None:
    corners = LINEAR.latents(range(4))
    found = grid_latents(LINEAR, corners, np.array([0.25]), np.array([0.5]))
    expected = 0.5 * (0.75 * corners[0] + 0.25 * corners[1]) + 0.5 * (0.75 * corners[2] + 0.25 * corners[3])
    assert found[0, 0] == pytest.approx(expected, abs=1e-6)


def test_rows_of_normal_z_go_along_great_circles_between_the_edges() -> None:
    corners = ROUND.latents(range(4))
    left, right = slerp(corners[0], corners[2], MIDDLE)[0], slerp(corners[1], corners[3], MIDDLE)[0]
    assert grid_latents(ROUND, corners, MIDDLE, MIDDLE)[0] == pytest.approx(slerp(left, right, MIDDLE), abs=1e-6)


def test_a_grid_is_a_figure() -> None:
    figure = interpolate_grid(LINEAR, [1, 2, 3, 4], 2, 3).figure()
    assert figure.width > figure.height


@pytest.mark.parametrize(("corners", "rows"), [([1, 2, 3], 7), ([1, 2, 3, 4, 5], 7), ([1, 2, 3, 4], 1)])
def test_other_than_four_corners_and_rows_out_of_range_are_refused(corners: list[int], rows: int) -> None:
    with pytest.raises(UsageError, match="must be"):
        interpolate_grid(LINEAR, corners, rows)


def test_places_beyond_the_corners_are_refused() -> None:
    with pytest.raises(UsageError, match="0 to 1"):
        grid_latents(LINEAR, LINEAR.latents(range(4)), np.array([1.1]), MIDDLE)
