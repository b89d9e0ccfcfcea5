"""The verb `inpaint`, on a small model."""

import io
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cyclopts import CycloptsError
from PIL import Image
from tests.toy_model import toy_model

from dcgan.cli import app, explain
from dcgan.cli.inpaint_output import FILLED, InpaintOutput
from dcgan.cli.masks import file_stems
from dcgan.errors import DcganError, SourceError, UsageError
from dcgan.latent import inpaint as room
from dcgan.latent.blending import Blender
from dcgan.latent.descent import descend
from dcgan.latent.inpainting import Inpainted
from dcgan.latent.masks import named_mask
from dcgan.loading import load
from dcgan.studio import server
from dcgan.studio.mask_drawing import MaskDrawing
from dcgan.types import Mask, Pixels

QUICK = {"--steps": 5, "--starts": 2}
SIZES = {"a": (40, 60), "b": (50, 30)}  # height and width of pictures of any size


def photo(height: int, width: int, channels: int = 3) -> Pixels:
    y, x = np.mgrid[:height, :width]
    waves = [127 + 120 * np.sin(x / (9 + shift) + y / 13 + shift) for shift in range(channels)]
    return np.stack(waves, axis=2).astype(np.uint8)


def hole(height: int, width: int, side: int = 10) -> Mask:
    mask = np.zeros((height, width), bool)
    mask[12 : 12 + side, 8 : 8 + side] = True
    return mask


def save(array: Pixels | Mask, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array.astype(np.uint8) * np.uint8(255) if array.dtype == np.bool_ else array).save(path)


def read(path: str | Path) -> Pixels:
    with Image.open(path) as picture:
        return np.asarray(picture)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, model = tmp_path_factory.mktemp("inpaint"), toy_model("uniform")
    model.save(folder / "model")
    toy_model("uniform", channels=1).save(folder / "gray")
    for number, picture in enumerate(model.sample(range(3))):
        save(picture, folder / "samples" / f"{number}.png")
    for name, size in SIZES.items():
        save(photo(*size), folder / "photos" / f"{name}.png")
    return folder


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_CACHE", str(home / "cache"))


def inpaint(home: Path, pictures: str | Path, *words: object, model: str = "model", out: str = "filled") -> None:
    quick = [f"{flag}={value}" for flag, value in QUICK.items() if flag not in words]
    app(["inpaint", str(home / model), str(home / pictures), "--out", out, *quick, *map(str, words)])


def names(folder: str = "filled") -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir() if path.name != FILLED)


def check_filled(home: Path, name: str, mask: Mask, source: str = "photos", folder: str = "filled") -> None:
    before, after = read(home / source / f"{name}.png"), read(f"{folder}/{name}.png")
    assert after.shape == before.shape
    assert np.array_equal(after[~mask], before[~mask])
    assert not np.array_equal(after[mask], before[mask])


