import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcgan.metrics import distances
from dcgan.metrics.distances import Floats
from dcgan.metrics.precision_recall import PrecisionRecall, precision_recall
from dcgan.types import Features


def by_brute_force(real: Features, generated: Features, k: int, density_k: int) -> PrecisionRecall:
    def reach(features: Features, i: int, k: int) -> float:
        return sorted(float(np.linalg.norm(features[i] - other)) for other in np.delete(features, i, axis=0))[k - 1]

    def inside(x: Features, centers: Features, reaches: list[float]) -> list[bool]:
        return [bool(np.linalg.norm(x - center) <= reach) for center, reach in zip(centers, reaches, strict=True)]

    n, m = len(real), len(generated)
    real_reaches = [reach(real, i, k) for i in range(n)]
    generated_reaches = [reach(generated, i, k) for i in range(m)]
    dense = [inside(x, real, [reach(real, i, density_k) for i in range(n)]) for x in generated]
    return PrecisionRecall(
        precision=sum(any(inside(x, real, real_reaches)) for x in generated) / m,
        recall=sum(any(inside(x, generated, generated_reaches)) for x in real) / n,
        density=sum(map(sum, dense)) / (density_k * m),
        coverage=sum(any(row[i] for row in dense) for i in range(n)) / n,
        k=k,
        density_k=density_k,
    )


def normal(count: int, dimensions: int = 8, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal((count, dimensions))


def values(found: PrecisionRecall) -> tuple[float, ...]:
    return found.precision, found.recall, found.density, found.coverage


def test_points_on_a_line_worked_out_by_hand() -> None:
    real = np.array([[0.0], [1.0], [3.0], [10.0]])  # reach 1, 1, 2 and 7 with k = 1
    generated = np.array([[2.5], [3.5], [30.0]])  # reach 1, 1 and 26.5
    found = precision_recall(real, generated, k=1, density_k=1)
    assert found.precision == pytest.approx(2 / 3)  # 2.5 and 3.5 are near 3; 30 is near nothing
    assert found.recall == pytest.approx(2 / 4)  # 3 is near 2.5; 10 is within 26.5 of 30
    assert found.density == pytest.approx(3 / 3)  # the ball of 3 holds two, that of 10 holds 3.5
    assert found.coverage == pytest.approx(2 / 4)  # the balls of 3 and 10


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    counts=st.tuples(st.integers(8, 14), st.integers(8, 14)),
    k=st.integers(1, 7),
    density_k=st.integers(1, 7),
    shift=st.sampled_from([0.0, 1.0, 2.0]),
)
def test_it_is_the_brute_force_of_the_papers(
    seed: int, counts: tuple[int, int], k: int, density_k: int, shift: float
) -> None:
    real, generated = normal(counts[0], 3, seed), normal(counts[1], 3, seed + 1) + shift
    assert precision_recall(real, generated, k=k, density_k=density_k) == by_brute_force(real, generated, k, density_k)


def test_the_papers_neighbors_are_the_default() -> None:
    real, generated = normal(12, 2, 1), normal(12, 2, 2) + 0.5
    assert precision_recall(real, generated) == by_brute_force(real, generated, 3, 5)


@pytest.mark.parametrize("offset", [0, 1000])
def test_a_set_has_full_precision_and_recall_of_itself(offset: float) -> None:
    features = (normal(300, 64) + offset).astype(np.float32)
    found = precision_recall(features, features[::-1], k=3, density_k=5)
    assert values(found) == (1, 1, 6 / 5, 1)  # each ball holds its center and the five that it reaches to


def test_sets_far_apart_have_none_of_either() -> None:
    assert values(precision_recall(normal(50), normal(50, seed=1) + 100)) == (0, 0, 0, 0)


def test_two_samples_of_one_distribution_have_the_density_and_coverage_expected() -> None:
    found = precision_recall(normal(2000, 4, 1), normal(2000, 4, 2), density_k=5)
    assert found.density == pytest.approx(1, abs=0.05)
    assert found.coverage == pytest.approx(1 - 2**-5, abs=0.02)


