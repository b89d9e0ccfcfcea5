"""From the images of the nets to the pixels of pictures, and back; and how many are computed together."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from dcgan.types import Pixels

ON_CPU, ON_GPU = 16, 128  # pictures computed together


def full_batches(count: int, device: torch.device) -> Iterator[tuple[range, Tensor]]:
    """Rows to compute together: which, and the same filled up to a fixed number by the last of them.

    How a library sums depends on how many pictures it is given. A mini-batch of always the same number makes the
    numbers of a picture depend on nothing but itself.
    """
    size = ON_CPU if device.type == "cpu" else ON_GPU
    for start in range(0, count, size):
        rows = range(start, min(start + size, count))
        yield rows, torch.arange(start, start + size, device=device).clamp(max=count - 1)


def to_pixels(images: Tensor) -> Pixels:
    """Images (N, C, H, W) in [-1, 1] to pixels (N, H, W, C), uint8, rounded to the nearest level."""
    levels = ((images.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def split_frames(pixels: Pixels, frames: int) -> Pixels:
    """Clips with their frames side by side in the channels (N, H, W, frames * C) to (N, frames, H, W, C)."""
    count, height, width, channels = pixels.shape
    apart = pixels.reshape(count, height, width, frames, channels // frames)
    return np.ascontiguousarray(apart.transpose(0, 3, 1, 2, 4))


def join_frames(frames: Pixels) -> Pixels:
    """The opposite: (N, frames, H, W, C) to (N, H, W, frames * C)."""
    count, length, height, width, channels = frames.shape
    return np.ascontiguousarray(frames.transpose(0, 2, 3, 1, 4)).reshape(count, height, width, length * channels)


def strips(pixels: Pixels, frames: int) -> Pixels:
    """Clips (N, H, W, frames * C) as pictures with their frames from left to right (N, H, frames * W, C)."""
    apart = split_frames(pixels, frames)
    count, frames, height, width, channels = apart.shape
    return apart.transpose(0, 2, 1, 3, 4).reshape(count, height, frames * width, channels)


def to_images(pixels: Tensor) -> Tensor:
    """Pixels (N, H, W, C), uint8, to images (N, C, H, W) in [-1, 1], float32, as channels_last memory."""
    return pixels.permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
