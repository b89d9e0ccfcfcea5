"""The verb `sample`: sheets, folders and arrays of the pictures that seeds stand for."""

import json
from pathlib import Path

import numpy as np
import pytest
from cyclopts import CycloptsError
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.training.toys import TOY, discs

import dcgan
from dcgan.cli import app, explain
from dcgan.cli.seeds import parse_seeds
from dcgan.errors import DcganError
from dcgan.training.run import train


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    np.save(folder / "discs.npy", discs()[..., 0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(folder / "cache"))
        return train(folder / "discs.npy", folder / "run", TOY).run


def sample(run: Path, *words: object) -> None:
    app(["sample", str(run), *map(str, words)])


def test_a_folder_gets_one_picture_a_seed(run: Path, tmp_path: Path) -> None:
    sample(run, "--seeds", "3,100-102", "--out", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"seed-{seed:06}.png" for seed in (3, 100, 101, 102)
    ]
    with Image.open(tmp_path / "out" / "seed-000101.png") as picture:
        assert np.array_equal(np.asarray(picture), dcgan.load(run).sample([101])[0, :, :, 0])


def test_a_seed_that_is_named_twice_is_one_file(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample(run, "--seeds", "3,3,4", "--out", tmp_path / "out", "--json")
    assert json.loads(capsys.readouterr().out)["pictures"] == 2 == len([*(tmp_path / "out").iterdir()])


def test_a_folder_keeps_what_it_has_when_it_is_stopped(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        if (tmp_path / "out").is_dir() and any((tmp_path / "out").iterdir()):
            raise KeyboardInterrupt

    monkeypatch.setattr("dcgan.progress.move", stop)
    monkeypatch.setattr("dcgan.latent.samples.CHUNK", 2)
    with pytest.raises(KeyboardInterrupt, match=r"keeps the samples that it has by now; .* with --overwrite"):
        sample(run, "--seeds", "0-9", "--batch-statistics", "--batch-size", 2, "--out", tmp_path / "out")
    assert 0 < len(list((tmp_path / "out").iterdir())) < 10


def test_a_file_that_stands_where_a_folder_must_is_named(run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DcganError, match=r"cannot write --out .*x\.npz: .*file is a file, not a folder"):
        sample(run, "--seeds", "0", "--out", tmp_path / "file" / "x.npz")


def test_an_npz_holds_pixels_seeds_and_latents(run: Path, tmp_path: Path) -> None:
    sample(run, "--seeds", "5,2", "--truncation", "0.5", "--out", tmp_path / "some" / "out.npz")
    arrays = np.load(tmp_path / "some" / "out.npz")
    model = dcgan.load(run)
    assert arrays["seeds"].tolist() == [5, 2]
    assert np.array_equal(arrays["z"], model.latents([5, 2], 0.5))
    assert np.array_equal(arrays["pixels"], model.sample([5, 2], truncation=0.5))


@pytest.mark.parametrize("suffix", [".png", ".webp", ".jpg"])
def test_a_sheet_is_one_picture_of_all(run: Path, tmp_path: Path, suffix: str) -> None:
    sample(run, "--seeds", "0-5", "--columns", "3", "--out", tmp_path / f"sheet{suffix}")
    with Image.open(tmp_path / f"sheet{suffix}") as sheet:
        assert sheet.width > sheet.height >= 32


def test_pictures_are_enlarged_pixel_by_pixel(run: Path, tmp_path: Path) -> None:
    sample(run, "--seeds", "3,17", "--out", tmp_path / "plain")
    sample(run, "--seeds", "3,17", "--scale", 5, "--out", tmp_path / "large")
    assert sorted(path.name for path in (tmp_path / "large").iterdir()) == ["seed-000003.png", "seed-000017.png"]
    for path in (tmp_path / "large").iterdir():
        plain = np.asarray(Image.open(tmp_path / "plain" / path.name))
        assert np.array_equal(np.asarray(Image.open(path)), plain.repeat(5, axis=0).repeat(5, axis=1))
    sample(run, "--seeds", "3,17", "--scale", 5, "--out", tmp_path / "sheet.png")
    side = len(plain)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (2 * 5 * side + 2, 5 * side)


def test_json_is_one_line(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample(run, "--seeds", "0-5", "--out", tmp_path / "a.png", "--json")
    out, _ = capsys.readouterr()
    assert json.loads(out) == {
        "out": str(tmp_path / "a.png"),
        "pictures": 6,
        "model": str(run),
        "images_seen": 64,
    }
    assert out.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--seeds", "5-3"], "runs backwards"),
        (["--seeds", "a"], "neither a number nor a range"),
        (["--seeds", ""], "neither a number nor a range"),
        (["--seeds", "-1"], "neither"),
        (["--seeds", "0-99999999999"], "at most"),
        (["--truncation", "0"], "--truncation"),
        (["--truncation", "nan"], "--truncation"),
        (["--batch-size", "0"], "--batch-size"),
        (["--seeds", "1", "--batch-statistics"], "at least 2"),
        (["--batch-size", "3"], "without --batch-statistics"),
        (["--columns", "0"], "--columns"),
        (["--columns", "4", "--out", "z.npz"], "--columns is for a sheet"),
        (["--device", "tpu"], "--device"),
        (["--out", "/dev/null/x.png"], "--out"),
        (["--out", "sheet.txt"], "--out"),
    ],
)
def test_what_cannot_be_sampled_is_refused_by_the_flag(
    words: list[str], expected: str, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((DcganError, CycloptsError)) as caught:
        sample(run, *words)
    assert expected in explain(caught.value, ["sample"])[0]
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_is_wanted_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(DcganError, match="--out"):
        sample(run, "--out", tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


SEED = st.integers(0, 10**6)


@given(st.lists(st.tuples(SEED, st.integers(0, 50)), min_size=1, max_size=8))
def test_numbers_and_ranges_are_read_in_their_order(ranges: list[tuple[int, int]]) -> None:
    text = ",".join(f"{first}-{first + more}" if more else f"{first}" for first, more in ranges)
    assert parse_seeds(text) == [seed for first, more in ranges for seed in range(first, first + more + 1)]


@given(st.text(max_size=12))
def test_any_text_is_seeds_or_an_error_that_names_the_flag(text: str) -> None:
    try:
        seeds = parse_seeds(text)
    except DcganError as error:
        assert "--seeds" in str(error)  # noqa: PT017  # either outcome is right
    else:
        assert seeds


def test_a_folder_that_holds_other_things_is_left_alone(run: Path, tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_text("mine")
    with pytest.raises(DcganError, match="not samples"):
        sample(run, "--seeds", "0-3", "--out", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_sheet_too_wide_for_its_format_names_the_way_out(run: Path, tmp_path: Path) -> None:
    with pytest.raises(DcganError, match=r"too many for \.webp.*\.png"):
        sample(run, "--seeds", "0-299", "--columns", "300", "--out", tmp_path / "wide.webp")


def test_a_name_is_told_as_it_is(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a :smile: [red].png"
    sample(run, "--seeds", "0", "--out", out, "--json")
    assert json.loads(capsys.readouterr().out)["out"] == str(out)
