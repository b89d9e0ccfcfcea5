"""Readers against damaged and hostile files: none may crash, hang, or take more than 512 MB.

    python -m benchmarks.fuzz --minutes 5
    python -m benchmarks.fuzz --minutes 1 --kinds zip pickle --seed 7

For each kind of file a small honest one is made; then bytes are flipped, cut out, repeated, moved, or set to extremes,
in a place or two or in many, and what comes out is handed to the reader that a user would hand it to. A reader may use
what it can or refuse with a `DcganError`; anything else counts as a fault, and the file is kept in the folder --keep.
Each kind is read in a process of its own, whose memory is limited, so that a crash is noticed and counted too.
"""

import argparse
import faulthandler
import gzip
import io
import json
import multiprocessing
import pickle
import resource
import struct
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from PIL import Image

MEMORY = 512 << 20  # bytes beyond what the process has when it begins
SECONDS = 20.0  # that one file may take
KEPT = 5  # files that made a fault, of each kind
SIDE = 16
EXTREMES = (b"\0", b"\xff", b"\x7f\xff\xff\xff", b"\xff" * 4, b"\xff" * 8, b"\0" * 8, b"9" * 40, b"[" * 3000)


@dataclass(frozen=True)
class Kind:
    """A kind of file: its name on disk, an honest one, and the reader."""

    name: str
    make: Callable[[], bytes]
    read: Callable[[Path], object]


def pictures() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A few pictures."""
    return np.random.default_rng(0).integers(0, 256, (4, SIDE, SIDE, 3), np.uint8)


def encoded(kind: str) -> bytes:
    """One picture as a file."""
    from dcgan.data.opening import has_decoder

    for optional in ("HEIC", "JPEG XL"):
        has_decoder(optional)
    content = io.BytesIO()
    Image.fromarray(pictures()[0]).save(content, kind)
    return content.getvalue()


def parquet() -> bytes:
    """A table of pictures."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = io.BytesIO()
    pq.write_table(pa.table({"image": [encoded("PNG"), encoded("JPEG")], "label": [0, 1]}), content)
    return content.getvalue()


def lmdb() -> bytes:
    """The file of an LMDB environment of pictures."""
    import lmdb

    with tempfile.TemporaryDirectory() as folder:
        with lmdb.open(folder, map_size=1 << 20) as environment, environment.begin(write=True) as transaction:
            for kind in ("PNG", "JPEG"):
                transaction.put(kind.encode(), encoded(kind))
        return (Path(folder) / "data.mdb").read_bytes()


def video() -> bytes:
    """A short film."""
    from dcgan.figures.video import write_video

    with tempfile.TemporaryDirectory() as folder:
        write_video(iter(pictures()), Path(folder) / "a.mp4", 10)
        return (Path(folder) / "a.mp4").read_bytes()


def npy() -> bytes:
    """An array file."""
    content = io.BytesIO()
    np.save(content, pictures())
    return content.getvalue()


def npz() -> bytes:
    """Arrays with labels."""
    content = io.BytesIO()
    np.savez(content, images=pictures(), labels=np.arange(4))
    return content.getvalue()


def idx() -> bytes:
    """A file of MNIST, compressed."""
    return gzip.compress(b"\0\0\x08\x03" + struct.pack(">3I", 4, SIDE, SIDE) + pictures()[..., 0].tobytes())


def mat() -> bytes:
    """A file of SVHN."""
    from scipy.io import savemat

    content = io.BytesIO()
    savemat(content, {"X": pictures().transpose(1, 2, 3, 0), "y": np.arange(1, 5)[:, None]})
    return content.getvalue()


def cifar() -> bytes:
    """A batch of CIFAR-10."""
    return pickle.dumps({b"data": np.zeros((4, 3072), np.uint8), b"labels": [0, 1, 2, 3]}, protocol=2)


def zipped() -> bytes:
    """An archive of pictures."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind in ("PNG", "JPEG", "TIFF"):
            archive.writestr(f"folder/{kind}.{kind.lower()}", encoded(kind))
    return content.getvalue()


def tarred() -> bytes:
    """A compressed archive of pictures, with a long name."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for kind in ("PNG", "JPEG"):
            info = tarfile.TarInfo(f"{'folder' * 30}/ä.{kind.lower()}")
            data = encoded(kind)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return content.getvalue()


def model_file(name: str) -> bytes:
    """A file of the model that comes with dcgan."""
    from importlib.resources import files

    return files("dcgan").joinpath("models", "faces", name).read_bytes()


