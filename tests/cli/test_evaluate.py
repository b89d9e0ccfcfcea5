"""The verb `evaluate`: a table for people, one line for machines, a sheet of neighbors."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.training.toys import TOY, discs

from dcgan.cli import app
from dcgan.errors import DcganError
from dcgan.training.run import train


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("evaluate")
    np.save(home / "discs.npy", discs(60)[:40, ..., 0])
    np.save(home / "more.npy", discs(60)[40:, ..., 0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(home / "cache"))
        train(home / "discs.npy", home / "run", TOY)
    return home


@pytest.fixture(autouse=True)
def cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(home / "cache"))


def evaluate(home: Path, *words: object) -> None:
    extractor = [] if "--extractor" in words else ["--extractor", "pixels"]
    app(["evaluate", str(home / "run"), str(home / "discs.npy"), *extractor, *map(str, words)])


def test_the_answer_names_what_the_figures_were_made_with(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluate(home)
    out, err = capsys.readouterr()
    for line in ("Fréchet distance", "kernel distance", "precision", "recall", "coverage", "1-NN accuracy"):
        assert line in out
    assert "40 pictures of each kind; pixels averaged down to 16 x 16" in out
    assert "±" not in out  # one subset of 40 has no deviation
    assert "few for a Fréchet distance" in err


def test_json_is_one_line_and_the_same_each_time(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluate(home, "--json")
    evaluate(home, "--json")
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    facts = json.loads(first)
    assert facts["pictures"] == 40
    assert facts["kernel_distance"].keys() == {"mean", "std", "subsets", "size"}
    assert 0 <= facts["precision"] <= 1


def test_with_held_out_pictures_near_copies_are_counted_and_shown(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(home, "--held-out", home / "more.npy", "--neighbors", tmp_path / "near.png", "--json")
    facts = json.loads(capsys.readouterr().out)
    assert facts["memorization"].keys() == {"rate", "held_out_rate", "threshold", "mirrored"}
    with Image.open(tmp_path / "near.png") as sheet:
        assert sheet.width > sheet.height > 64


def test_warnings_name_flags(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluate(home, "--held-out", home / "more.npy", "--samples", "20")
    assert "copies were searched only among 20 of 40 pictures" in (err := " ".join(capsys.readouterr().err.split()))
    assert "raise --samples" in err


def test_the_nearest_pictures_are_shown_without_held_out_ones_too(home: Path, tmp_path: Path) -> None:
    evaluate(home, "--neighbors", tmp_path / "near.png")
    with Image.open(tmp_path / "near.png") as sheet:
        assert sheet.width > sheet.height > 64


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--extractor", "vgg"], "`extractor`"),
        (["--samples", "3"], "`samples` must be 16 or more"),
        (["--neighbors", "near.txt", "--held-out", "x"], "--neighbors near.txt"),
        (["--size", "32"], "`size` is 32, but"),
    ],
)
def test_what_cannot_be_measured_is_refused(words: list[str], expected: str, home: Path) -> None:
    with pytest.raises(DcganError, match=expected):
        evaluate(home, *words)


def test_a_folder_of_samples_is_judged_like_a_model(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, source in (("samples", "more.npy"), ("photos", "discs.npy")):
        (home / folder).mkdir()
        for number, pixels in enumerate(np.load(home / source)):
            Image.fromarray(pixels).save(home / folder / f"{number:03d}.png")
    app(["evaluate", str(home / "samples"), str(home / "photos"), "--extractor", "pixels", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["generated"] == str(home / "samples")
    assert facts["real"] == str(home / "photos")
    assert (facts["pictures"], facts["size"]) == (20, 16)


def test_two_models_are_compared(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["evaluate", str(home / "run"), str(home / "run"), "--extractor", "pixels", "--samples", "32", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["pictures"] == 32
    assert abs(facts["kernel_distance"]["mean"]) < 0.1
    assert facts["frechet_distance"] > 0  # the pictures are others: no seed is used twice


@pytest.fixture(scope="module")
def unseen(home: Path) -> Path:
    np.save(home / "unseen.npy", discs(200)[60:, ..., 0])
    return home / "unseen.npy"


def test_the_parzen_log_likelihood_alone_takes_no_extractor(
    home: Path, unseen: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(home, "--metrics", "parzen", "--held-out", unseen)
    out, err = capsys.readouterr()
    assert [line.partition("  ")[0] for line in out.splitlines()[:2]] == [
        "Parzen log-likelihood",
        "that of real pictures",
    ]
    assert "nats ± standard error, sigma" in out
    assert "does not mean good pictures" in out
    assert "40 pictures of each kind; 126 held-out ones scored in 256 dimensions, 14 more for sigma" in out
    assert "published Parzen log-likelihoods use 10,000 samples; with 40 the value is lower" in " ".join(err.split())


@pytest.mark.parametrize("words", ["--metrics distances,parzen", "--metrics distances --metrics parzen"])
def test_groups_of_metrics_are_named_with_commas_or_one_by_one(
    words: str, home: Path, unseen: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(home, *words.split(), "--held-out", unseen, "--json")
    facts = json.loads(capsys.readouterr().out)
    assert {"frechet_distance", "memorization", "parzen_log_likelihood", "real_parzen_log_likelihood"} <= facts.keys()
    found = facts["parzen_log_likelihood"]
    assert found.keys() == {"mean", "standard_error", "sigma", "dimensions", "samples", "validation", "test"}
    assert (found["samples"], found["validation"], found["test"]) == (40, 14, 126)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--metrics", "fid"], "`metrics` must be distances or parzen or both, not fid"),
        (["--metrics", "parzen"], "name them with `held_out`"),
        (["--metrics", "parzen", "--neighbors", "near.png"], "add distances to --metrics"),
    ],
)
def test_metrics_that_cannot_be_measured_are_refused(words: list[str], expected: str, home: Path) -> None:
    with pytest.raises(DcganError, match=expected):
        evaluate(home, *words)
