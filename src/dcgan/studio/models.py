"""The models of the studio's folder, by name, and the queue that draws with them."""

from pathlib import Path

from anyio.to_thread import run_sync

from dcgan.loading import load
from dcgan.model import Model
from dcgan.model_folder import find
from dcgan.studio.contents import model_path
from dcgan.studio.draw_queue import DrawQueue


class Models:
    """Loads each model when it is first asked for.

    Args:
        folder: Where models are.
        device: Where to compute.
        queue: Draws with them.
    """

    def __init__(self, folder: Path, device: str, queue: DrawQueue) -> None:
        self.folder = folder
        self.queue = queue
        self._device = device

    async def find(self, name: str) -> Path:
        """The folder of a model by the name that the page has for it.

        Raises:
            ModelError: There is none.
            UsageError: It is outside the folder.
        """
        return await run_sync(find, model_path(self.folder, name))

    async def get(self, name: str) -> Model:
        """A model by the name that the page has for it.

        Raises:
            ModelError: There is none, or it is broken.
            UsageError: It is outside the folder.
        """
        found = await self.find(name)
        changed = (await run_sync((found / "model.json").stat)).st_mtime_ns
        return await self.queue.model((found, changed), lambda: load(found, self._device))