def tensors() -> bytes:
    """Tensors as a model has them."""
    from safetensors.numpy import save

    return bytes(save({"head.weight": np.ones((1, 8), np.float32), "norms.0.bias": np.zeros(8, np.float32)}))


def boxes() -> bytes:
    """Boxes in COCO's format."""
    image = {"id": 1, "file_name": "seed-000001.png", "width": 16, "height": 16}
    return json.dumps({"images": [image], "annotations": [{"image_id": 1, "bbox": [1, 2, 3, 4]}]}).encode()


def prepare(path: Path) -> object:
    """As `dcgan prepare`."""
    from dcgan.data.prepare import prepare as run
    from dcgan.data.prepare_options import PrepareOptions

    with tempfile.TemporaryDirectory() as folder:
        return run(path, Path(folder) / "out", PrepareOptions(size=SIDE), workers=1)


def prepare_beside(path: Path) -> object:
    """As `dcgan prepare` of the folder with the file."""
    return prepare(path.parent)


def load_with(name: str) -> Callable[[Path], object]:
    """A reader of a model of which one file is damaged."""

    def read(path: Path) -> object:
        from dcgan.loading import load

        for own in ("model.json", "generator.safetensors", "discriminator.safetensors"):
            if own != name and not (path.parent / own).exists():
                (path.parent / own).write_bytes(model_file(own))
        return load(path.parent, "cpu")

    return read


def read_tensors(path: Path) -> object:
    """As a model is loaded, but without the checksum that would refuse every change."""
    from dcgan.files import sha256
    from dcgan.model_folder import read_tensors as read

    return read(path, {"sha256": {path.name: sha256(path)}})


def read_recipe(path: Path) -> object:
    """As `--recipe-file`."""
    from dcgan.training.recipe import Recipe, read_toml

    return Recipe().changed(read_toml(path))


def read_concepts(path: Path) -> object:
    """As `--concepts`."""
    from dcgan.latent.concepts import read_concepts as read
    from dcgan.loading import load

    return read(path, load("faces", "cpu"))


def read_boxes(path: Path) -> object:
    """As `--boxes`."""
    from dcgan.dissection.boxes import read_boxes as read

    return read(path, SIDE)


KINDS = {
    "npy": Kind("a.npy", npy, prepare),
    "npz": Kind("a.npz", npz, prepare),
    "idx": Kind("a-images-idx3-ubyte.gz", idx, prepare),
    "mat": Kind("train_32x32.mat", mat, prepare),
    "pickle": Kind("data_batch_1", cifar, prepare),
    "zip": Kind("a.zip", zipped, prepare),
    "tar": Kind("a.tar.gz", tarred, prepare),
    "png": Kind("a.png", lambda: encoded("PNG"), prepare_beside),
    "jpeg": Kind("a.jpg", lambda: encoded("JPEG"), prepare_beside),
    "tiff": Kind("a.tif", lambda: encoded("TIFF"), prepare_beside),
    "webp": Kind("a.webp", lambda: encoded("WEBP"), prepare_beside),
    "gif": Kind("a.gif", lambda: encoded("GIF"), prepare_beside),
    "bmp": Kind("a.bmp", lambda: encoded("BMP"), prepare_beside),
    "avif": Kind("a.avif", lambda: encoded("AVIF"), prepare_beside),
    "heic": Kind("a.heic", lambda: encoded("HEIF"), prepare_beside),
    "jxl": Kind("a.jxl", lambda: encoded("JXL"), prepare_beside),
    "parquet": Kind("a.parquet", parquet, prepare),
    "lmdb": Kind("data.mdb", lmdb, prepare),
    "video": Kind("a.mp4", video, prepare),
    "list": Kind("list.csv", lambda: b"path,label\na.jpg,cat\nb.jpg,dog\n", prepare),
    "model.json": Kind("model.json", lambda: model_file("model.json"), load_with("model.json")),
    "safetensors": Kind(
        "discriminator.safetensors", lambda: model_file("discriminator.safetensors")[:40_000], read_tensors
    ),
    "toml": Kind("recipe.toml", lambda: b'lr = 1e-4\nsize = 32\nloss = "hinge"\naugment = "none"\n', read_recipe),
    "concepts": Kind("concepts.toml", lambda: model_file("concepts.toml"), read_concepts),
    "csv": Kind("boxes.csv", lambda: b"seed,left,top,right,bottom\n1,2,3,4,5\n7,0,0,9.5,9\n", read_boxes),
    "coco": Kind("boxes.json", boxes, read_boxes),
}


