"""The control: the same net, trained on labels alone."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model

from dcgan.probing.baselines.classification_net import ClassificationNet, train
from dcgan.probing.baselines.supervised import Trial, predict, random_search, sample_trial, train_classifier

BODY = toy_model().nets.discriminator
LAYER = "convolutions.1.weight"
TRIAL = Trial(lr=2e-3, weight_decay=1e-5, dropout=0.2, shift=2, batch_size=16)


def squares(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a bright square in one of three corners, which is the class."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 90, (count, 16, 16, 3)).astype(np.uint8)
    labels = random.integers(3, size=count)
    for picture, label in zip(pixels, labels, strict=True):
        y, x = ((2, 2), (2, 9), (9, 2))[label]
        picture[y : y + 5, x : x + 5] += 150
    return pixels, labels


def test_it_learns_from_labels_and_is_no_better_than_its_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.probing.baselines.supervised.IMAGES_SEEN", 2000)
    pixels, labels = squares(120, 0)
    test = squares(100, 1)
    net = train_classifier(BODY, pixels, labels, 3, TRIAL, 0)
    assert (predict(net, test[0]) == test[1]).mean() > 0.9
    shuffled = np.random.default_rng(2).permutation(labels)
    lost = train_classifier(BODY, pixels, shuffled, 3, TRIAL, 0)
    assert (predict(lost, test[0]) == test[1]).mean() < 0.6


def test_the_seed_names_a_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.probing.baselines.supervised.IMAGES_SEEN", 200)
    pixels, labels = squares(40, 0)
    nets = [train_classifier(BODY, pixels, labels, 3, TRIAL, seed) for seed in (1, 1, 2)]
    heads = [net.head.weight for net in nets]
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_trials_lie_in_their_ranges_and_differ() -> None:
    trials = [sample_trial(0, number) for number in range(50)]
    assert len({trial.lr for trial in trials}) == 50
    assert all(
        1e-4 <= trial.lr <= 1e-2 and 1e-6 <= trial.weight_decay <= 1e-2 and 0 <= trial.dropout <= 0.7
        for trial in trials
    )
    assert {trial.shift for trial in trials} == {0, 2, 4}
    assert {trial.batch_size for trial in trials} == {32, 64, 128}
    assert sample_trial(0, 3) == trials[3]


def test_the_best_trial_on_validation_is_scored_on_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.probing.baselines.supervised.IMAGES_SEEN", 600)
    learn, validation, test = squares(60, 0), squares(60, 1), squares(60, 2)
    told: list[tuple[int, int | None]] = []
    found = random_search(BODY, [learn], validation, test, 3, 20, trials=3, on_progress=lambda *now: told.append(now))
    assert [*found.validation] == [0, 1, 2]
    assert found.validation[found.best] == max(found.validation.values())
    best = train_classifier(BODY, *learn, 3, sample_trial(0, int(found.best)), int(found.best))
    assert found.mean == pytest.approx((predict(best, test[0]) == test[1]).mean())
    assert told == sorted(told)
    assert told[-1] == (1800, 1800)


def test_the_best_trial_is_trained_on_every_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.probing.baselines.supervised.IMAGES_SEEN", 600)
    draws, validation, test = [squares(60, seed) for seed in (0, 3, 4)], squares(60, 1), squares(60, 2)
    found = random_search(BODY, draws, validation, test, 3, 20, trials=2)
    second = train_classifier(BODY, *draws[1], 3, sample_trial(0, int(found.best)), 1)
    assert len(found.accuracies) == 3
    assert found.accuracies[1] == pytest.approx((predict(second, test[0]) == test[1]).mean())


def test_a_search_that_was_stopped_goes_on_with_its_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.probing.baselines.supervised.IMAGES_SEEN", 600)
    sets = [squares(60, 0)], squares(60, 1), squares(60, 2)
    kept: list[dict[int, float]] = []
    whole = random_search(BODY, *sets, 3, 20, trials=3, keep=lambda scores: kept.append(dict(scores)))
    assert [len(scores) for scores in kept] == [1, 2, 3]
    seen: list[int] = []

    def noted(seed: int, number: int) -> Trial:
        seen.append(number)
        return sample_trial(seed, number)

    monkeypatch.setattr("dcgan.probing.baselines.supervised.sample_trial", noted)
    for scores, trained in ((kept[0], {1, 2}), (kept[2], set())):
        seen.clear()
        again = random_search(BODY, *sets, 3, 20, trials=3, known=scores)
        assert set(seen) == trained | {int(whole.best)}  # the best is trained again if it was among the known ones
        assert again.validation == whole.validation
        assert again.accuracies.tolist() == whole.accuracies.tolist()


def test_fine_tuning_starts_from_the_net_and_leaves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.probing.baselines.supervised.IMAGES_SEEN", 16)
    slow = Trial(lr=1e-9, weight_decay=0, dropout=0, shift=0, batch_size=16)
    before = deepcopy(BODY.state_dict())
    tuned = train_classifier(BODY, *squares(16, 0), 3, slow, 0, from_scratch=False)
    torch.testing.assert_close(tuned.body.state_dict()[LAYER], before[LAYER], rtol=0, atol=1e-6)
    moved = train_classifier(BODY, *squares(16, 0), 3, TRIAL, 0, from_scratch=False)
    assert not torch.allclose(moved.body.state_dict()[LAYER], before[LAYER], atol=1e-4)
    assert all(torch.equal(tensor, before[name]) for name, tensor in BODY.state_dict().items())


def test_a_net_is_trained_where_it_is() -> None:
    net = ClassificationNet(BODY, 3, 0.0).to("meta")  # which refuses whatever lies elsewhere, as another device does
    batch = torch.zeros(4, 3, 16, 16), torch.zeros(4, dtype=torch.int64)
    train(net, lambda: batch, 2, 1e-3, seed=0, on_progress=lambda *_: None)
    assert net.head.weight.grad is not None
