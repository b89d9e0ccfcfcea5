"""Batch norm over the mini-batches of all ranks: as if they were one."""

from collections.abc import Callable

import torch
from torch import Tensor, distributed


def sync_batch_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    """Normalize (N, F) or (N, F, H, W) by the mean and variance over all ranks, each with as many rows.

    torch's own SyncBatchNorm does the same, on GPUs only. Gradients flow through the statistics to all ranks.
    """
    over = [0, *range(2, x.ndim)]
    shape = [1, -1, *[1] * (x.ndim - 2)]
    wide = x.float()
    mean = _mean_over_ranks(wide.mean(over))
    centered = wide - mean.view(shape)
    variance = _mean_over_ranks(centered.square().mean(over))
    return (centered * (weight * torch.rsqrt(variance + eps)).view(shape) + bias.view(shape)).to(x.dtype)


def _mean_over_ranks(tensor: Tensor) -> Tensor:
    return _sum_over_ranks(tensor) / distributed.get_world_size()


class _Sum(torch.autograd.Function):
    """The sum over ranks; each rank's gradient is then the sum of theirs."""

    @staticmethod
    def forward(ctx: object, tensor: Tensor) -> Tensor:  # noqa: ARG004  # the signature is torch's
        total = tensor.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:  # noqa: ARG004
        return _sum_over_ranks(gradient)


_sum_over_ranks: Callable[[Tensor], Tensor] = _Sum.apply
