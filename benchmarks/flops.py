"""Floating-point operations: what a step needs, and what the device can do in one large matrix product."""

from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

Step = Callable[[], object]


def flops_of(step: Step, batch_size: int) -> float:
    """Operations of convolutions and matrix products for a picture; they do not depend on the precision."""
    with FlopCounterMode(display=False) as counter:
        step()
    return float(counter.get_total_flops()) / batch_size


def product(side: int, dtype: torch.dtype, device: str = "cpu") -> Step:
    """One product of two matrices of `side` x `side` at each call."""
    first, second = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    return lambda: torch.mm(first, second)


def flops_of_product(side: int) -> float:
    """Operations of such a product."""
    return 2.0 * side**3
