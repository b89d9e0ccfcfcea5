import pytest
import torch

from dcgan.training.monitor import ALIVE, COLLAPSED, GRACE, check_health, diversity
from dcgan.training.state import Progress


def check(progress: Progress, diversity: float, d_real: float = 0.7, d_fake: float = 0.3) -> str | None:
    return check_health(progress, diversity, d_real, d_fake, finite=True).problem


def test_diversity_is_the_mean_distance_to_the_nearest_other_picture() -> None:
    shades = torch.tensor([0.0, 0.1, 0.3]).view(3, 1, 1, 1).expand(3, 1, 16, 16)
    assert diversity(shades) == pytest.approx((0.1 + 0.1 + 0.2) / 3, abs=1e-6)


def test_a_few_pictures_again_and_again_have_no_diversity() -> None:
    three = torch.rand(3, 3, 32, 32).repeat(40, 1, 1, 1)
    assert diversity(three) == pytest.approx(0, abs=1e-5)


def test_noise_on_one_picture_is_not_variety() -> None:
    one = torch.rand(1, 3, 64, 64).expand(64, 3, 64, 64)
    noisy = one + 0.1 * torch.randn(64, 3, 64, 64)
    varied = torch.rand(64, 3, 4, 4).repeat_interleave(16, 2).repeat_interleave(16, 3)
    assert diversity(noisy) < 0.15 * diversity(varied)


def test_collapse_is_named_when_it_lasts_and_pictures_had_varied_before() -> None:
    progress = Progress(images=1000)
    assert check(progress, COLLAPSED / 2) is None  # still at the beginning
    assert check(progress, ALIVE * 2) is None
    assert check(progress, COLLAPSED / 2) is None  # once may be chance
    assert not progress.healthy
    assert check(progress, COLLAPSED / 2) == "collapse"


def test_a_check_that_does_not_count_tells_health_but_neither_alarms_nor_comforts() -> None:
    progress = Progress(images=1000, alive=True)
    for _ in range(3):
        assert check_health(progress, 0.05, 0.5, 0.5, finite=True, counts=False).problem is None
        assert not progress.healthy
    assert check(progress, 0.05) is None
    check_health(progress, 0.9, 0.5, 0.5, finite=True, counts=False)
    assert progress.healthy
    assert check(progress, 0.05) == "collapse"


def test_a_recovery_starts_the_count_anew() -> None:
    progress = Progress(images=1000, alive=True)
    assert [check(progress, value) for value in (0.05, 0.6, 0.05, 0.05)] == [None, None, None, "collapse"]


def test_a_generator_that_never_varied_counts_as_collapsed_after_its_grace() -> None:
    progress = Progress(step=GRACE["adam"] + 1)
    assert [check(progress, 0.02), check(progress, 0.02)] == [None, "collapse"]
    beginner = Progress(images=200_000, step=GRACE["adam"])  # large mini-batches: many images, but few updates yet
    assert [check(beginner, 0.02), check(beginner, 0.02)] == [None, None]


def test_a_generator_that_learns_by_plain_sgd_has_more_time_to_vary_its_images() -> None:
    progress = Progress(step=2000)
    found = [check_health(progress, 0.02, 0.5, 0.5, finite=True, grace=GRACE["sgd"]).problem for _ in range(3)]
    assert found == [None, None, None]


def test_an_odd_loss_is_no_collapse() -> None:
    progress = Progress(images=1000, alive=True)
    assert check(progress, 0.9, d_real=0.98, d_fake=0.01) is None
    assert progress.healthy


def test_a_saturated_discriminator_is_named_once_when_it_lasts() -> None:
    progress = Progress(images=1000, alive=True)
    assert [check(progress, 0.8, 0.999, 0.001) for _ in range(5)] == [None, None, "saturation", None, None]
    assert progress.healthy


def test_nan_is_named_at_once() -> None:
    progress = Progress()
    assert check_health(progress, float("nan"), 0.5, 0.5, finite=False).problem == "nan"
    assert not progress.healthy
