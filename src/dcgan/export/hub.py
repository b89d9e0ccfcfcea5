"""A model on the Hugging Face Hub: its folder, a sheet of samples and a model card, in one commit."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from dcgan.atomic_files import temporary_folder
from dcgan.errors import ModelError, UsageError
from dcgan.export.model_card import SHEET, model_card
from dcgan.export.own_concepts import copy_concepts
from dcgan.figures.sheets import save_picture, sheet
from dcgan.hub_cache import HubName, hub_errors, parse_hub_name
from dcgan.loading import load
from dcgan.model import Model
from dcgan.model_folder import OWN_CONCEPTS
from dcgan.types import DType

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

CARD = "README.md"  # as the Hub wants it
_MADE_WITH_A_REPOSITORY = {".gitattributes"}
_LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]*")


@dataclass(frozen=True)
class Pushed:
    """A model that was published.

    Attributes:
        name: hf://OWNER/NAME, which stands for the model wherever one is named.
        url: Of its page.
        commit: On the Hub; hf://OWNER/NAME@COMMIT is this very model for ever.
        bytes: Of all its files.
        private: Whether only its owner sees it.
        concepts: Whether the concepts of the model came along: False if they are another model's, None if it has none.
    """

    name: str
    url: str
    commit: str
    bytes: int
    private: bool
    concepts: bool | None


def push(
    model: Model | str | Path,
    repository: str,
    *,
    private: bool = False,
    license: str | None = None,  # noqa: A002  # as the Hub calls it
    message: str = "A model of dcgan",
    overwrite: bool = False,
) -> Pushed:
    """Publish a model on the Hugging Face Hub, where hf://OWNER/NAME then names it.

    The commit has the two nets as safetensors, `model.json`, the model's concepts if it has some, a sheet of samples
    if it draws some, and a model card. Concepts that rest on latent vectors in other files (.npz) are written with
    these in them. Weights that were rounded to half precision stay so.

    Args:
        model: A `Model`, or the path or name of one.
        repository: OWNER/NAME: a user or an organization, and what to call the model. Made if it is not there yet.
        private: Make it for its owner alone.
        license: The Hub's identifier of a license, such as "mit" or "cc-by-4.0". By default the card states none.
        message: Of the commit.
        overwrite: Replace the files of a repository that has some; they stay in its history.

    Raises:
        UsageError: The name or the license is none, or `private` is asked of a public repository.
        ModelError: There is no such model, nobody is logged in, the repository holds files, access is denied, or the
            Hub cannot be reached.
        LatentError: The file of its concepts is damaged, or rests on a file that cannot be read.

    Example:
        >>> dcgan.push("runs/photos", "me/photos", license="cc0-1.0").url
    """
    name = parse_hub_name(repository)
    if name.revision:
        raise UsageError(f"`repository` {repository}: a push makes a new revision; leave @{name.revision} out")
    if license is not None and not _LICENSE.fullmatch(license):
        raise UsageError(f"`license` must be an identifier of the Hub, such as mit, cc0-1.0 or other, not {license!r}")
    existing = _existing(name)
    there = {file.rfilename for file in (existing and existing.siblings) or ()}
    if there - _MADE_WITH_A_REPOSITORY and not overwrite:
        raise ModelError(
            f"{name} holds files already; choose another name, or replace them with `overwrite` (history keeps them)"
        )
    if existing and private and not existing.private:
        raise UsageError(f"`private`: {name} is public; make it private in its settings on the Hub, or name another")
    loaded = model if isinstance(model, Model) else load(model, "cpu")
    with temporary_folder("push") as folder:
        concepts = _write(loaded, folder, name, license)
        files = sorted(folder.iterdir())
        with hub_errors(name):
            from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

            api = HfApi(library_name="dcgan")
            if not existing:
                api.create_repo(name.repository, private=private, exist_ok=True)
            stale = there & {OWN_CONCEPTS} - {file.name for file in files}  # those of the model that was there
            operations: list[CommitOperationAdd | CommitOperationDelete] = [
                *(CommitOperationAdd(file.name, file) for file in files),
                *(CommitOperationDelete(file) for file in stale),
            ]
            commit = api.create_commit(name.repository, operations, commit_message=message)
        size = sum(file.stat().st_size for file in files)
    is_private = bool(existing.private) if existing else private
    return Pushed(str(name), f"{api.endpoint}/{name.repository}", commit.oid, size, is_private, concepts)


def _existing(name: HubName) -> "ModelInfo | None":
    """The repository if it is there; first of all whether somebody is logged in who may ask."""
    with hub_errors(name):
        from huggingface_hub import HfApi, get_token
        from huggingface_hub.errors import RepositoryNotFoundError

        if get_token() is None:
            raise ModelError("you are not logged in to the Hub: run `hf auth login` with a token that may write")
        try:
            return HfApi(library_name="dcgan").model_info(name.repository)
        except RepositoryNotFoundError:
            return None


def _write(model: Model, folder: Path, name: HubName, license: str | None) -> bool | None:  # noqa: A002
    """Fill the folder of a commit; return what `copy_concepts` does."""
    model.write_into(folder, dtype=_dtype(model))
    concepts = copy_concepts(model, folder)
    if model.draws:
        save_picture(sheet(model.sample(range(64))), folder / SHEET)
    (folder / CARD).write_text(model_card(model, name.repository, license), "utf-8")
    return concepts


def _dtype(model: Model) -> DType:
    """float16 for weights that lose nothing by it."""
    nets = (model.generator, model.discriminator)
    weights = [tensor for net in nets for tensor in net.state_dict().values() if tensor.ndim > 1]
    return "float16" if all(torch.equal(weight, weight.half().to(weight.dtype)) for weight in weights) else "float32"
