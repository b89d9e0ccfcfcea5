"""Several processes, one training: each takes its share of every mini-batch. `torchrun` starts them.

The joint mini-batch is that of the recipe, whatever the number of ranks: all random numbers are functions of (seed,
step), and a rank takes its rows of them. After each backward pass the gradients are averaged over the ranks, all in one
message. (DistributedDataParallel wants one backward pass for each forward pass; a GAN's step sends three mini-batches
through the discriminator, two of which share a backward pass, and the gradient penalty differentiates twice.)
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor, distributed

from dcgan.device import free_threads, has_fast_bfloat16, resolve_device
from dcgan.errors import RecipeError, RunError
from dcgan.training.recipe import Recipe

T = TypeVar("T")

PATIENCE = timedelta(hours=12)  # with a leading rank that prepares pictures; a lost one is noticed at once


@dataclass(frozen=True)
class Ranks:
    """This process among those that train together; on its own by default.

    Attributes:
        rank: 0 to count - 1. Rank 0 leads: it alone writes and talks.
        count: How many there are.
    """

    rank: int = 0
    count: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the one that writes."""
        return self.rank == 0

    def share(self, batch_size: int) -> slice:
        """The rows of a joint mini-batch that are this rank's."""
        rows = batch_size // self.count
        return slice(self.rank * rows, (self.rank + 1) * rows)

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors on the device by their means over the ranks."""
        if self.count == 1:
            return
        together = torch.cat([tensor.flatten() for tensor in tensors])
        distributed.all_reduce(together)
        together /= self.count
        for tensor, part in zip(tensors, together.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(part.view(tensor.shape))

    def broadcast(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors on the device by those of rank 0."""
        if self.count == 1:
            return
        for tensor in tensors:
            whole = tensor.contiguous()
            distributed.broadcast(whole, src=0)
            tensor.copy_(whole)

    def largest(self, *numbers: int) -> list[int]:
        """The largest of each number over the ranks."""
        if self.count == 1:
            return list(numbers)
        together = torch.tensor(numbers)
        distributed.all_reduce(together, distributed.ReduceOp.MAX)
        return together.tolist()

    def agree(self, value: T) -> T:
        """What rank 0 says."""
        if self.count == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box, src=0, device=torch.device("cpu"))
        return box[0]

    def first(self, prepare: Callable[[], T]) -> T | None:
        """What `prepare` returns on rank 0, while the others wait for it; they get None.

        Raises:
            RunError: On the others, when it failed on rank 0.
        """
        if not self.leads:
            if not self.agree(True):
                raise RunError(f"rank {self.rank} ends because rank 0 failed; see the error of rank 0")
            return None
        try:
            prepared = prepare()
        except BaseException:
            self.agree(False)
            raise
        self.agree(True)
        return prepared

    def wait(self) -> None:
        """Go on when all are here."""
        self.largest(0)


def ranks_here() -> Ranks:
    """The ranks that the environment speaks of; torchrun sets it."""
    return Ranks(int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1)))


def check_suits(recipe: Recipe, ranks: Ranks) -> None:
    """Refuse a recipe that so many ranks cannot share.

    Raises:
        RecipeError: What does not suit them.
    """
    if ranks.count == 1:
        return
    if ":" in recipe.device:
        raise RecipeError(
            f"`device` {recipe.device}: with several ranks, each uses a GPU of its own; write `device` cuda"
        )
    if recipe.capture:
        raise RecipeError("`capture` records the work of one GPU; with several ranks leave it out")
    size = recipe.batch_size
    if size is not None and (size % ranks.count or size < 2 * ranks.count):  # an open one will be chosen to suit them
        raise RecipeError(
            f"`batch_size` {size} cannot be shared by {ranks.count} ranks: it must be a multiple of "
            f"{ranks.count}, and at least {2 * ranks.count}"
        )


def resolve_recipe(recipe: Recipe, ranks: Ranks = Ranks()) -> Recipe:  # it is frozen
    """The recipe with device, precision and threads made definite for this machine, and for what else it does now.

    With several ranks the threads stay open: each rank takes its share of the processors.

    Raises:
        RecipeError: This machine has no such device, or the device cannot do what the recipe asks.
    """
    device = resolve_device(recipe.device)
    if recipe.capture and not device.startswith("cuda"):
        raise RecipeError(f"`capture` records CUDA graphs; with `device` {device} leave it out")
    threads = recipe.threads or (free_threads() if ranks.count == 1 else None)
    precision = recipe.precision
    if precision == "auto":
        precision = "bfloat16" if has_fast_bfloat16(device) else "float32"
    return replace(recipe, device=device, precision=precision, threads=threads)


def threads_here(recipe: Recipe, ranks: Ranks) -> int | None:
    """CPU threads for this process: the recipe's, but no more than its share where several ranks are on the machine."""
    if ranks.count == 1:
        return recipe.threads
    share = max(1, (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", ranks.count)))
    return min(recipe.threads or share, share)


@contextmanager
def joined(recipe: Recipe) -> Iterator[Ranks]:
    """Within the block the ranks can talk to each other.

    Raises:
        RecipeError: The recipe does not suit several ranks.
        RunError: Another rank was lost.
    """
    ranks = ranks_here()
    check_suits(recipe, ranks)
    if ranks.count == 1:
        yield ranks
        return
    on_gpu = recipe.device in ("auto", "cuda") and torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", ranks.rank)) % torch.cuda.device_count())
    try:
        distributed.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo", timeout=PATIENCE)
        yield ranks
    except RuntimeError as error:
        if not _lost(error):
            raise
        raise RunError(
            f"rank {ranks.rank} lost the others: one of them was ended or failed; see its error. Checkpoints are kept; "
            "resume the run with any number of ranks"
        ) from error
    finally:
        if distributed.is_initialized():
            distributed.destroy_process_group()


def _lost(error: RuntimeError) -> bool:
    """Whether an error says that another rank does not answer."""
    return isinstance(error, distributed.DistError) or "gloo" in str(error).lower()
