"""`dcgan predict-frames`, by the commands that a user types."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from tests.training.test_frame_prediction import moving_squares

from dcgan.cli import app
from dcgan.errors import DcganError, ModelError, PackedSetError, UsageError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos of moving squares, and a run that learned from them for a few steps."""
    folder = tmp_path_factory.mktemp("predict-frames")
    (folder / "videos").mkdir()
    for number, frames in enumerate(moving_squares(frames=10, size=32)):
        write_video(folder / "videos" / f"{number}.mp4", frames.repeat(3, axis=-1))
    (folder / "videos" / "empty.mp4").write_bytes(b"")
    write_video(folder / "videos" / "short.mp4", moving_squares(frames=2, size=32)[0].repeat(3, axis=-1))
    flags = ["--size", "32", "--base-channels", "4", "--steps", "3", "--batch-size", "8", "--device", "cpu"]
    flags += ["--history", "3", "--preset", "frame-predictor", "--sheet-every", "8"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(folder / "cache"))
        app(["train", str(folder / "videos"), "--out", str(folder / "run"), *flags])
    return folder


@pytest.fixture(autouse=True)
def here(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(folder / "cache"))
    monkeypatch.chdir(tmp_path)


def write_video(path: Path, frames: np.ndarray, rate: int = 10) -> None:
    """Frames (T, H, W, 3) as H.264."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


def test_the_run_says_what_it_learns_from(folder: Path) -> None:
    card = json.loads((folder / "run" / "run.json").read_text())
    assert "28 clips of 5 films; 1 film is too short" in card["notes"]
    assert any("1 of 43 frames was skipped" in note for note in card["notes"])
    assert card["pictures"] == 28
    assert "history = 3" in (folder / "run" / "recipe.toml").read_text()


def test_it_answers_with_scores_and_writes_what_the_suffix_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outs = ["figure.png", "film.gif", "film.mp4", "frames.npz"]
    flags = [flag for out in outs for flag in ("--out", out)]
    app(["predict-frames", str(folder / "run"), str(folder / "videos"), "--steps", "4", "--clips", "6", *flags])
    out = capsys.readouterr().out
    assert "+4" in out
    assert "PSNR" in out
    assert "predicted 4 frames of 6 clips: figure.png, film.gif" in out
    arrays = np.load("frames.npz")
    assert {name: arrays[name].shape for name in ("before", "predicted", "true")} == {
        "before": (6, 3, 32, 32, 3),
        "predicted": (6, 4, 32, 32, 3),
        "true": (6, 4, 32, 32, 3),
    }
    assert arrays["fps"] == 10
    with Image.open("film.gif") as film:
        assert getattr(film, "n_frames", 1) >= 4
    with Image.open("figure.png") as figure:
        assert figure.width > 7 * 64


def test_json_has_every_step(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["predict-frames", str(folder / "run"), str(folder / "videos"), "--steps", "2", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert (facts["history"], facts["steps"], facts["out"]) == (3, 2, ["frames.png"])
    assert len(facts["psnr"]) == len(facts["copied_ssim"]) == 2


def test_the_end_of_a_video_is_continued(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = Path("frames")
    frames.mkdir()
    for number, frame in enumerate(moving_squares(frames=3, size=32)[1]):
        Image.fromarray(frame[..., 0]).save(frames / f"{number}.png")
    app(["predict-frames", str(folder / "run"), str(frames), "--steps", "2"])
    assert "beyond the end of each film: there is nothing to compare them with" in capsys.readouterr().out


def test_wrong_use_is_refused_before_any_work(folder: Path) -> None:
    run, videos = str(folder / "run"), str(folder / "videos")
    with pytest.raises(UsageError, match="`steps` must be 1 to 256"):
        app(["predict-frames", run, videos, "--steps", "0"])
    with pytest.raises(UsageError, match="name a file that ends in"):
        app(["predict-frames", run, videos, "--out", "film.avi"])
    with pytest.raises(ModelError, match="the nets of this model are dcgan, which predict no frames"):
        app(["predict-frames", "faces", videos])
    Path("frames.png").write_bytes(b"mine")
    with pytest.raises(DcganError, match="exists"):
        app(["predict-frames", run, videos])


def test_too_few_frames_are_refused_with_the_remedy(folder: Path) -> None:
    frames = Path("one")
    frames.mkdir()
    Image.fromarray(moving_squares(size=32)[0, 0, ..., 0]).save(frames / "0.png")
    with pytest.raises(PackedSetError, match="no 3 frames in a row"):
        app(["predict-frames", str(folder / "run"), str(frames)])


def test_sample_says_which_verb_to_take(folder: Path) -> None:
    with pytest.raises(ModelError, match="use `dcgan predict-frames MODEL SOURCE`"):
        app(["sample", str(folder / "run")])
