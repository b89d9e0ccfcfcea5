"""Which device a name means on this machine, and what it can do."""

import os

from dcgan.errors import DeviceError

DEVICES = "auto, cpu, cuda, cuda:N or mps"
LOOK = 0.3  # seconds in which the load of the processors is measured


def resolve_device(name: str) -> str:
    """The device that `name` means here ("auto", "cpu", "cuda", "cuda:1", "mps").

    Raises:
        DeviceError: It is no name of a device, or this machine, or this build of torch, has no such device.
    """
    import torch  # the command line checks names before it needs torch

    if not is_device_name(name):
        raise DeviceError(f"`device` must be {DEVICES}, not {name}")
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, index = name.partition(":")
    if kind == "cuda" and not torch.cuda.is_available():
        raise DeviceError("`device` cuda: torch finds no CUDA device here; use `device` cpu, or install a CUDA build")
    if index and int(index) >= torch.cuda.device_count():
        raise DeviceError(f"`device` {name}: this machine has {torch.cuda.device_count()} CUDA devices, counted from 0")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("`device` mps: torch finds no Metal device here; use `device` cpu")
    return name


def is_device_name(name: str) -> bool:
    """Whether some machine may have a device of that name."""
    kind, _, index = name.partition(":")
    return kind in ("auto", "cpu", "cuda", "mps") and (not index or (kind == "cuda" and index.isdigit()))


def free_threads() -> int:
    """How many CPU threads can compute now without sharing a processor: 1 to the number that torch has set.

    Other work takes its share of the processors that this process may use, measured over 0.3 s. The threads of a
    training step wait for one another again and again, so one that shares its processor holds up all of them.
    """
    import psutil
    import torch

    threads = torch.get_num_threads()
    if threads == 1:
        return 1
    busy = psutil.cpu_percent(LOOK, percpu=True)
    if hasattr(os, "sched_getaffinity"):
        busy = [busy[processor] for processor in os.sched_getaffinity(0) if processor < len(busy)] or busy
    free = 1 - sum(busy) / (100 * len(busy))
    return max(1, round(threads * free))


def has_fast_bfloat16(device: str) -> bool:
    """Whether the device computes bfloat16 in hardware: a GPU from Ampere on, a CPU with AVX512-BF16 or AMX."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device == "cpu" and torch.backends.mkldnn.is_available():
        capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return False