def test_a_mask_of_the_paper_has_the_truth_to_compare_with(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inpaint(home, "samples", "--mask", "center", "--steps", 40)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["filled 3 pictures: filled", "before and after: filled/sheet.png"]
    assert lines[2].startswith("the hole compared with the original: PSNR ")
    assert names() == ["0.png", "1.png", "2.png", "latents.npz", "sheet.png"]
    for number in range(3):
        check_filled(home, str(number), named_mask("center", 16), "samples")
    arrays, model = np.load("filled/latents.npz"), load(home / "model")
    assert np.array_equal(arrays["pixels"], model.generate(arrays["z"]))
    assert str(arrays["model"]) == model.identity


def test_the_answer_for_programs_has_every_picture(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inpaint(home, "samples", "--mask", "center", "--steps", 40, "--json")
    facts = json.loads(capsys.readouterr().out)
    assert facts["out"] == "filled"
    assert facts["skipped"] == []
    assert [row["name"] for row in facts["pictures"]] == ["0.png", "1.png", "2.png"]
    assert [row["files"] for row in facts["pictures"]] == [[f"filled/{number}.png"] for number in range(3)]
    assert [row["region"] for row in facts["pictures"]] == [[0, 0, 16]] * 3
    for measure, places in (("psnr", 2), ("ssim", 4)):
        scores = [row[measure] for row in facts["pictures"]]
        assert facts[measure] == pytest.approx(np.mean(scores), abs=10**-places)
    assert facts["psnr"] > 25
    assert 0.8 < facts["ssim"] <= 1


@pytest.mark.parametrize("mask", ["half", "random", "pattern"])
def test_random_masks_are_named_by_their_seed_and_the_number_of_the_picture(home: Path, mask: Any) -> None:
    inpaint(home, "samples", "--mask", mask, "--mask-seed", 3)
    for number in range(3):
        check_filled(home, str(number), named_mask(mask, 16, 3, number), "samples")


def test_pictures_of_any_size_are_cropped_for_the_masks_of_the_paper(home: Path) -> None:
    inpaint(home, "photos", "--mask", "center")
    assert read("filled/a.png").shape == read("filled/b.png").shape == (16, 16, 3)


def test_one_mask_is_for_all_pictures_of_its_size(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(hole(40, 60), Path("hole.png"))
    inpaint(home, "photos", "--mask", "hole.png", "--json")
    check_filled(home, "a", hole(40, 60))
    assert names() == ["a.png", "latents.npz", "sheet.png"]
    out, err = capsys.readouterr()
    facts = json.loads(out)
    why = "b.png: --mask hole.png has 60 x 40 pixels, and the picture 30 x 50: they must be of one size"
    assert facts["skipped"] == [why]
    assert f"warning: skipped {why}" in err
    assert "psnr" not in facts
    assert "psnr" not in facts["pictures"][0]


def test_a_folder_has_a_mask_for_each_picture(home: Path) -> None:
    for name, size in SIZES.items():
        save(hole(*size), Path("masks") / f"{name}.png")
    inpaint(home, "photos", "--mask", "masks")
    for name, size in SIZES.items():
        check_filled(home, name, hole(*size))


def test_what_cannot_be_filled_is_skipped_with_its_reason(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures = {name: photo(20, 40) for name in ("all", "lost", "none", "other", "text", "wide", "whole")}
    for name, picture in pictures.items():
        save(picture, Path("pictures") / f"{name}.png")
    Path("pictures/broken.png").write_text("no picture")
    wide = np.zeros((20, 40), bool)
    wide[5:10, 5:35] = True
    save(hole(20, 40, 5), Path("masks/whole.png"))
    save(hole(20, 40) | True, Path("masks/all.png"))
    save(hole(20, 40) & False, Path("masks/none.png"))
    save(hole(20, 30), Path("masks/other.png"))
    save(wide, Path("masks/wide.png"))
    Path("masks/text.png").write_text("no picture")
    inpaint(home, Path.cwd() / "pictures", "--mask", "masks", "--json")
    out, err = capsys.readouterr()
    facts = json.loads(out)
    assert [row["name"] for row in facts["pictures"]] == ["whole.png"]
    reasons = dict(line.split(": ", 1) for line in facts["skipped"])
    assert reasons["all.png"] == "--mask masks/all.png is all white: nothing is known"
    assert reasons["none.png"] == "--mask masks/none.png has no white pixel: nothing is missing"
    assert reasons["lost.png"] == "there is no masks/lost.png"
    assert reasons["other.png"].startswith("--mask masks/other.png has 30 x 20 pixels, and the picture 40 x 20")
    assert reasons["text.png"].startswith("--mask masks/text.png cannot be read as a mask: not a picture (begins with")
    assert reasons["wide.png"].startswith("the missing part is 30 x 5 pixels, and no square")
    assert reasons["broken.png"].startswith("not a picture (begins with")
    assert err.count("warning: skipped ") == 7


def test_one_error_says_why_no_picture_could_be_filled(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(hole(40, 60) & False, Path("hole.png"))
    with pytest.raises(DcganError) as caught:
        inpaint(home, "photos", "--mask", "hole.png")
    assert str(caught.value) == (
        "no picture could be filled: a.png: --mask hole.png has no white pixel: nothing is missing; "
        "b.png: --mask hole.png has 60 x 40 pixels, and the picture 30 x 50: they must be of one size"
    )
    with pytest.raises(DcganError, match=r"^a\.png: --mask hole\.png has no white pixel: nothing is missing$"):
        inpaint(home, "photos/a.png", "--mask", "hole.png")
    assert "warning" not in capsys.readouterr().err
    assert not Path("filled").exists()


def test_of_many_reasons_the_first_are_listed(home: Path) -> None:
    for number in range(8):
        save(photo(20, 20), Path("pictures") / f"{number}.png")
    with pytest.raises(DcganError, match=r"no picture could be filled: 0\.png: .*; 4\.png: .*; and 3 more$"):
        inpaint(home, Path.cwd() / "pictures", "--mask", "alpha")


@pytest.mark.parametrize("model", ["model", "gray"])
def test_what_is_transparent_can_be_what_is_missing(home: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    picture, mask = photo(40, 60, 4), hole(40, 60)
    picture[..., 3] = np.where(mask, 0, 255)
    save(picture, Path("pictures/cut-out.png"))
    save(picture[..., :3], Path("pictures/opaque.png"))
    inpaint(home, Path.cwd() / "pictures", "--mask", "alpha", model=model)
    filled = read("filled/cut-out.png")
    assert np.array_equal(filled[~mask], picture[~mask])
    assert (filled[..., 3] == 255).all()
    assert not np.array_equal(filled[mask], picture[mask])
    assert names() == ["cut-out.png", "latents.npz", "sheet.png"]
    assert "skipped opaque.png: it has no transparent pixel: nothing is missing" in capsys.readouterr().err


@pytest.mark.parametrize("model", ["model", "gray"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "1"])
def test_a_picture_keeps_its_channels_whatever_the_model_draws(home: Path, mode: str, model: str) -> None:
    Image.fromarray(photo(40, 60)).convert(mode).save("picture.png")
    save(hole(40, 60), Path("hole.png"))
    inpaint(home, Path.cwd() / "picture.png", "--mask", "hole.png", model=model)
    with Image.open("filled/picture.png") as filled, Image.open("picture.png") as before:
        assert filled.mode == {"LA": "RGBA", "P": "RGB", "1": "L"}.get(mode, mode)
        known = ~hole(40, 60)
        assert np.array_equal(np.asarray(filled)[known], np.asarray(before.convert(filled.mode))[known])


def test_a_sheet_shows_pictures_of_all_kinds(home: Path) -> None:
    for mode in ("L", "RGB", "RGBA"):
        Path("pictures").mkdir(exist_ok=True)
        Image.fromarray(photo(40, 60)).convert(mode).save(f"pictures/{mode}.png")
    save(hole(40, 60), Path("hole.png"))
    inpaint(home, Path.cwd() / "pictures", "--mask", "hole.png")
    assert read("filled/sheet.png").shape[0] > 3 * 128


def test_drawn_faces_have_the_size_of_the_model(home: Path) -> None:
    save(hole(16, 16, 3), Path("hole.png"))
    app(["inpaint", str(home / "model"), "drawn-faces:1", "--mask=hole.png", "--steps=1", "--out=filled"])
    assert read("filled/face-000000.png").shape[:2] == (16, 16)


def test_several_answers_are_several_files(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(hole(40, 60), Path("hole.png"))
    inpaint(home, "photos/a.png", "--mask", "hole.png", "--answers", 3, "--starts", 3, "--json")
    files = json.loads(capsys.readouterr().out)["pictures"][0]["files"]
    assert files == [f"filled/a-{number}.png" for number in (1, 2, 3)]
    assert names() == ["a-1.png", "a-2.png", "a-3.png", "latents.npz", "sheet.png"]
    assert len({read(file).tobytes() for file in files}) == 3
    assert np.load("filled/latents.npz")["z"].shape == (3, 6)


def test_more_answers_than_the_variant_has_starts_have_as_many(home: Path) -> None:
    app(["inpaint", str(home / "model"), str(home / "samples" / "0.png"), "--mask=center", "--variant=paper",
         "--steps=2", "--answers=3", "--out=filled"])  # fmt: skip
    assert names() == ["0-1.png", "0-2.png", "0-3.png", "latents.npz", "sheet.png"]
    with pytest.raises(UsageError, match="`answers` must be 1 to 2, the number of `starts`, not 3"):
        inpaint(home, "samples", "--mask", "center", "--starts", 2, "--answers", 3, out="others")


def test_a_region_is_taken_as_it_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(hole(40, 60), Path("hole.png"))
    inpaint(home, "photos/a.png", "--mask", "hole.png", "--region", "5, 10,20", "--json")
    assert json.loads(capsys.readouterr().out)["pictures"][0]["region"] == [5, 10, 20]
    with pytest.raises(DcganError, match=r"a\.png: --region 5,10,40 \(left, top, side\) does not lie"):
        inpaint(home, "photos/a.png", "--mask", "hole.png", "--region", "5,10,40", out="others")
    assert not Path("others").exists()


def test_the_answer_says_which_part_the_model_saw(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(hole(100, 120), Path("pictures/a.png"))
    save(hole(100, 120), Path("masks/a.png"))
    inpaint(home, Path.cwd() / "pictures" / "a.png", "--mask", "masks")
    assert "\nthe model saw 20 x 20 pixels at 3,7; --region names another square\n" in capsys.readouterr().out
    for name in ("b", "c"):
        save(hole(100, 120), Path("pictures") / f"{name}.png")
        save(hole(100, 120, 10 if name == "b" else 60), Path("masks") / f"{name}.png")
    inpaint(home, Path.cwd() / "pictures", "--mask", "masks", out="more")
    out = capsys.readouterr().out
    assert "the model saw a part of 2 of them, such as 20 x 20 pixels at 3,7; --region names another square" in out
    inpaint(home, "samples", "--mask", "center", out="whole")
    assert "the model saw" not in capsys.readouterr().out


def test_without_blending_the_hole_is_as_it_is_drawn(home: Path) -> None:
    inpaint(home, "samples", "--mask", "center", "--no-blend")
    mask, drawn = named_mask("center", 16), np.load("filled/latents.npz")["pixels"]
    for number in range(3):
        assert np.array_equal(read(f"filled/{number}.png")[mask], drawn[number][mask])
        check_filled(home, str(number), mask, "samples")


def test_the_flags_of_the_loss_and_of_the_search_reach_them(home: Path) -> None:
    words: dict[str, tuple[object, ...]] = {
        "plain": (),
        "window": ("--window", 3),
        "far-weight": ("--far-weight", 0),
        "prior-weight": ("--prior-weight", 50),
        "prior": ("--prior", "nonsaturating", "--prior-weight", 50),
        "variant": ("--variant", "bamos"),
        "truncation": ("--truncation", 0.2),
        "optimizer": ("--optimizer", "nesterov"),
        "seed": ("--seed", 1),
    }
    found = {}
    for name, more in words.items():
        inpaint(home, "samples/0.png", "--mask", "center", *more, out=name)
        found[name] = np.load(f"{name}/latents.npz")["z"].tobytes()
    assert len(set(found.values())) == len(words)


def test_a_search_can_be_filmed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("dcgan.cli.inpaint", "dcgan.cli.inpaint_output"):
        monkeypatch.setattr(sys.modules[module], "FILM_FRAMES", 4)
    inpaint(home, "samples", "--mask", "center", "--film", "search.gif")
    with Image.open("search.gif") as film:
        assert getattr(film, "n_frames", 1) == 4
        assert film.width >= 512


def test_more_pictures_than_fit_in_the_figure_are_filled_in_batches(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = toy_model("uniform").sample(range(20))
    for number, picture in enumerate(pictures):
        save(picture, Path("pictures") / f"{number:02}.png")
    inpaint(home, Path.cwd() / "pictures", "--mask", "center", "--steps", 1, "--json")
    assert len(json.loads(capsys.readouterr().out)["pictures"]) == 20
    assert len(names()) == 22
    z = np.load("filled/latents.npz")["z"]
    assert z.shape == (20, 6)
    inpaint(home, Path.cwd() / "pictures" / "17.png", "--mask", "center", "--steps", 1, out="one")
    assert np.array_equal(np.load("one/latents.npz")["z"][0], z[17])  # the same, with whatever else


def test_a_perfect_answer_is_valid_json(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dcgan.metrics.restoration.psnr", lambda *_: float("inf"))
    inpaint(home, "samples", "--mask", "center", "--json")
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["psnr"] is None


class Stop:
    """Calls a function or method, and at a certain call stops instead, as Ctrl-C does."""

    def __init__(self, call: Callable[..., Any], at: int, by: BaseException | None = None) -> None:
        self._call, self._left, self._by = call, at, by or KeyboardInterrupt()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            raise self._by
        return self._call(*args, **kwargs)

    def __get__(self, instance: Any, _: Any) -> Any:
        return self if instance is None else partial(self, instance)


def test_when_it_is_stopped_what_is_filled_is_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.modules["dcgan.cli.inpaint"], "AT_ONCE", 2)
    monkeypatch.setattr(room, "descend", Stop(descend, at=2))
    again = "; the same command begins anew with --overwrite"
    with pytest.raises(KeyboardInterrupt, match=f"stopped: 2 pictures filled in filled{again}"):
        inpaint(home, "samples", "--mask", "center")
    assert names() == ["0.png", "1.png", "latents.npz", "sheet.png"]
    assert np.load("filled/latents.npz")["z"].shape == (2, 6)
    assert capsys.readouterr().out == ""


def test_when_it_is_stopped_while_blending_what_is_blended_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inpainted, "filled", Stop(Inpainted.filled, at=3))
    with pytest.raises(KeyboardInterrupt, match="stopped: 2 pictures filled"):
        inpaint(home, "samples", "--mask", "center")
    assert names() == ["0.png", "1.png", "latents.npz", "sheet.png"]


def test_a_signal_to_end_keeps_what_is_filled_too(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.modules["dcgan.cli.inpaint"], "AT_ONCE", 2)
    monkeypatch.setattr(room, "descend", Stop(descend, at=2, by=SystemExit(143)))
    with pytest.raises(SystemExit) as caught:
        inpaint(home, "samples", "--mask", "center")
    assert caught.value.code == 143
    assert names() == ["0.png", "1.png", "latents.npz", "sheet.png"]
    assert "stopped: 2 pictures filled in filled" in capsys.readouterr().err


def test_what_a_killed_run_has_left_does_not_block_the_next_try(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InpaintOutput, "finish", Stop(InpaintOutput.finish, at=1, by=MemoryError()))
    with pytest.raises(MemoryError):
        inpaint(home, "samples", "--mask", "center")
    assert names() == [".unfinished", "0.png", "1.png", "2.png"]
    inpaint(home, "samples", "--mask", "center")
    assert names() == ["0.png", "1.png", "2.png", "latents.npz", "sheet.png"]
    with pytest.raises(DcganError, match="--out filled is not empty"):
        inpaint(home, "samples", "--mask", "center")


def test_when_it_is_stopped_at_once_nothing_is_filled(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "descend", Stop(descend, at=1))
    with pytest.raises(KeyboardInterrupt, match="stopped: no picture was filled"):
        inpaint(home, "samples", "--mask", "center")
    assert not Path("filled").exists()


def test_a_folder_that_is_not_empty_is_left_alone_without_overwrite(home: Path) -> None:
    Path("filled").mkdir()
    Path("filled/0.png").write_text("mine")
    Path("filled/holiday.png").write_text("mine, too")
    with pytest.raises(DcganError, match="--out filled is not empty"):
        inpaint(home, "samples", "--mask", "center")
    assert names() == ["0.png", "holiday.png"]
    inpaint(home, "samples", "--mask", "center", "--overwrite")
    assert read("filled/0.png").shape == (16, 16, 3)
    assert Path("filled/holiday.png").read_text() == "mine, too"


def test_answers_of_an_earlier_run_are_gone_with_overwrite(home: Path) -> None:
    inpaint(home, "samples", "--mask", "center", "--answers", 2)
    save(photo(9, 9), Path("filled/1.note.png"))
    inpaint(home, "samples/1.png", "--mask", "center", "--overwrite")
    assert names() == ["0-1.png", "0-2.png", "1.note.png", "1.png", "2-1.png", "2-2.png", "latents.npz", "sheet.png"]
    inpaint(home, "samples/1.png", "--mask", "center", "--answers", 2, "--overwrite")
    assert names() == ["0-1.png", "0-2.png", "1-1.png", "1-2.png", "1.note.png", "2-1.png", "2-2.png", "latents.npz",
                       "sheet.png"]  # fmt: skip


def test_blending_that_takes_long_has_a_bar_of_its_own(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.modules["dcgan.cli.inpaint"], "AT_ONCE", 2)
    inpaint(home, "samples", "--mask", "center")
    assert "blending" not in capsys.readouterr().err
    monkeypatch.setattr(sys.modules["dcgan.cli.inpaint"], "SLOW", 1)
    inpaint(home, "samples", "--mask", "center", out="slow")
    assert "blending" in capsys.readouterr().err


def test_a_picture_whose_name_is_like_an_answers_is_kept(home: Path) -> None:
    for name in ("a", "a-1"):
        save(photo(20, 20), Path("pictures") / f"{name}.png")
    for _ in range(2):
        inpaint(home, Path.cwd() / "pictures", "--mask", "center", "--overwrite")
        assert names() == ["a-1.png", "a.png", "latents.npz", "sheet.png"]
    inpaint(home, Path.cwd() / "pictures/a.png", "--mask", "center", "--overwrite")
    assert names() == ["a-1.png", "a.png", "latents.npz", "sheet.png"]


def test_an_answer_of_another_picture_that_has_taken_its_name_stays(home: Path) -> None:
    for name in ("a", "a-1"):
        save(photo(20, 20), Path("pictures") / f"{name}.png")
    inpaint(home, Path.cwd() / "pictures/a.png", "--mask", "center", "--answers", 2)
    for name in ("a-1", "a"):
        inpaint(home, Path.cwd() / f"pictures/{name}.png", "--mask", "center", "--overwrite")
    assert names() == ["a-1.png", "a.png", "latents.npz", "sheet.png"]


def test_without_blending_nothing_is_blended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inpaint(home, "samples", "--mask", "center", out="blended")
    monkeypatch.setattr(Blender, "blend", lambda *_: pytest.fail("it blended"))
    inpaint(home, "samples", "--mask", "center", "--no-blend")
    assert read("blended/sheet.png").shape[1] - read("filled/sheet.png").shape[1] == pytest.approx(132, abs=4)


def test_pictures_of_one_name_are_told_apart_by_their_suffixes(home: Path) -> None:
    for name in ("a.jpg", "a.png", "b.png", "sheet.png"):
        save(photo(40, 60), Path("pictures") / name)
        save(hole(40, 60), Path("masks") / f"{name if name[0] != 'b' else 'b'}.png")
    inpaint(home, Path.cwd() / "pictures", "--mask", "masks")
    assert names() == ["a.jpg.png", "a.png.png", "b.png", "latents.npz", "sheet.png", "sheet.png.png"]
    assert read("filled/sheet.png").shape != (40, 60, 3)


@pytest.mark.parametrize(
    ("given", "stems"),
    [
        (["beach.jpg", "hill.png"], ["beach", "hill"]),
        (["a/beach.jpg", "b/beach.jpg"], ["a-beach", "b-beach"]),
        (["a.jpg", "a.png", "b.png"], ["a.jpg", "a.png", "b"]),
        (["a/b.png", "a-b.png"], ["a-b.png", "a-b.png-2"]),
        (["a-b.png-2.png", "a/b.png", "a-b.png"], ["a-b.png-2", "a-b.png", "a-b.png-3"]),
        (["sheet.jpg", "sheet.png"], ["sheet.jpg", "sheet.png"]),
        (["sheet"], ["sheet-2"]),
        (["me", "a\\b", ".."], ["me", "a-b", ".."]),
        (["photo.2020.jpg"], ["photo.2020"]),
        (["X.jpg", "x.png"], ["X.jpg", "x.png"]),
        (["Sheet.jpg"], ["Sheet.jpg"]),
    ],
)
def test_names_of_files_are_all_different(given: list[str], stems: list[str]) -> None:
    assert file_stems(given) == stems


def png(mask: Mask) -> bytes:
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "PNG")
    return file.getvalue()


def test_masks_are_painted_on_a_page_and_gone_on_with(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    painted: list[tuple[str, ...]] = []

    def paint(work: MaskDrawing, ready: Callable[[str], None], port: int) -> None:
        assert port == 8123
        ready("http://127.0.0.1:8123/secret/")
        painted.append(work.names)
        work.set_mask(0, png(hole(*SIZES["a"])))

    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(server, "serve", paint)
    inpaint(home, "photos", "--draw", "--mask", "drawn", "--port", 8123)
    out, err = capsys.readouterr()
    assert painted == [("a", "b")]
    assert "paint what is missing on http://127.0.0.1:8123/secret/ and press Done there" in err
    assert "warning: skipped b.png: there is no drawn/b.png" in err
    assert out.startswith("filled 1 picture: filled\n")
    assert "PSNR" not in out
    check_filled(home, "a", hole(*SIZES["a"]))
    inpaint(home, "photos", "--mask", "drawn", out="again")
    check_filled(home, "a", hole(*SIZES["a"]), folder="again")


def test_masks_are_painted_into_the_folder_masks_by_default(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "serve", lambda work, *_: work.set_mask(1, png(hole(*SIZES["b"]))))
    inpaint(home, "photos", "--draw")
    assert [path.name for path in Path("masks").iterdir()] == ["b.png"]
    check_filled(home, "b", hole(*SIZES["b"]))


def test_masks_that_were_painted_are_kept_when_the_page_is_stopped(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(work: MaskDrawing, *_: object) -> None:
        work.set_mask(0, png(hole(*SIZES["a"])))
        raise KeyboardInterrupt

    monkeypatch.setattr(server, "serve", stop)
    with pytest.raises(KeyboardInterrupt, match="stopped: no picture was filled"):
        inpaint(home, "photos", "--draw")
    assert "the masks are saved in masks; the same command goes on with them" in capsys.readouterr().err
    assert np.array_equal(read("masks/a.png") > 0, hole(*SIZES["a"]))


def test_nothing_painted_is_nothing_to_fill(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "serve", lambda *_: None)
    with pytest.raises(DcganError, match=r"no picture could be filled: a\.png: there is no masks/a\.png; b\.png: "):
        inpaint(home, "photos", "--draw")


def test_a_page_has_a_limit_of_pictures(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.cli.masks.MOST_DRAWN", 1)
    with pytest.raises(UsageError, match="--draw shows 1 pictures at most, not 2; name fewer"):
        inpaint(home, "photos", "--draw")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "say what is missing: --mask center, half, random, pattern, alpha, a FILE or a FOLDER; or --draw"),
        (["--mask", ""], "say what is missing"),
        (["--mask", "nowhere.png"], "--mask nowhere.png is not a file, a folder or one of center, half"),
        (["--mask", "center", "--draw"], "--draw paints masks into a folder: name one with --mask, not center"),
        (["--mask", "half", "--mask-seed", "-1"], "--mask-seed must be 0 to"),
        (["--mask", "half", "--mask-seed", "99999999999999999999"], "--mask-seed must be 0 to"),
        (["--draw", "--port", "70000"], "--port must be 0 to 65535"),
        (["--mask", "center", "--region", "1,2"], "--region '1,2': write left,top,side"),
        (["--mask", "center", "--region", "1,2," + "9" * 5000], "write left,top,side in pixels"),
        (["--mask", "center", "--region", "a,b,c"], "--region 'a,b,c': write left,top,side"),
        (["--mask", "center", "--region=-1,0,9"], "write left,top,side"),
        (["--mask", "center", "--region", "1,2,0"], "--region must be left,top,side with a side of 1 pixel or more"),
        (["--mask", "center", "--answers", "0"], "--answers must be 1 to 1,000, not 0"),
        (["--mask", "center", "--answers", "3000"], "--answers must be 1 to 1,000, not 3000"),
        (["--mask", "center", "--steps", "0"], "--steps must be 1 to"),
        (["--mask", "center", "--window", "4"], "--window must be odd"),
        (["--mask", "center", "--prior-weight", "-1"], "--prior-weight must be 0 to 1,000,000"),
        (["--mask", "center", "--far-weight", "nan"], "--far-weight must be 0 to 1,000,000"),
        (["--mask", "center", "--variant", "yeh"], "--variant"),
        (["--mask", "center", "--film", "search.png"], "--film search.png: name a file that ends in .mp4 or .gif"),
        (["--mask", "center", "--film", "search.npz"], "--film search.npz: name a file that ends in .mp4 or .gif"),
        (["--mask", "center", "--film", "s.gif", "--fps", "60"], "50 frames a second at most"),
        (["--mask", "center", "--device", "tpu"], "--device"),
    ],
)
def test_mistakes_are_named_before_any_work(
    words: list[str], expected: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "descend", lambda *_, **__: pytest.fail("it searched"))
    more = ["--starts", "2"] if "--answers" not in words else []
    with pytest.raises((DcganError, CycloptsError)) as caught:
        app(["inpaint", str(home / "model"), str(home / "samples"), "--out", "filled", *more, *words])
    assert expected in explain(caught.value, ["inpaint", "m", "p"])[0]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("out", ["filled.png", "mine.txt"])
def test_a_file_where_the_folder_should_be_is_refused(home: Path, out: str) -> None:
    Path("mine.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"--out .*: name a folder, which gets the pictures"):
        inpaint(home, "samples", "--mask", "center", out=out)
    assert Path("mine.txt").read_text() == "mine"


def test_what_is_missing_in_the_world_is_told(home: Path) -> None:
    save(hole(40, 60), Path("hole.png"))
    Path("text.png").write_text("no picture")
    with pytest.raises(SourceError, match="nowhere: no such file or folder"):
        inpaint(home, "nowhere", "--mask", "hole.png")
    with pytest.raises(SourceError, match="nowhere: no such file or folder"):
        inpaint(home, "nowhere", "--mask", "center")
    with pytest.raises(SourceError, match=r"--mask text\.png cannot be read as a mask: not a picture \(begins with"):
        inpaint(home, "photos", "--mask", "text.png")
    with pytest.raises(UsageError, match=r"--mask hole\.png is a file, and --draw needs a folder"):
        inpaint(home, "photos", "--draw", "--mask", "hole.png")
    Path("empty").mkdir()
    with pytest.raises(UsageError, match=r"--mask empty holds no PNG; it needs a NAME\.png for each picture"):
        inpaint(home, "photos", "--mask", "empty")
    with pytest.raises(DcganError, match="no model at"):
        inpaint(home, "photos", "--mask", "hole.png", model="nowhere")


def test_the_extra_is_needed_for_ssim_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(hole(40, 60), Path("hole.png"))
    for name in [name for name in sys.modules if name.partition(".")[0] in ("scipy", "skimage")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "skimage.metrics", None)
    inpaint(home, "photos/a.png", "--mask", "hole.png")
    monkeypatch.setattr(room, "descend", lambda *_, **__: pytest.fail("it searched"))
    with pytest.raises(DcganError, match=r"SSIM needs the extra: pip install 'dcgan\[inpaint\]'"):
        inpaint(home, "photos", "--mask", "center", out="others")


def test_a_film_that_cannot_be_encoded_is_refused_before_the_search(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dcgan.figures.video.find_spec", lambda _: None)
    with pytest.raises(DcganError, match=r"films as \.mp4 need the extra: pip install 'dcgan\[video\]'"):
        inpaint(home, "samples", "--mask", "center", "--film", "search.mp4")
    assert not Path("filled").exists()
