"""The verb `inspect`, on a small model."""

import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pyarrow.csv
import pytest
from PIL import Image
from tests.toy_model import toy_model

from dcgan.cli import app
from dcgan.errors import DcganError
from dcgan.inspection.responses import measure_responses

MODEL = toy_model()
PIXELS = MODEL.sample(range(80))
FILES = {"guided.png", "patches.png", "atlas.png", "kernels.png", "channels.csv", "top_activations.csv"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inspect")
    MODEL.save(folder / "model")
    np.savez(folder / "pictures.npz", images=PIXELS)
    (folder / "empty").mkdir()
    return folder


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_CACHE", str(home / "cache"))  # each source is prepared once


def run(home: Path, *words: object, source: str = "pictures.npz", out: str = "seen") -> None:
    app(["inspect", str(home / "model"), str(home / source), "--out", out, *map(str, words)])


def test_the_folder_has_figures_and_tables(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home)
    out = capsys.readouterr().out
    assert {path.name for path in Path("seen").iterdir()} == FILES
    assert "layer 1: 16 channels that see 10x10 pixels, 0 dead" in out
    assert all(name in out for name in FILES)
    with Image.open("seen/guided.png") as guided, Image.open("seen/patches.png") as patches:
        assert guided.width > 16 * 64  # eight pictures on each side
        assert guided.height > 12 * 64  # six features, two rows each
        assert patches.width > 8 * 64


def test_the_tables_say_what_drives_each_channel(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "--layer", 0, "--top", 3, "--json")
    facts = json.loads(capsys.readouterr().out)
    found = measure_responses(MODEL, PIXELS, 0, 3)
    features, strongest = (
        pyarrow.csv.read_csv(f"seen/{name}.csv").to_pydict() for name in ("channels", "top_activations")
    )
    assert features["channel"] == list(range(8))
    assert features["mean"] == pytest.approx(found.mean, rel=1e-4, abs=1e-6)
    assert features["largest"] == pytest.approx(found.value[:, 0], rel=1e-4)
    assert not any(features["dead"])
    assert strongest["channel"] == np.arange(8).repeat(3).tolist()
    assert strongest["activation"] == pytest.approx(found.value.ravel(), rel=1e-4)
    assert strongest["left"] == (found.column.ravel() * 2 - 1).tolist()
    assert set(strongest["side"]) == {4}
    assert len(set(strongest["name"][:3])) == 3
    assert facts["positive_positions"] == pytest.approx(np.mean(features["positive_positions"]), abs=1e-4)
    assert (facts["layer"], facts["channels"], facts["pictures"], facts["receptive_field"]) == (0, 8, 80, 4)


def test_channels_and_pictures_can_be_chosen_and_the_page_be_dark(home: Path) -> None:
    run(home, "--channels", "3,9-11", "--top", 2, "--theme", "dark")
    with Image.open("seen/patches.png") as patches:
        assert patches.height == 2 * 16 + 4 * (70 + 4) - 4  # 10 pixels seen, seven times as large
        assert patches.getpixel((0, 0)) == (17, 20, 25)


@pytest.mark.parametrize("channels", [1, 4])
def test_gray_pictures_and_transparent_ones_have_figures_too(tmp_path: Path, channels: int) -> None:
    model = toy_model(channels=channels)
    model.save(tmp_path / "model")
    np.save(tmp_path / "pictures.npy", model.sample(range(20)))
    run(tmp_path, source="pictures.npy")
    assert {path.name for path in Path("seen").iterdir()} == FILES


def test_a_seed_names_the_random_weights(home: Path) -> None:
    pages = []
    for place, seed in enumerate((0, 0, 1)):
        run(home, "--seed", seed)
        Path("seen").rename(f"seen-{place}")
        pages.append(Path(f"seen-{place}/guided.png").read_bytes())
    assert pages[0] == pages[1] != pages[2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--layer", "2"], "`layer` 2: this discriminator has layers 0 to 1"),
        (["--layer", "-1"], "`layer` -1"),
        (["--channels", "16"], "`channels` must be 0 to 15, those of layer 1, not 16"),
        (["--channels", "x"], "--channels 'x'"),
        (["--channels", "5-2"], "--channels '5-2': the range 5-2 runs backwards"),
        (["--channels", ",".join(["1"] * 65)], "`channels` must be 64 or fewer"),
        (["--top", "0"], "`top` must be 1 to 64"),
        (["--top", "65"], "`top` must be 1 to 64"),
        (["--seed", "-1"], "`seed` must be a whole number from 0"),
        (["--seed", str(2**64)], "`seed` must be a whole number from 0"),
    ],
)
def test_mistakes_are_named(home: Path, words: list[str], message: str) -> None:
    with pytest.raises(DcganError, match=message):
        run(home, *words)
    assert not Path("seen").exists()


def test_a_source_without_pictures_is_named(home: Path) -> None:
    with pytest.raises(DcganError, match="empty"):
        run(home, source="empty")


def test_what_is_there_already_is_not_overwritten(home: Path) -> None:
    Path("seen").mkdir()
    (Path("seen") / "mine.txt").touch()
    for words in ((), ("--overwrite",)):
        with pytest.raises(DcganError, match="--out seen exists and is not what `dcgan inspect` makes"):
            run(home, *words)


def test_a_folder_that_cannot_be_made_is_named_before_the_work(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.inspection.inspect.untrained", lambda *_: pytest.fail("it began to work"))
    Path("file").write_text("in the way")
    with pytest.raises(DcganError, match="cannot write --out file/seen"):
        run(home, out="file/seen")


@pytest.mark.parametrize("words", [("--top", 0), ("--seed", -1)])
def test_values_out_of_range_are_named_before_pictures_are_prepared(
    home: Path, words: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    verb = import_module("dcgan.cli.inspect")
    monkeypatch.setattr(verb, "open_pictures", lambda *_: pytest.fail("it began to work"))
    with pytest.raises(DcganError, match="must be"):
        run(home, *words)


def test_a_stop_in_the_middle_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dcgan.inspection.inspect.measure_responses", stop)
    with pytest.raises(KeyboardInterrupt):
        run(home)
    assert not list(Path().iterdir())
