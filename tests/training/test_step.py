"""The two updates, against a second writing of the paper's algorithm with an Adam written out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from tests.training.toys import TOY
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.choices import LOSSES, UPDATES
from dcgan.errors import UsageError
from dcgan.networks.lapgan import level_of, sides_of
from dcgan.training.batches import Batch
from dcgan.training.losses import Loss, discriminator_loss, generator_loss, gradient_penalty
from dcgan.training.state import MEASURES, TrainingState
from dcgan.training.step import LAZY_R1_INTERVAL, scheduled_update, train_step

PLAIN = replace(TOY, augment="none")


def batches(count: int) -> list[Batch]:
    """Noise, with the numbers of an augmentation that takes two."""
    random = torch.Generator().manual_seed(0)
    return [
        Batch(
            torch.rand(4, 1, 16, 16, generator=random) * 2 - 1,
            torch.rand(4, 4, generator=random) * 2 - 1,
            torch.rand(3, 4, 2, generator=random),
        )
        for _ in range(count)
    ]


def adam(net: nn.Module, weight_decay: float, lr: float) -> Callable[[Tensor], None]:
    """Adam with coupled L2, written out."""
    moments = {p: (torch.zeros_like(p), torch.zeros_like(p)) for p in net.parameters()}
    count = 0

    def update(loss: Tensor) -> None:
        nonlocal count
        count += 1
        gradients = torch.autograd.grad(loss, list(moments), retain_graph=True)
        with torch.no_grad():
            for (p, (first, second)), gradient in zip(moments.items(), gradients, strict=True):
                gradient = gradient + weight_decay * p
                first.mul_(0.5).add_(gradient, alpha=0.5)
                second.mul_(0.999).add_(gradient * gradient, alpha=0.001)
                p.sub_(lr * (first / (1 - 0.5**count)) / ((second / (1 - 0.999**count)).sqrt() + 1e-8))

    return update


@pytest.mark.parametrize("updates", ["both", "alternate"])
def test_the_updates_are_those_of_the_algorithm(updates: str) -> None:
    recipe = PLAIN.changed({"updates": updates, "weight_decay": 1e-3, "lr": 1e-3, "channels_last": False})
    state, plain = TrainingState(recipe), TrainingState(recipe)
    generator, discriminator = plain.generator, plain.discriminator
    update_g, update_d = adam(generator, 1e-3, 1e-3), adam(discriminator, 1e-3, 1e-3)
    for step, batch in enumerate(batches(4)):
        train_step(state, batch)
        real, z = batch.real, batch.z
        if updates == "both" or step % 2 == 1:
            d_real, d_fake = discriminator(real).sigmoid(), discriminator(generator(z).detach()).sigmoid()
            update_d(-d_real.log().mean() - (1 - d_fake).log().mean())
        if updates == "both" or step % 2 == 0:
            update_g(-discriminator(generator(z)).sigmoid().log().mean())
    for trained, expected in ((state.generator, generator), (state.discriminator, discriminator)):
        for (name, p), q in zip(trained.named_parameters(), expected.parameters(), strict=True):
            torch.testing.assert_close(p, q, atol=2e-5, rtol=1e-3, msg=name)


def test_by_turns_one_mini_batch_changes_one_net_and_the_generator_comes_first() -> None:
    state = TrainingState(PLAIN.changed({"updates": "alternate"}))
    first, second = batches(2)

    def weights(net: nn.Module) -> Tensor:
        return torch.cat([p.detach().flatten() for p in net.parameters()])

    g, d = weights(state.generator), weights(state.discriminator)
    train_step(state, first)
    assert not torch.equal(weights(state.generator), g)
    assert torch.equal(weights(state.discriminator), d)
    g = weights(state.generator)
    train_step(state, second)
    assert torch.equal(weights(state.generator), g)
    assert not torch.equal(weights(state.discriminator), d)


def test_at_once_neither_net_sees_the_step_of_the_other() -> None:
    recipe = PLAIN.changed({"updates": "simultaneous", "optimizer": "sgd", "lr": 0.1, "final_momentum": 0.0})
    state, plain = TrainingState(recipe), TrainingState(recipe)
    (batch,) = batches(1)
    train_step(state, batch)
    real_logits, fake_logits = (plain.discriminator(images) for images in (batch.real, plain.generator(batch.z)))
    for net, loss in (
        ("generator", generator_loss(real_logits, fake_logits)),
        ("discriminator", discriminator_loss(real_logits, fake_logits)),
    ):
        before, after = getattr(plain, net), dict(getattr(state, net).named_parameters())
        gradients = torch.autograd.grad(loss, list(before.parameters()), retain_graph=True)
        for (name, parameter), gradient in zip(before.named_parameters(), gradients, strict=True):
            torch.testing.assert_close(after[name], parameter - 0.1 * gradient, msg=name)
    d_loss = float(state.sums[MEASURES.index("d_loss")])
    assert d_loss == pytest.approx(discriminator_loss(real_logits, fake_logits).item(), rel=1e-5)


def test_at_once_the_gradient_penalty_reaches_the_discriminator() -> None:
    plain = PLAIN.changed({"updates": "simultaneous"})
    states = [TrainingState(plain), TrainingState(plain.changed({"r1_gamma": 10.0}))]
    for state in states:
        train_step(state, batches(1)[0])
    heads = [state.discriminator.get_parameter("head.weight") for state in states]
    stems = [state.generator.get_parameter("stem.weight") for state in states]
    assert not torch.equal(*heads)
    assert torch.equal(*stems)


def test_an_update_rule_of_your_own_takes_its_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = list[str]()
    rule = tuple(lambda *_, name=name: taken.append(name) for name in ("first", "second", "third"))
    monkeypatch.setattr(UPDATES, "_added", dict(UPDATES._added))
    UPDATES.add("mine", rule)
    state = TrainingState(PLAIN.changed({"updates": "mine"}))
    for batch in batches(4):
        train_step(state, batch)
    assert taken == ["first", "second", "third", "first"]


@pytest.mark.parametrize("rule", [(), lambda *_: None, [lambda *_: None], (lambda *_: None, "both")])
def test_what_is_no_update_rule_is_refused_when_it_is_added(rule: Any) -> None:
    with pytest.raises(UsageError, match="`updates` odd must be a tuple of one function or more"):
        UPDATES.add("odd", rule)
    assert "odd" not in UPDATES
    with pytest.raises(UsageError, match="`updates` both exists already; choose another name"):
        UPDATES.add("both", (lambda *_: None,))


def test_the_minimax_loss_is_that_of_the_discriminator_with_the_other_sign() -> None:
    fake = torch.tensor([-1.0, 2.0])
    value = LOSSES["minimax"].generator(torch.empty(0), fake)
    torch.testing.assert_close(value, (1 - fake.sigmoid()).log().mean())


def test_the_losses_are_non_saturating_and_on_logits() -> None:
    real, fake = torch.tensor([0.0, 2.0]), torch.tensor([-1.0, 80.0])
    expected = -real.sigmoid().log().mean() - torch.tensor([(1 - torch.tensor(-1.0).sigmoid()).log(), -80.0]).mean()
    torch.testing.assert_close(discriminator_loss(real, fake), expected)
    torch.testing.assert_close(generator_loss(real, fake[:1]), -fake[:1].sigmoid().log().mean())
    assert generator_loss(real, torch.tensor([-200.0])).item() == 200.0  # log D(G(z)) itself would be -inf


def test_the_hinge_rests_once_a_logit_is_beyond_its_margin() -> None:
    loss = LOSSES["hinge"]
    assert loss.discriminator(torch.tensor([1.0, 5.0]), torch.tensor([-1.0, -3.0])).item() == 0.0
    assert loss.discriminator(torch.tensor([0.0, 2.0]), torch.tensor([0.5, -3.0])).item() == pytest.approx(1.25)
    assert loss.generator(torch.empty(0), torch.tensor([2.0, -1.0])).item() == -0.5


def test_the_relativistic_loss_looks_at_pairs() -> None:
    loss, real, fake = LOSSES["relativistic"], torch.tensor([3.0, -1.0]), torch.tensor([1.0, -1.0])
    difference = torch.tensor([2.0, 0.0])
    torch.testing.assert_close(loss.discriminator(real, fake), -difference.sigmoid().log().mean())
    torch.testing.assert_close(loss.generator(real, fake), -(-difference).sigmoid().log().mean())


def test_a_loss_of_somebody_elses_gets_the_logits_of_both_kinds_in_both_updates() -> None:
    shapes = []

    def wide(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        shapes.append((tuple(real_logits.shape), tuple(fake_logits.shape), real_logits.requires_grad))
        return (fake_logits.mean() - real_logits.mean()) ** 2

    if "wide" not in LOSSES:
        LOSSES.add("wide", Loss(wide, wide))
    train_step(TrainingState(replace(PLAIN, loss="wide")), batches(1)[0])
    assert shapes == [((4,), (4,), True), ((4,), (4,), False)]  # in G's update no gradient runs through real images


def test_the_gradient_penalty_of_a_linear_judge_is_half_its_squared_norm() -> None:
    weight = torch.tensor([1.0, -2.0, 2.0])
    real = torch.rand(5, 3, 1, 1, requires_grad=True)
    penalty = gradient_penalty((real.flatten(1) * weight).sum(1), real)
    assert penalty.item() == pytest.approx(4.5)


@pytest.mark.parametrize(("step", "penalized"), [(0, True), (1, False), (8, True)])
def test_the_gradient_penalty_reaches_the_discriminator_on_some_steps(step: int, penalized: bool) -> None:
    norms = []
    for recipe in (PLAIN, replace(PLAIN, r1_gamma=100.0)):
        state = TrainingState(recipe)
        state.progress.step = step
        train_step(state, batches(1)[0])
        norms.append(state.sums[MEASURES.index("d_gradient")].item())
    assert (norms[0] != norms[1]) is penalized


@pytest.mark.parametrize("updates", ["both", "alternate"])
@pytest.mark.parametrize("size", [16, 32, 64])
def test_every_level_of_a_chain_meets_the_gradient_penalty_as_often(size: int, updates: str) -> None:
    recipe = TOY.changed({"nets": "lapgan", "size": size, "r1_gamma": 1.0, "updates": updates})
    rule, sides = len(UPDATES[updates]), sides_of(size)
    turns = range(2 * LAZY_R1_INTERVAL * len(sides))
    penalized = [turn for turn in turns if scheduled_update(recipe, turn * rule, len(sides))[1]]
    met = [level_of(torch.empty(1, 1, size, size), turn).shape[-1] for turn in penalized]
    assert met == [*sides, *sides]


@pytest.mark.parametrize("net", ["generator", "discriminator"])
def test_each_net_has_its_learning_rate_and_roll_backs_halve_both(net: str) -> None:
    state = TrainingState(replace(PLAIN, lr=1e-3, lr_discriminator=4e-3))
    rate = {"generator": 1e-3, "discriminator": 4e-3}[net]
    assert state.optimizers[net].param_groups[0]["lr"] == rate
    state.progress.rollbacks = 2
    state.set_learning_rates()
    assert state.optimizers[net].param_groups[0]["lr"] == rate / 4


def test_counters_and_sums_say_what_happened() -> None:
    state = TrainingState(PLAIN)
    for batch in batches(3):
        train_step(state, batch)
    assert (state.progress.step, state.progress.images) == (3, 12)
    sums = dict(zip(MEASURES, state.sums.tolist(), strict=False))
    assert state.sums[-2:].tolist() == [3, 3]
    assert 0 < sums["d_real"] < 3
    assert sums["g_gradient"] > 0


def test_the_averaged_generator_forgets_by_half_lives() -> None:
    state = TrainingState(replace(PLAIN, ema_half_life=8))
    old = [p.clone() for p in state.ema_generator.parameters()]
    state.progress.images = 1_000_000  # beyond the ramp
    train_step(state, batches(1)[0])
    decay = 0.5 ** (4 / 8)
    for averaged, before, now in zip(state.ema_generator.parameters(), old, state.generator.parameters(), strict=True):
        torch.testing.assert_close(averaged, decay * before + (1 - decay) * now)


def test_without_averaging_the_last_weights_draw() -> None:
    state = TrainingState(replace(PLAIN, ema_half_life=0))
    train_step(state, batches(1)[0])
    for averaged, now in zip(state.ema_generator.parameters(), state.generator.parameters(), strict=True):
        assert torch.equal(averaged, now)


def test_bfloat16_learns_the_same_to_its_precision() -> None:
    exact, fast = TrainingState(PLAIN), TrainingState(replace(PLAIN, precision="bfloat16"))
    for state in (exact, fast):
        train_step(state, batches(1)[0])
    assert fast.generator.get_parameter("stem.weight").dtype == torch.float32
    difference = (exact.sums[: len(MEASURES)] / fast.sums[: len(MEASURES)]).log().abs()
    assert difference.max() < 0.1


def test_nothing_is_seen_twice_through_batch_norm() -> None:
    """Real and generated images pass as separate mini-batches: the view of one knows nothing of the other."""
    state = TrainingState(PLAIN)
    real = batches(1)[0].real
    alone = state.discriminator(real)
    mixed = state.discriminator(torch.cat([real, -real]))[:4]
    assert (alone - mixed).abs().max() > 1e-4
    assert F.softplus(-alone).mean() + F.softplus(alone).mean() == discriminator_loss(alone, alone)
