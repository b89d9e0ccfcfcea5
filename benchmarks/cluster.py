"""What `--engine ray` costs and brings: pictures a second of one machine and of clusters of one-core machines.

    python -m benchmarks.cluster --machines 1 2

The machines are raylets of this one, so there must be as many cores as machines. Photographs are clouds of 256 x 256 as
JPEGs, the size of LSUN's. The last line is what the machine that runs the command does for each picture: it reads each
shard once for the fingerprint and writes the index. So it says how many cores one such machine can keep busy.
"""

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.deduplicate_speed import clouds
from PIL import Image

import dcgan
from dcgan.data.packed import PackedSet
from dcgan.data.packed_writer import write_packed_set


def write(folder: Path, count: int, side: int) -> None:
    """Write JPEGs."""
    folder.mkdir()
    for number, picture in enumerate(picture for some in clouds(count, side) for picture in some):
        Image.fromarray(picture).save(folder / f"{number}.jpg", quality=75)


def rate(photos: Path, out: Path, count: int, **how: Any) -> float:
    """Pictures prepared in a second."""
    began = time.monotonic()
    dcgan.prepare(photos, out, **how)
    return count / (time.monotonic() - began)


def on_cluster(machines: int, photos: Path, out: Path, count: int) -> float:
    """The same on a cluster, which is started before and stopped after."""
    import ray
    from ray.cluster_utils import Cluster

    one: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 10**8}
    cluster = Cluster(initialize_head=True, head_node_args=one | {"include_dashboard": False})
    for _ in range(machines - 1):
        cluster.add_node(**one)
    os.environ["RAY_ADDRESS"] = cluster.address
    rate(photos, out / "first", count, engine="ray")  # starts the processes
    measured = rate(photos, out / "second", count, engine="ray")
    ray.shutdown()
    cluster.shutdown()
    return measured


def assembling(packed: Path, place: Path) -> float:
    """Pictures a second that the writer takes over as shards, after they were read once."""
    began, copies, seconds = time.monotonic(), 20, 0.0
    with write_packed_set(place / "assembled", size=64, channels=3) as writer:
        for number in range(copies):
            shard = shutil.copytree(packed, place / str(number))
            began = time.monotonic()
            writer.append(PackedSet.open(shard))
            seconds += time.monotonic() - began
        began = time.monotonic()
        writer.finish("shards", {}, {})
        seconds += time.monotonic() - began
        return writer.count / seconds


def main() -> None:
    """Print a line for each engine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--count", type=int, default=20_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        write(place / "photos", args.count, 256)
        for workers in args.machines:
            local = rate(place / "photos", place / f"local {workers}", args.count, workers=workers)
            print(f"local, {workers} workers: {local:,.0f} pictures/s", flush=True)
        for machines in args.machines:
            ray = on_cluster(machines, place / "photos", place / f"ray {machines}", args.count)
            print(f"ray, {machines} machines of one core: {ray:,.0f} pictures/s", flush=True)
        print(f"assembling shards: {assembling(place / f'local {args.machines[0]}', place / 'shards'):,.0f} pictures/s")


if __name__ == "__main__":
    main()
