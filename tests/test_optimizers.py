"""The optimizers compute what torch's do, and need less."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from dcgan import optimizers

STARTS_QUICKLY = """
import sys
from tests.training.toys import TOY, discs
import dcgan

dcgan.train(discs(), sys.argv[1], TOY.changed({"images": 4}))
assert "torch._dynamo" not in sys.modules
"""


def trained(build: Callable[..., torch.optim.Optimizer], **options: object) -> list[torch.Tensor]:
    """Weights and what the optimizer remembers, after a few steps on a falling learning rate."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Linear(4, 1))
    optimizer = build(net.parameters(), lr=0.1, **options)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 5)
    for _ in range(5):
        net(torch.randn(3, 5)).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    assert all(parameter.grad is None for parameter in net.parameters())
    kept = [tensor for state in optimizer.state_dict()["state"].values() for tensor in state.values()]
    return [*net.state_dict().values(), *kept]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Adam", {}),
        ("Adam", {"fused": True, "betas": (0.5, 0.999), "weight_decay": 0.01}),
        ("SGD", {"momentum": 0.9, "weight_decay": 0.01}),
        ("SGD", {"momentum": 0.9, "nesterov": True}),
    ],
)
def test_they_compute_the_very_same_as_those_of_torch(name: str, options: dict[str, object]) -> None:
    ours, theirs = (trained(getattr(module, name), **options) for module in (optimizers, torch.optim))
    assert len(ours) == len(theirs)
    assert all(map(torch.equal, ours, theirs))


def test_a_training_does_not_import_the_compiler_of_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    subprocess.run([sys.executable, "-c", STARTS_QUICKLY, str(tmp_path / "run")], check=True, capture_output=True)
