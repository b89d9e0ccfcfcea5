"""Work on a cluster of two machines, here two raylets of one: the results are those of one machine, to the byte."""

import io
import os
import signal
import socket
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tests.curation.scenes import scenes
from tests.data.pictures import JPEG, encoded
from tests.toy_model import toy_model

import dcgan
from dcgan import cluster
from dcgan.cli import app
from dcgan.cluster import map_on_cluster
from dcgan.data.items import Item, Skipped, Source
from dcgan.data.packed import PackedSet
from dcgan.data.packing import Workforce, shards_of
from dcgan.data.prepare import prepare
from dcgan.data.sharded_pixels import ShardedPixels
from dcgan.data.sources import open_source
from dcgan.errors import DcganError, SourceError, UsageError
from dcgan.features.files import save_features

SMALL = dcgan.PrepareOptions(size=16)
MACHINE: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 10**8}
PORTRAIT = Path(__file__).parent / "curation" / "astronaut.jpg"


@pytest.fixture(scope="module")
def two_machines() -> Iterator[None]:
    import ray
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_worker_niceness", "0")  # by default the tests beside it leave a cluster hardly any time
        machines = Cluster(initialize_head=True, head_node_args=MACHINE | {"include_dashboard": False})
        machines.add_node(**MACHINE)
        patch.setenv("RAY_ADDRESS", machines.address)
        yield
    ray.shutdown()
    machines.shutdown()


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("dcgan.data.packing.FEWEST", 8)  # items of a shard
    torch.set_num_threads(1)


def photos(folder: Path, count: int = 40) -> Path:
    """Pictures in two folders; the first dozen is gray, and each seventh is broken."""
    for number, pixels in enumerate(scenes(count)):
        file = folder / "ab"[number % 2] / f"{number:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(pixels).convert("L" if number < 12 else "RGB")
        picture.save(file)
        if number % 7 == 3:
            file.write_bytes(file.read_bytes()[:100])
    return folder


def check_same(one: Path, other: Path, *further: str) -> PackedSet:
    """Check that two packed sets are the same; the second, which must have shards."""
    local, sharded = PackedSet.open(one), PackedSet.open(other)
    assert isinstance(sharded.pixels, ShardedPixels)
    assert len(sharded.pixels.shards) > 1
    assert sharded.fingerprint == local.fingerprint
    assert np.array_equal(sharded.pixels, local.pixels)
    for file in ("index.parquet", "skipped.csv", *further):
        assert (other / file).read_bytes() == (one / file).read_bytes()
    assert not (other / "shards").exists()
    sharded.verify()
    return sharded


@pytest.mark.usefixtures("two_machines")
def test_a_set_prepared_on_a_cluster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = photos(tmp_path / "photos")
    local = prepare(source, tmp_path / "local", SMALL)
    seen: list[tuple[int, int | None]] = []
    report = prepare(source, tmp_path / "sharded", SMALL, lambda *done: seen.append(done), engine="ray")
    assert check_same(tmp_path / "local", tmp_path / "sharded").channels == 3
    assert (report.used, report.skipped, report.examples) == (local.used, local.skipped, local.examples)
    assert seen[-1] == (40, 40)
    app(["prepare", str(source), str(tmp_path / "again"), "--size", "16", "--engine", "ray", "--limit", "30"])
    assert "30 of 3" in capsys.readouterr().out
    prepare(source, tmp_path / "some", dcgan.PrepareOptions(size=16, limit=30))
    check_same(tmp_path / "some", tmp_path / "again")


@pytest.mark.usefixtures("two_machines")
def test_archives_that_each_machine_reads_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        with tarfile.open(tmp_path / f"{number}.tar", "w") as archive:
            for name in ("x.jpg", "y.jpg"):
                content = encoded(Image.new("RGB", (20, 20), (90 * number, 10, 0)), "JPEG")
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    monkeypatch.chdir(tmp_path)  # of which the names are relative
    parts = list(shards_of(open_source("{0..2}.tar")))
    assert [isinstance(part, Source) for part in parts] == [True] * 3
    prepare("{0..2}.tar", "local", SMALL)
    prepare("{0..2}.tar", "sharded", SMALL, engine="ray")
    check_same(tmp_path / "local", tmp_path / "sharded")


class Given:
    """A source of the items given."""

    description = "given items"

    def __init__(self, items: Sequence[Item]) -> None:
        self.items, self.total = items, len(items)
        self.ignored: dict[str, int] = {}

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)


@dataclass(frozen=True)
class KillsItsMachinesProcess:
    """A stored picture: who reads it first loses the process that gave it the work."""

    marker: str

    def read(self) -> bytes | Skipped:
        if not Path(self.marker).exists():
            Path(self.marker).touch()
            os.kill(os.getppid(), signal.SIGKILL)
        return JPEG


@pytest.mark.usefixtures("two_machines")
def test_the_work_of_a_process_that_is_killed_is_done_again(tmp_path: Path) -> None:
    pictures = photos(tmp_path / "photos")
    items = list(open_source(pictures))
    items[13] = Item("13", KillsItsMachinesProcess(str(tmp_path / "killed")))
    prepare(Given(items), tmp_path / "sharded", SMALL, engine="ray")
    assert (tmp_path / "killed").exists()
    prepare(Given(items), tmp_path / "local", SMALL)
    check_same(tmp_path / "local", tmp_path / "sharded")


