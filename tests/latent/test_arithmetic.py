"""Sums of concepts, and moving along an axis."""

from typing import Any

import numpy as np
import pytest
from tests.toy_model import toy_model

from dcgan.errors import LatentError, UsageError
from dcgan.latent.arithmetic import add_pictures, arithmetic
from dcgan.latent.concepts import concept_of_axis, concept_of_seeds
from dcgan.latent.formula import parse_formula
from dcgan.latent.turn import Axis, turn, turn_film

MODEL = toy_model("uniform")
KNOWN = {
    "a": concept_of_seeds("a", [1, 2, 3], MODEL),
    "b": concept_of_seeds("b", [4, 5, 6], MODEL),
    "up": concept_of_axis("up", np.array([1, 0, 0, 0, 0, -1], np.float32)),
}


def mean(*seeds: int) -> np.ndarray:
    return np.asarray(MODEL.latents(seeds).mean(axis=0))


def test_y_is_the_sum_of_means_and_stands_first() -> None:
    result = arithmetic(MODEL, "a - 2 * b", concepts=KNOWN)
    y = mean(1, 2, 3) - 2 * mean(4, 5, 6)
    assert result.z[0] == pytest.approx(y, abs=1e-6)
    assert result.z.shape == (9, 6)
    assert np.abs(result.z[1:] - y).max() <= 0.25 + 1e-6
    assert np.abs(result.z[1:] - y).max() > 0.2
    assert np.array_equal(result.pixels[:1], MODEL.generate(result.z[:1]))


def test_variations_are_those_of_their_seed() -> None:
    sums = [arithmetic(MODEL, "a", concepts=KNOWN, variations=3, seed=seed).z for seed in (5, 5, 6)]
    assert np.array_equal(sums[0], sums[1])
    assert not np.array_equal(sums[0], sums[2])


def test_examples_means_and_the_sum_pixel_sum_are_shown() -> None:
    result = arithmetic(MODEL, parse_formula("a - b"), concepts=KNOWN)
    assert np.array_equal(result.examples[0], MODEL.sample([1, 2, 3]))
    assert np.array_equal(result.means, MODEL.generate(np.stack([mean(1, 2, 3), mean(4, 5, 6)])))
    a, b = (MODEL.sample(seeds).mean(axis=0) / 127.5 - 1 for seeds in ([1, 2, 3], [4, 5, 6]))
    assert result.pixel_sum is not None
    assert result.pixel_sum == pytest.approx(((a - b).clip(-1, 1) + 1) * 127.5, abs=0.51)


def test_pictures_add_up_by_hand() -> None:
    black, white, gray = (np.full((1, 1, 1, 1), level, np.uint8) for level in (0, 255, 102))
    assert add_pictures((1, -1, 1), [white, white, gray]).tolist() == [[[102]]]
    assert add_pictures((1, 1), [white, white]).tolist() == [[[255]]]
    assert add_pictures((1, -1), [black, white]).tolist() == [[[0]]]
    assert add_pictures((1,), [np.concatenate([black, white])]).tolist() == [[[128]]]


def test_an_axis_moves_the_sum_and_has_no_pictures() -> None:
    result = arithmetic(MODEL, "a + 2 * up", concepts=KNOWN, variations=0)
    assert result.z == pytest.approx(mean(1, 2, 3)[None] + np.array([[2, 0, 0, 0, 0, -2]], np.float32), abs=1e-6)
    assert [len(examples) for examples in result.examples] == [3, 0]
    assert result.pixel_sum is None


def test_the_middle_of_a_turn_is_the_sample_itself() -> None:
    z = MODEL.latents([7, 8])
    turned = turn(MODEL, z, ("a", "b"), strength=0.5, steps=3, concepts=KNOWN)
    assert turned.axis == pytest.approx(mean(4, 5, 6) - mean(1, 2, 3), abs=1e-6)
    assert turned.axis_name == "a to b"
    assert turned.coefficients.tolist() == [-0.5, 0, 0.5]
    assert turned.z[:, 1] == pytest.approx(z)
    assert turned.z[:, 2] == pytest.approx(z + turned.axis / 2, abs=1e-6)
    assert np.array_equal(turned.pixels[:, 1], MODEL.generate(z))
    assert turned.pixels.shape == (2, 3, 16, 16, 3)


def test_an_axis_is_a_concept_or_numbers() -> None:
    direction = np.array([1, 0, 0, 0, 0, -1], np.float32)
    by_name = turn(MODEL, [7, 8], "up", concepts=KNOWN)
    assert np.array_equal(by_name.z, turn(MODEL, MODEL.latents([7, 8]), direction).z)
    assert (by_name.labels, [concept.name for concept in by_name.concepts]) == (("7", "8"), ["up"])


def test_a_film_of_a_turn_goes_to_and_fro_and_begins_with_the_samples() -> None:
    frames = list(turn_film(MODEL, [7, 8], "up", 4, strength=2, concepts=KNOWN))
    ends = turn(MODEL, [7, 8], "up", strength=2, steps=3, concepts=KNOWN).pixels
    assert np.array_equal(frames[0], MODEL.sample([7, 8]))
    assert np.array_equal(frames[1], ends[:, 2])
    assert np.array_equal(frames[3], ends[:, 0])


@pytest.mark.parametrize(
    ("strength", "columns"), [(100, ["-100", "-50", "0", "+50", "+100"]), (4e-4, ["-0.0004", "-0.0002", "0"])]
)
def test_coefficients_above_columns_are_decimals_of_any_size(
    strength: float, columns: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    turned, drawn = turn(MODEL, [7], "up", strength=strength, steps=5, concepts=KNOWN), dict[str, Any]()
    monkeypatch.setattr("dcgan.latent.turn.labeled_grid", lambda *_, **values: drawn.update(values))
    turned.figure()
    assert drawn["columns"][: len(columns)] == columns


@pytest.mark.parametrize(
    ("axis", "values", "message"),
    [
        ("a", {}, "`axis` a: this concept is not an axis"),
        ("up", {"steps": 1}, "`steps` must be 2 or more, not 1"),
        ("up", {"strength": float("nan")}, "`strength` must be above 0"),
        (np.ones(5), {}, "`axis` has the shape \\(5,\\)"),
        (("a", "b", "a"), {}, "`axis` goes between two concepts, not 3"),
        (("a", "up"), {}, "an axis goes between two concepts of samples, and up is an axis itself"),
    ],
)
def test_what_cannot_be_turned_is_refused(axis: Axis, values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        turn(MODEL, [7], axis, concepts=KNOWN, **values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"variations": 100}, "`variations` must be 0 to 99, not 100"),
        ({"noise": -1}, "`noise` must be 0 to 10, not -1"),
        ({"seed": -1}, "`seed` must be a whole number from 0"),
    ],
)
def test_what_cannot_be_added_up_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        arithmetic(MODEL, "a", concepts=KNOWN, **values)


def test_names_without_a_concept_say_where_they_were_looked_for() -> None:
    with pytest.raises(LatentError, match="no concept 'c': there are a, b, up"):
        arithmetic(MODEL, "a + c", concepts=KNOWN)
    with pytest.raises(LatentError, match="the model has none of its own, and no file of `concepts` was given"):
        arithmetic(MODEL, "a")


def test_results_show_themselves_in_a_notebook() -> None:
    for result in (arithmetic(MODEL, "a - b", concepts=KNOWN), turn(MODEL, [7], "up", concepts=KNOWN)):
        assert 'src="data:image/png;base64,' in result._repr_html_()
