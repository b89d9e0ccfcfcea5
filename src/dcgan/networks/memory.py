"""How weights lie in memory, and with them the maps that they make; and what becomes of the memory of maps."""

import ctypes
import platform

import torch
from torch import nn

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # of mallopt(3)


def use_channels_last(net: nn.Module) -> None:
    """Lay out the kernels of `net` with the channels innermost; convolutions are faster so on most hardware.

    Inputs of a discriminator should lie so too; results differ by rounding only.
    """
    for parameter in net.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)


def reuse_memory() -> None:
    """Keep the memory of freed maps for the next step rather than give it back to the system and ask again.

    A net on a CPU frees and allocates the same hundreds of megabytes again and again, and each time the system hands
    out pages anew. Holds for the whole process; with another C library than glibc it does nothing.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        for option, size in ((M_MMAP_THRESHOLD, 1 << 30), (M_TRIM_THRESHOLD, (1 << 31) - 1), (M_TOP_PAD, 1 << 28)):
            libc.mallopt(option, size)
