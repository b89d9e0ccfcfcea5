"""Is a run that was killed at random moments, and resumed, bit-identical to one that was not?

    python -m benchmarks.kills
    python -m benchmarks.kills --kills 100 --seed 7

Trains once to the end; then again, with `kill -9` at random moments: while it starts, while it trains, while it writes.
Each time it goes on by `dcgan train --resume`. At the end every tensor file of the last checkpoint and of the model is
compared with that of the first run.
"""

import argparse
import hashlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

IMAGES = 8_000
RECIPE = ["--size", "32", "--base-channels", "8", "--images", str(IMAGES), "--threads", "1"]
CADENCE = ["--sheet-every", "640", "--checkpoint-every", "64", "--keep", "2"]
STARTING, WRITING = 0.2, 0.4  # shares of the kills that come while the process starts, and while it writes


def dcgan(*arguments: str) -> subprocess.Popen[bytes]:
    """Start a verb."""
    command = [sys.executable, "-m", "dcgan", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def progress(run: Path) -> int:
    """Images seen by the newest checkpoint."""
    return max((int(path.name[:10]) for path in (run / "checkpoints").glob("[0-9]*")), default=-1)


def digests(run: Path) -> dict[str, str]:
    """SHA-256 of every tensor file of the final model and the last checkpoint."""
    last = run / "checkpoints" / f"{progress(run):010d}"
    files = sorted([*(run / "model").glob("*.safetensors"), *last.glob("*.safetensors")])
    return {str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait until the condition holds or the process has ended."""
    while not condition() and process.poll() is None:
        time.sleep(0.0005)


def is_writing(run: Path) -> bool:
    """Whether a checkpoint is half-written at this moment."""
    return any((run / "checkpoints").glob(".*.partial-*"))


def kill_somewhere(process: subprocess.Popen[bytes], run: Path, goal: int, moments: random.Random) -> bool:
    """Kill the process at a random moment after its newest checkpoint has reached `goal`; False if it ended before."""
    kind = moments.random()
    if kind < STARTING:
        time.sleep(moments.uniform(0.5, 5))
    else:
        wait_for(lambda: progress(run) >= goal, process)
        if kind < STARTING + WRITING:
            wait_for(lambda: is_writing(run), process)
            time.sleep(moments.uniform(0, 0.01))
        else:
            time.sleep(moments.uniform(0, 0.5))
    if process.poll() is not None:
        return False
    process.send_signal(signal.SIGKILL)
    process.wait()
    return True


def main() -> None:
    """Kill, resume, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        faces, whole, killed = (str(Path(name) / part) for part in ("faces", "whole", "killed"))
        run = Path(killed)
        assert dcgan("prepare", "drawn-faces:2000", faces, "--size", "32").wait() == 0
        assert dcgan("train", faces, "--out", whole, *RECIPE, *CADENCE).wait() == 0
        kills = in_writing = 0
        while kills < arguments.kills:
            begun = (run / "run.json").exists()
            process = dcgan("train", *(["--resume", killed] if begun else [faces, "--out", killed, *RECIPE, *CADENCE]))
            goal = round(IMAGES * 0.95 * (kills + moments.random()) / arguments.kills)
            if not kill_somewhere(process, run, goal, moments):
                if process.returncode:
                    sys.exit(f"a resumed run failed with status {process.returncode}")
                sys.exit(f"the run ended after {kills} kills already; make it longer")
            kills += 1
            writing = is_writing(run)
            in_writing += writing
            print(
                f"kill {kills}: newest checkpoint {progress(run):,} images{', a half-written one beside it' * writing}",
                flush=True,
            )
        assert dcgan("train", "--resume", killed).wait() == 0
        expected, found = digests(Path(whole)), digests(run)
        print(f"{kills} kills, {in_writing} of them while a checkpoint was being written")
        for file, digest in expected.items():
            print(f"{'identical' if found.get(file) == digest else 'DIFFERENT'}  {digest[:16]}  {file}")
        sys.exit(0 if found == expected else 1)


if __name__ == "__main__":
    main()