def damage(data: bytes, random: np.random.Generator) -> bytes:
    """One of many ways to spoil a file."""
    spoiled = bytearray(data)
    for _ in range(int(random.choice([1, 1, 2, 3, 10, 50]))):
        at = int(random.integers(len(spoiled))) if spoiled else 0
        if random.random() < 0.5:
            at = min(at, int(random.integers(200)))  # headers are where it hurts
        length = int(random.choice([1, 2, 4, 8, 64, 512]))
        match random.integers(6):
            case 0:
                spoiled[at : at + 1] = bytes([spoiled[at] ^ (1 << int(random.integers(8)))]) if spoiled else b""
            case 1:
                spoiled[at : at + length] = random.bytes(length)
            case 2:
                del spoiled[at : at + length]
            case 3:
                spoiled[at:at] = spoiled[at : at + length]
            case 4:
                extreme = EXTREMES[int(random.integers(len(EXTREMES)))]
                spoiled[at : at + (len(extreme) if random.random() < 0.7 else 0)] = extreme
            case _:
                del spoiled[at + int(random.integers(len(spoiled) + 1)) :]
    return bytes(spoiled)


def serve(name: str, orders: Connection) -> None:
    """In a process of its own: read each file that is sent, and answer what came of it."""
    faulthandler.disable()
    from dcgan.errors import DcganError
    from dcgan.progress import in_notebook

    in_notebook()
    kind = KINDS[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sub" / kind.name
        path.parent.mkdir()
        path.write_bytes(kind.make())
        with suppress(DcganError):
            kind.read(path)  # what it imports is there before memory is limited
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        while (data := orders.recv()) is not None:
            path.write_bytes(data)
            try:
                kind.read(path)
                orders.send("used")
            except DcganError as error:
                orders.send("refused" if "\n" not in str(error) else f"fault: a message of lines: {error}")
            except BaseException as error:  # whatever comes is what is looked for
                orders.send(f"fault: {type(error).__name__}: {error}")


class Reader:
    """The process that reads one kind; started again when it died."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.start()

    def start(self) -> None:
        """Start it."""
        context = multiprocessing.get_context("spawn")
        self.end, child = context.Pipe()
        self.process = context.Process(target=serve, args=(self.name, child), daemon=True)
        self.process.start()
        child.close()

    def read(self, data: bytes) -> str:
        """What came of a file."""
        try:
            self.end.send(data)
            if self.end.poll(SECONDS + 60):  # the first one waits for imports
                return str(self.end.recv())
            outcome = f"fault: no answer in {SECONDS:g} s"
            self.process.kill()
        except (EOFError, OSError):
            self.process.join()
            outcome = f"fault: the process died with status {self.process.exitcode}"
        self.start()
        return outcome


def print_row(name: str, counts: Mapping[str, int]) -> None:
    """A line of the table."""
    columns = f"{counts['used']:>7,} {counts['refused']:>8,} {counts['fault']:>7,}"
    print(f"{name:<12} {sum(counts.values()):>7,} {columns}", flush=True)


def main() -> None:
    """Read damaged files and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0, help="in all")
    parser.add_argument("--kinds", nargs="+", choices=tuple(KINDS), default=tuple(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-faults"), help="folder for files that made a fault")
    arguments = parser.parse_args()
    print(f"{'kind':<12} {'files':>7} {'used':>7} {'refused':>8} {'faults':>7}")
    totals = dict.fromkeys(("used", "refused", "fault"), 0)
    for number, name in enumerate(arguments.kinds):
        reader, honest = Reader(name), KINDS[name].make()
        random = np.random.default_rng([arguments.seed, number])
        counts = dict.fromkeys(totals, 0)
        until = time.monotonic() + 60 * arguments.minutes / len(arguments.kinds)
        while time.monotonic() < until:
            data = damage(honest, random)
            outcome = reader.read(data)
            counts[outcome.partition(":")[0]] += 1
            if outcome.startswith("fault") and counts["fault"] <= KEPT:
                file = arguments.keep / f"{name}-{counts['fault']}" / KINDS[name].name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
                print(f"  {file}: {outcome}"[:300], flush=True)
        reader.process.kill()
        print(
            f"{name:<12} {sum(counts.values()):>7,} {counts['used']:>7,} {counts['refused']:>8,} {counts['fault']:>7,}"
        )
        totals = {outcome: totals[outcome] + count for outcome, count in counts.items()}
    print_row("all", totals)


if __name__ == "__main__":
    main()
