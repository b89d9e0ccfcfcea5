"""The folder of a model: where it is, its card and its tensors; all of it verified by checksums.

No pickle is read or written: loading a stranger's model runs no code.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import get_args

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from dcgan.errors import ModelError, UsageError
from dcgan.files import RUN_FILE, parse_json, sha256
from dcgan.hub_cache import download, is_hub_name, parse_hub_name
from dcgan.types import DType

FORMAT = 2
CARD = "model.json"
NETS = ("generator", "discriminator")
OWN_CONCEPTS = "concepts.toml"  # that a model folder may bring along
FORGOTTEN = "forgotten"  # in a card: the edits that were made to the generator
BEST = "best"  # in place of a checkpoint's name: the best of its run
SHIPPED = Path(__file__).parent / "models"  # those that come with dcgan, called by their names


def find(path: str | Path) -> Path:
    """The model folder that `path` means.

    That is itself, in a run the one that has seen most, one that comes with dcgan, or, of hf://OWNER/NAME[@REVISION],
    that in the Hub's cache, where it is downloaded to.

    Raises:
        ModelError: There is none.
    """
    if is_hub_name(path):
        return download(parse_hub_name(path), CARD, [f"{net}.safetensors" for net in NETS], [OWN_CONCEPTS])
    path = Path(path)
    try:
        path.exists()
    except OSError as error:  # too long for a name
        raise ModelError(f"no model has such a path: {error.strerror}") from error
    if path.is_symlink() and (path / CARD).is_file():  # RUN/best
        return path.parent / path.readlink()
    if (path / CARD).is_file():
        return path
    if path.name == BEST and not path.exists() and (path.parent / "checkpoints").is_dir():
        best = best_checkpoint(path.parent)
        if best is None:
            raise ModelError(
                f"no model at {path}: {path.parent} has no complete checkpoint that was measured; name {path.parent} "
                "itself for its newest"
            )
        return best
    candidates = _models_of_run(path)
    if not candidates and (shipped := find_shipped(str(path))) and not (path / RUN_FILE).exists():
        return shipped  # also where a folder of that name has something else, such as pictures of faces
    if not path.exists():
        names = ", ".join(sorted(card.parent.name for card in SHIPPED.glob(f"*/{CARD}")))
        raise ModelError(f"no model at {path}: the folder does not exist; models that come with dcgan: {names}")
    if not candidates:
        raise ModelError(
            f"no model at {path}: neither a model ({CARD}) nor a run with checkpoints; "
            "name a run of `dcgan train`, one of its checkpoints, or a model folder"
        )
    return max(candidates, key=lambda folder: (_rank(folder), folder.name == "model"))


def find_shipped(name: str) -> Path | None:
    """The folder of the model of that name that comes with dcgan, if there is one."""
    return SHIPPED / name if Path(name).name == name and (SHIPPED / name / CARD).is_file() else None


def holds_model(folder: Path) -> bool:
    """Whether a folder is a model, or a run that has one."""
    return (folder / CARD).is_file() or bool(_models_of_run(folder))


def _models_of_run(run: Path) -> list[Path]:
    return [card.parent for card in (*run.glob(f"model/{CARD}"), *run.glob(f"checkpoints/[0-9]*/{CARD}"))]


def best_checkpoint(run: Path) -> Path | None:
    """Of a run's checkpoints the one with the least kernel distance, if any was measured (`evaluate_every`).

    Distances that were measured otherwise than that of the newest one (another extractor, other numbers of pictures)
    are not compared with it. Healthy checkpoints go before collapsed ones, and damaged ones are passed over.
    """
    return next(reversed(best_checkpoints(run).values()), None)


def best_checkpoints(run: Path) -> dict[str, Path]:
    """The best checkpoint of each way of measuring; the way of the newest one comes last."""
    candidates: dict[str, list[tuple[bool, float, Path]]] = {}
    for folder in sorted((card.parent for card in run.glob(f"checkpoints/[0-9]*/{CARD}")), key=_rank):
        with suppress(ModelError):
            card = read_card(folder)
            distance, progress = card.get("kernel_distance"), card.get("progress")
            mean = distance.get("mean") if isinstance(distance, dict) else None
            if isinstance(distance, dict) and isinstance(mean, float) and isfinite(mean):
                collapsed = isinstance(progress, dict) and progress.get("healthy") is False
                how = str(distance.get("measured"))
                candidates[how] = [*candidates.pop(how, []), (collapsed, mean, folder)]
    best = {how: [folder for *_, folder in sorted(found)] for how, found in candidates.items()}
    whole = {how: next(filter(is_whole, folders), None) for how, folders in best.items()}
    return {how: folder for how, folder in whole.items() if folder}


def is_whole(folder: Path) -> bool:
    """Whether all files of a model folder are those that were written."""
    try:
        digests = read_card(folder).get("sha256")
        return (
            isinstance(digests, dict)
            and {f"{net}.safetensors" for net in NETS} <= digests.keys()
            and all(Path(name).name == name and sha256(folder / name) == digest for name, digest in digests.items())
        )
    except (ModelError, OSError):
        return False


def read_card(folder: Path) -> dict[str, object]:
    """The content of a model's `model.json`.

    Raises:
        ModelError: It is missing, no JSON, or of another format.
    """
    try:
        card = parse_json((folder / CARD).read_text("utf-8"))
    except OSError as error:
        raise ModelError(f"cannot read {folder / CARD}: {error.strerror}") from error
    except ValueError as error:
        raise ModelError(f"{folder / CARD} is damaged: {error}") from error
    if not isinstance(card, dict) or type(card.get("format")) is not int or card["format"] < 1:
        raise ModelError(f"{folder / CARD} is not a model card")
    if card["format"] != FORMAT:
        remedy = "update dcgan" if card["format"] > FORMAT else "it was written by an earlier dcgan: train it again"
        raise ModelError(f"{folder} has model format {card['format']}; this dcgan reads format {FORMAT}: {remedy}")
    return card


def check_dtype(dtype: str) -> None:
    """Refuse a type that numbers are not kept in.

    Raises:
        UsageError: It is neither float32 nor float16.
    """
    if dtype not in get_args(DType):
        raise UsageError(f"`dtype` must be float32 or float16, not {dtype!r}")


def write_model(
    folder: Path, generator: nn.Module, discriminator: nn.Module, card: Mapping[str, object], dtype: DType
) -> None:
    """Write the tensors of both nets into a folder that is being made, and their card with format and checksums.

    Args:
        folder: Where to.
        generator: Its state goes to `generator.safetensors`.
        discriminator: Its state goes to `discriminator.safetensors`.
        card: What the nets are, and what is known of their making.
        dtype: "float16" rounds the weights to half precision; the few numbers of batch norm stay as they are.

    Raises:
        UsageError: There is no such `dtype`.
        ModelError: Weights are too large for "float16".
        OSError: The disk is full, or a file cannot be written.
    """
    check_dtype(dtype)
    files = [folder / f"{net}.safetensors" for net in NETS]
    for net, file in zip((generator, discriminator), files, strict=True):
        tensors = net.state_dict()
        if dtype == "float16":
            tensors = {name: _rounded(name, tensor) for name, tensor in tensors.items()}
        write_tensors(tensors, file)
    whole = {"format": FORMAT, **card, "sha256": {file.name: sha256(file) for file in files}}
    (folder / CARD).write_text(json.dumps(whole, indent=2) + "\n", "utf-8")


def _rounded(name: str, tensor: Tensor) -> Tensor:
    """Weights in half precision; biases, statistics and counters as they are."""
    if tensor.ndim < 2 or not tensor.is_floating_point():
        return tensor
    half = tensor.half()
    if not half.isfinite().all():
        raise ModelError(f"{name} holds weights beyond 65,504, the largest number of float16: write `dtype` float32")
    return half


def write_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write a safetensors file.

    Raises:
        OSError: The disk is full, or the file cannot be written.
    """
    path.write_bytes(save({name: tensor.contiguous() for name, tensor in tensors.items()}))


def read_tensors(path: Path, card: Mapping[str, object]) -> dict[str, Tensor]:
    """The tensors of a safetensors file, after a check of the checksum that `card` has for it.

    Raises:
        ModelError: The file is missing, has changed or is damaged.
    """
    digests = card.get("sha256")
    try:
        if not isinstance(digests, dict) or sha256(path) != digests.get(path.name):
            raise ModelError(
                f"{path} is not the file that was written: its checksum differs; it is damaged or was changed"
            )
        return load_file(path)
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from error
    except (SafetensorError, ValueError) as error:
        raise ModelError(f"{path} is damaged: {error}") from error


def _rank(folder: Path) -> tuple[int, int]:
    """What a run has to show is ordered by its roll-backs, then by the images seen; a broken one comes last."""
    try:
        card = read_card(folder)
    except ModelError:
        return (-1, -1)
    rollbacks, images = card.get("rollbacks", 0), card.get("images", 0)
    return (rollbacks, images) if isinstance(rollbacks, int) and isinstance(images, int) else (-1, -1)
