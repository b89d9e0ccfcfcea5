"""Several ranks that train together: real processes, started by torchrun, that talk through gloo."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.training.toys import TOY, discs

from dcgan.cli import app
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import RecipeError
from dcgan.training.batches import ImageLoader
from dcgan.training.checkpoint import list_checkpoints
from dcgan.training.distributed import Ranks, joined, resolve_recipe, threads_here
from dcgan.training.logger import read_events, read_records
from dcgan.training.recipe import Recipe
from dcgan.training.run import resume, train
from dcgan.training.run_folder import read_run

JOINT = TOY.changed({"batch_size": 8, "images": 64, "lr": 1e-3, "evaluate_every": 32, "evaluate_extractor": "pixels"})


@pytest.fixture
def few_images_for_statistics() -> None:
    """Not here: ranks in processes of their own measure as many as ever."""


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ranks")
    np.save(folder / "discs.npy", discs()[..., 0])
    prepare(folder / "discs.npy", folder / "packed", PrepareOptions(size=16, channels=1))
    return folder / "packed"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))


def start(packed: Path, run: Path, recipe: Recipe) -> "subprocess.Popen[str]":
    """Two ranks that train, as a user would start them."""
    recipe_file = run.parent / "recipe.toml"
    recipe_file.write_text(recipe.to_toml())
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words = ["-m", "dcgan", "train", str(packed), "--out", str(run), "--recipe-file", str(recipe_file)]
    return subprocess.Popen(
        [*launcher, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )


def test_two_ranks_with_joint_batch_norm_end_with_the_weights_of_one_process(packed: Path, tmp_path: Path) -> None:
    recipe = JOINT.changed({"sync_batch_norm": True, "r1_gamma": 1.0})
    process = start(packed, tmp_path / "two", recipe)
    train(packed, tmp_path / "one", recipe)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert out.count("finished after 64 images") == 1  # one speaks for both
    for name in ("generator", "discriminator"):
        one, two = (load_file(tmp_path / run / "model" / f"{name}.safetensors") for run in ("one", "two"))
        for key in one:
            torch.testing.assert_close(one[key], two[key], atol=2e-6, rtol=1e-4, msg=key)
    records = [read_records(tmp_path / run / "metrics.jsonl") for run in ("one", "two")]
    assert [record["images"] for record in records[1]] == [16, 32, 48, 64]
    for one, two in zip(*records, strict=True):
        for measure in ("d_real", "g_loss", "d_gradient", "diversity"):
            assert two[measure] == pytest.approx(one[measure], rel=1e-3)
    assert "kernel_distance" in records[1][1]


@pytest.fixture
def running(packed: Path, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Two ranks at a training without an end, that have saved something."""
    process = start(packed, tmp_path / "run", JOINT.changed({"images": 10**9}))
    until = time.monotonic() + 120
    while len(list_checkpoints(tmp_path / "run")) < 3:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.1)
    yield process
    process.kill()
    process.wait()


def ranks_of(process: "subprocess.Popen[str]") -> list[int]:
    """The processes that a launcher has started."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the ranks through /proc")
def test_a_killed_rank_ends_the_others_with_a_clear_error_and_one_process_can_go_on(
    running: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    os.kill(ranks_of(running)[1], signal.SIGKILL)
    _, err = running.communicate(timeout=120)
    assert running.returncode != 0
    told = "error: rank 0 lost the others", "closing signal SIGTERM"  # the launcher may be quicker to end rank 0
    assert any(words in err for words in told)
    assert "dcgan/training" not in err  # no traceback of ours; the launcher shows its own
    seen = list_checkpoints(tmp_path / "run")[-1].images
    result = resume(tmp_path / "run", {"images": seen + 16})
    assert (result.ending, result.images) == ("finished", seen + 16)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the ranks through /proc")
def test_one_rank_that_is_asked_to_stop_stops_all_with_a_checkpoint(
    running: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    os.kill(ranks_of(running)[1], signal.SIGINT)
    out, err = running.communicate(timeout=120)
    assert "stopped after" in out
    assert "torchrun --nproc-per-node 2 -m dcgan train --resume" in out
    assert running.returncode != 0  # as one process that was asked to stop: nobody takes the run for finished
    assert "exitcode  : 130" in err
    assert read_events(tmp_path / "run" / "events.jsonl")[-1]["kind"] == "stopped"


def test_rank_0_chooses_what_is_open_and_the_others_read_it(packed: Path, tmp_path: Path) -> None:
    recipe = replace(JOINT, batch_size=None, augment=None, base_channels=None, images=None, about_minutes=0.0005)
    process = start(packed, tmp_path / "run", recipe)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    trained = read_run(tmp_path / "run")[0]
    assert (trained.batch_size, trained.base_channels, trained.about_minutes) == (16, 32, None)
    assert trained.images is not None
    assert err.count("chose --images") == 1
    assert read_records(tmp_path / "run" / "metrics.jsonl")[-1]["images"] == 16 * -(-trained.images // 16)


def test_a_mistake_that_rank_0_finds_is_told_once(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    process = start(packed, tmp_path / "taken", JOINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode != 0
    assert err.count("taken exists and is not a run: name another") == 1
    assert "error (rank 1): rank 1 ends because rank 0 failed" in err
    assert "lost the others" not in err


def test_a_dry_run_of_several_ranks_answers_once_and_checks_their_share(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words = ["train", str(packed), "--dry-run", "--json", "--batch-size"]
    done = subprocess.run([*launcher, "-m", "dcgan", *words, "8"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["pictures"] == 24
    monkeypatch.setenv("RANK", "1")  # as the launcher tells each
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RecipeError, match="`batch_size` 7 cannot be shared by 2 ranks"):
        app([*words, "7"])
    assert not list(tmp_path.glob("runs*"))


def test_ranks_share_the_processors_of_their_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    recipe = Recipe(device="cpu")
    assert threads_here(recipe, Ranks(0, 4)) == 4
    assert threads_here(replace(recipe, threads=16), Ranks(0, 4)) == 4
    assert threads_here(replace(recipe, threads=3), Ranks(0, 4)) == 3
    assert resolve_recipe(recipe, Ranks(0, 4)).threads is None  # so that one process that goes on takes all
    assert threads_here(replace(recipe, threads=16), Ranks()) == 16


def test_shares_make_up_the_mini_batch() -> None:
    recipe, loader = JOINT.changed({"augment": "translation"}), ImageLoader(discs(), torch.device("cpu"))
    whole = loader.batch(recipe, 3)
    parts = [loader.batch(recipe, 3, rows=Ranks(rank, 4).share(8)) for rank in range(4)]
    assert torch.equal(torch.cat([part.real for part in parts]), whole.real)
    assert torch.equal(torch.cat([part.z for part in parts]), whole.z)
    assert torch.equal(torch.cat([part.augment_noise for part in parts], 1), whole.augment_noise)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"batch_size": 6}, "`batch_size` 6 cannot be shared by 4 ranks"),
        ({"batch_size": 4}, "at least 8"),
        ({"device": "cuda:1"}, "`device` cuda"),
        ({"capture": True}, "`capture`"),
    ],
)
def test_recipes_that_do_not_suit_several_ranks_are_refused(
    changes: dict[str, object], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(RecipeError, match=expected), joined(Recipe().changed(changes)):
        pass


def test_a_process_on_its_own_needs_no_others() -> None:
    alone = Ranks()
    tensor = torch.ones(3)
    alone.average([tensor])
    assert torch.equal(tensor, torch.ones(3))
    assert alone.largest(3, False) == [3, 0]
    assert alone.agree("yes") == "yes"