@pytest.mark.usefixtures("two_machines")
def test_faces_found_on_a_cluster(tmp_path: Path) -> None:
    with Image.open(PORTRAIT) as portrait:
        for number in range(12):
            (tmp_path / "photos").mkdir(exist_ok=True)
            portrait.rotate(number).save(tmp_path / "photos" / f"{number:02}.jpg", quality=60 + 3 * number)
    Image.fromarray(scenes(1, 100)[0]).save(tmp_path / "photos" / "nobody.png")
    local = dcgan.crop_faces(tmp_path / "photos", tmp_path / "local")
    report = dcgan.crop_faces(tmp_path / "photos", tmp_path / "sharded", engine="ray")
    check_same(tmp_path / "local", tmp_path / "sharded")
    assert report.facts() | {"path": "", "seconds": 0} == local.facts() | {"path": "", "seconds": 0}
    assert report.figure().tobytes() == local.figure().tobytes()


@pytest.mark.usefixtures("two_machines")
def test_duplicates_left_out_on_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = photos(tmp_path / "photos")
    (source / "a" / "copy.png").write_bytes((source / "a" / "20.png").read_bytes())
    monkeypatch.setattr("dcgan.curation.deduplicate._ENCODED_AT_ONCE", 8)
    dcgan.deduplicate(source, tmp_path / "local", size=32)
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "another"))
    dcgan.deduplicate(source, tmp_path / "other", size=32, engine="ray")
    files = ["index.parquet", "groups.parquet", "codes.npy", "autoencoder.safetensors", "pixels.npy"]
    for file in files:
        assert (tmp_path / "other" / file).read_bytes() == (tmp_path / "local" / file).read_bytes()
    (prepared,) = (path for path in (tmp_path / "another").iterdir() if path.is_dir())
    assert isinstance(PackedSet.open(prepared).pixels, ShardedPixels)


@pytest.mark.usefixtures("two_machines")
def test_features_extracted_on_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = toy_model()
    np.save(tmp_path / "pictures.npy", model.sample(range(300)))
    monkeypatch.setattr("dcgan.features.extract._ROWS_OF_CALL", 128)
    local = dcgan.extract_features(model, tmp_path / "pictures.npy")
    found = dcgan.extract_features(model, tmp_path / "pictures.npy", engine="ray")
    assert np.array_equal(found.features, local.features)
    save_features(model, tmp_path / "pictures.npy", tmp_path / "features.npy", engine="ray")
    assert np.array_equal(np.load(tmp_path / "features.npy"), local.features)
    with pytest.raises(UsageError, match="`device` must be cpu with `engine` ray, not cuda"):
        dcgan.extract_features(model, tmp_path / "pictures.npy", engine="ray", device="cuda")


@pytest.mark.usefixtures("two_machines")
def test_what_a_machine_cannot_see_is_named_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = photos(tmp_path / "photos", 10)
    monkeypatch.setattr("dcgan.data.prepare.place_of", lambda *_: tmp_path / "elsewhere")
    with pytest.raises(DcganError, match=r"cannot see .*elsewhere: all machines of the cluster must share it"):
        prepare(source, tmp_path / "out", SMALL, engine="ray")
    assert {path.name for path in tmp_path.iterdir()} == {"photos"}


@pytest.mark.usefixtures("two_machines")
def test_errors_of_a_call_are_those_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match="no such file"):
        list(map_on_cluster(open_source, [("nowhere",)]))
    monkeypatch.setattr(dcgan, "__version__", "99", raising=False)
    with pytest.raises(DcganError, match=r"has dcgan \d.*, and this machine has 99: install the same"):
        list(map_on_cluster(pow, [(1, 2)]))
    monkeypatch.undo()
    monkeypatch.setattr(cluster, "TRIES", 1)
    with pytest.raises(DcganError, match="failed 2 times, the last time with: The worker died"):
        list(map_on_cluster(os._exit, [(1,)]))


@pytest.mark.usefixtures("two_machines")
def test_sigterm_ends_the_command_as_without_a_cluster() -> None:
    import ray

    ray.shutdown()  # the test before had connected
    former = signal.getsignal(signal.SIGTERM)
    assert list(map_on_cluster(pow, [(2, 3)])) == [8]
    assert signal.getsignal(signal.SIGTERM) == former


@pytest.mark.usefixtures("two_machines")
def test_results_come_in_the_order_of_the_calls_and_few_are_under_way() -> None:
    taken: list[int] = []

    def calls() -> Iterator[tuple[int]]:
        for number in range(20):
            taken.append(number)
            yield (number,)

    results = map_on_cluster(pow, calls(), (2,))
    assert [next(results), next(results)] == [0, 1]
    assert len(taken) <= 7
    assert list(results) == [number**2 for number in range(2, 20)]


def test_an_engine_that_cannot_be_used_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="`engine` must be local or ray, not 'spark'"):
        Workforce(engine="spark")  # type: ignore[arg-type]
    monkeypatch.setattr(cluster, "find_spec", lambda _: None)
    with pytest.raises(DcganError, match=r"needs the extra: pip install 'dcgan\[cluster\]'"):
        prepare(tmp_path, tmp_path / "out", engine="ray")


def test_a_cluster_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setenv("RAY_ADDRESS", "nonsense")
    with pytest.raises(DcganError, match=r"no cluster answers at RAY_ADDRESS=nonsense, .*ray start --head"):
        prepare(tmp_path, tmp_path / "out", engine="ray")
    with socket.socket() as bound:  # but nothing listens there
        bound.bind(("127.0.0.1", 0))
        address = "127.0.0.1:{1}".format(*bound.getsockname())
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(DcganError, match=f"no cluster answers at RAY_ADDRESS={address}, "):
            prepare(tmp_path, tmp_path / "out", engine="ray")
