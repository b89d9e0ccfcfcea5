"""The updates of a step recorded as CUDA graphs: the GPU is given hundreds of kernels in one call."""

from collections.abc import Callable

import torch

from dcgan.training.batches import Batch
from dcgan.training.state import TrainingState
from dcgan.training.step import Update

WARM_UP = 3  # steps run as usual first: libraries choose their algorithms, and memory is laid out

Key = tuple[Update, bool, int]  # an update, with the gradient penalty or not, after so many roll-backs


class GraphReplay:
    """Runs an update by replaying what it did before.

    Each kind of update has a graph of its own, recorded after a few steps of that kind; a roll-back changes the
    learning rate, which is part of the record, so that it begins anew. The batch is copied to where the graph reads.
    """

    def __init__(self) -> None:
        self._graphs: dict[Key, torch.cuda.CUDAGraph] = {}
        self._seen: dict[Key, int] = {}
        self._inputs: Batch | None = None

    def __call__(self, update: Update) -> Update:
        """The update, replayed."""

        def replay(state: TrainingState, batch: Batch, penalize: bool) -> None:
            self._run(update, state, batch, penalize)

        return replay

    def _run(self, update: Update, state: TrainingState, batch: Batch, penalize: bool) -> None:
        key = (update, penalize, state.progress.rollbacks)
        inputs = self._copied(batch)
        if key not in self._graphs:
            self._seen[key] = self._seen.get(key, 0) + 1
            if self._seen[key] <= WARM_UP:
                _on_side_stream(lambda: update(state, inputs, penalize))
                return
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):  # records, and does nothing else
                update(state, inputs, penalize)
            self._graphs[key] = graph
        self._graphs[key].replay()

    def _copied(self, batch: Batch) -> Batch:
        """The batch where the graphs read it."""
        tensors = batch.real, batch.z, batch.augment_noise
        if self._inputs is None:
            self._inputs = Batch(*(torch.empty_like(tensor) for tensor in tensors))
        for target, tensor in zip(
            (self._inputs.real, self._inputs.z, self._inputs.augment_noise), tensors, strict=True
        ):
            target.copy_(tensor, non_blocking=True)
        return self._inputs


def _on_side_stream(work: Callable[[], None]) -> None:
    """Work on a stream beside the main one, as a recording will."""
    side, main = torch.cuda.Stream(), torch.cuda.current_stream()
    side.wait_stream(main)
    with torch.cuda.stream(side):
        work()
    main.wait_stream(side)