def test_a_collapse_keeps_precision_and_loses_recall() -> None:
    real = normal(400)
    collapsed = real[:1] + 1e-3 * normal(400, seed=1)
    found = precision_recall(real, collapsed)
    assert found.precision == 1
    assert found.recall <= 1 / 400
    assert found.coverage < 0.1


def test_a_missing_mode_shows_in_recall_and_coverage() -> None:
    modes = np.repeat([[0.0], [50.0]], 200, axis=0)
    real = normal(400) + modes
    found = precision_recall(real, normal(400, seed=1))
    assert found.precision > 0.8
    assert found.recall <= 0.5
    assert found.coverage == pytest.approx(0.5, abs=0.01)


def test_noise_beside_good_pictures_shows_in_precision() -> None:
    real = normal(400)
    half_noise = np.concatenate([normal(200, seed=1), 100 + 50 * normal(200, seed=2)])
    found = precision_recall(real, half_noise)
    assert found.precision == pytest.approx(0.5, abs=0.1)
    assert found.density == pytest.approx(0.5, abs=0.1)


def test_an_outlier_sways_precision_more_than_density() -> None:
    real, generated = normal(200, 2), 8 + 0.1 * normal(200, 2, seed=1)
    swayed = np.concatenate([real, [[11.0, 11.0]]])  # its ball reaches back to the others
    assert values(precision_recall(real, generated))[0] == 0
    found = precision_recall(swayed, generated)
    assert found.precision == 1
    assert found.density == pytest.approx(1 / 5)


def test_a_point_on_the_border_is_inside_however_its_distance_is_rounded() -> None:
    centers = 100 * normal(50, 3)
    others = centers + normal(50, 3, seed=1)
    real, generated = np.concatenate([centers, others]), 2 * centers - others
    assert precision_recall(real, generated, k=1, density_k=1).precision == 1
    assert precision_recall(real, generated, k=1, density_k=1).density == 1
    assert precision_recall(generated, real, k=1).recall == 1


def test_exact_copies_of_repeated_pictures_are_inside_balls_without_size() -> None:
    real = np.repeat(normal(5, 16).astype(np.float32), 10, axis=0)
    found = precision_recall(real, real[::10][[0, 0, 0, 0, 0, 0, 1]])
    assert found.precision == 1
    assert found.coverage == pytest.approx(2 / 5)


def test_blocks_do_not_change_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    real, generated = normal(90, 6), 1 + normal(75, 6, seed=1)
    whole = precision_recall(real, generated)
    monkeypatch.setattr(distances, "MOST_ROWS", 7)
    monkeypatch.setattr(distances, "COLUMNS", 11)
    assert precision_recall(real, generated) == whole
    assert 0.05 < whole.precision < 0.95


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_the_figures_do_not_turn_move_or_change_with_order_and_scale(seed: int) -> None:
    real, generated = normal(30, 5, seed), normal(25, 5, seed + 1) + 0.5
    expected = precision_recall(real, generated)
    random = np.random.default_rng(seed)
    turn = np.linalg.qr(random.standard_normal((5, 5)))[0]
    assert precision_recall(7 * real @ turn + 3, 7 * generated @ turn + 3) == expected
    assert precision_recall(random.permutation(real), random.permutation(generated)) == expected


def test_precision_one_way_is_recall_the_other_way() -> None:
    first, second = normal(60, 4), 0.7 + normal(50, 4, seed=1)
    there, back = precision_recall(first, second), precision_recall(second, first)
    assert (there.precision, there.recall) == (back.recall, back.precision)


def test_too_few_features_and_bad_ks_are_refused() -> None:
    with pytest.raises(ValueError, match="generated features should be 6 or more, not 5"):
        precision_recall(normal(6), normal(5), k=3, density_k=5)
    with pytest.raises(ValueError, match="real features should be 4 or more, not 3"):
        precision_recall(normal(3), normal(6), k=3, density_k=1)
    with pytest.raises(ValueError, match="must be 1 or more, not 0 and 5"):
        precision_recall(normal(9), normal(9), k=0)
    with pytest.raises(ValueError, match="different dimensions"):
        precision_recall(normal(9, 2), normal(9, 3))
