"""The updates of a step recorded as CUDA graphs: the GPU is given hundreds of kernels in one call."""

from collections.abc import Callable

import torch
from torch import Tensor

from dcgan.training.state import TrainingState
from dcgan.training.step import Kind, update_nets

WARM_UP = 3  # steps run as usual first: libraries choose their algorithms, and memory is laid out


class CapturedUpdate:
    """Does what `update_nets` does, by replaying what it did.

    Each kind of step has a graph of its own, recorded after a few steps of that kind; a roll-back changes the learning
    rate, which is part of the record, so that it begins anew. The tensors given are copied to where the graph reads.
    """

    def __init__(self) -> None:
        self._graphs: dict[tuple[Kind, int], torch.cuda.CUDAGraph] = {}
        self._seen: dict[tuple[Kind, int], int] = {}
        self._inputs: tuple[Tensor, Tensor, Tensor] | None = None

    def __call__(self, state: TrainingState, real: Tensor, z: Tensor, views: Tensor, kind: Kind) -> None:
        """Update the nets."""
        key = (kind, state.progress.rollbacks)
        inputs = self._place(real, z, views)
        if key not in self._graphs:
            self._seen[key] = self._seen.get(key, 0) + 1
            if self._seen[key] <= WARM_UP:
                _beside(lambda: update_nets(state, *inputs, kind))
                return
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):  # records, and does nothing else
                update_nets(state, *inputs, kind)
            self._graphs[key] = graph
        self._graphs[key].replay()

    def _place(self, *given: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Copy tensors to where the graphs read them."""
        if self._inputs is None:
            real, z, views = (torch.empty_like(tensor) for tensor in given)
            self._inputs = real, z, views
        for place, tensor in zip(self._inputs, given, strict=True):
            place.copy_(tensor, non_blocking=True)
        return self._inputs


def _beside(work: Callable[[], None]) -> None:
    """Work on a stream beside the main one, as a recording will."""
    side, main = torch.cuda.Stream(), torch.cuda.current_stream()
    side.wait_stream(main)
    with torch.cuda.stream(side):
        work()
    main.wait_stream(side)
