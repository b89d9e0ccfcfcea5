"""The verbs of the latent space, on a small model."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from cyclopts import CycloptsError
from PIL import Image, ImageSequence
from tests.toy_model import toy_model

from dcgan.cli import app, explain
from dcgan.cli.console import answer
from dcgan.errors import DcganError, LatentError, UsageError
from dcgan.latent.concepts import read_concepts
from dcgan.loading import load


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("latent_distribution")
    toy_model("uniform").save(folder / "model")
    (folder / "concepts.toml").write_text(
        "[a]\nseeds=[1,2,3]\n[b]\nseeds=[4,5,6]\n[one]\nseeds=[7]\n[up]\naxis=[1,0,0,0,0,0]"
    )
    return folder


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))


def run(home: Path, verb: str, *words: object) -> None:
    app([verb, str(home / "model"), *map(str, words)])


def with_concepts(home: Path) -> tuple[str, str]:
    return ("--concepts", str(home / "concepts.toml"))


def test_a_walk_makes_a_figure_a_film_latents_and_a_test(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(
        home,
        "walk",
        "--seeds",
        "1,2,3",
        "--frames",
        4,
        "--out",
        "w.png",
        "--out",
        "w.gif",
        "--out",
        "w.npz",
        "--step-sizes",
        "j.png",
        "--seconds",
        0.2,
        "--fps",
        20,
        "--json",
    )
    facts = json.loads(capsys.readouterr().out)
    assert facts["rows"] == ["1 to 2", "2 to 3"]
    assert len(facts["largest_steps"]) == 2
    with Image.open("w.gif") as film:
        assert getattr(film, "n_frames", 1) == 8
        assert min(film.size) >= 512
    with Image.open("w.png") as figure, Image.open("j.png") as steps:
        assert figure.width > 4 * 64
        assert steps.width > 300
    arrays = np.load("w.npz")
    assert arrays["z"].shape == (8, 6)
    assert np.array_equal(arrays["pixels"][0], load(home / "model").sample([1])[0])


def test_a_walk_of_a_collapsed_model_is_compared_with_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    model = toy_model("uniform")
    for tensor in model.generator.parameters():
        torch.nn.init.zeros_(tensor)
    model.save("collapsed")
    app(["walk", "collapsed", "--frames", "2", "--json"])
    assert json.loads(capsys.readouterr().out)["largest_steps"] is None
    app(["walk", "collapsed", "--frames", "2", "--overwrite"])
    assert "most random samples look alike, so there is nothing to compare" in capsys.readouterr().out


def test_json_has_null_for_what_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    answer("", {"a": float("nan"), "b": [1.5, {"c": float("inf")}], "d": Path("x")}, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [1.5, {"c": None}], "d": "x"}


def test_nine_random_samples_are_the_default_and_have_a_seed(home: Path) -> None:
    for seed, name in ((0, "a.npz"), (0, "b.npz"), (1, "c.npz")):
        run(home, "walk", "--seed", seed, "--frames", 2, "--out", name)
    a, b, c = (np.load(f"{name}.npz")["z"] for name in "abc")
    assert len(a) == 16
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_what_one_verb_wrote_another_goes_on_with(home: Path) -> None:
    run(home, "arithmetic", "a - b + a", *with_concepts(home), "--variations", 2, "--out", "sum.npz")
    run(home, "walk", "--latents", "sum.npz", "--frames", 3, "--out", "walk.npz", "--loop")
    run(home, "turn", "--latents", "sum.npz", "--axis", "up", *with_concepts(home), "--steps", 3, "--out", "turn.npz")
    run(home, "sample", "--latents", "turn.npz", "--out", "again.npz")
    assert np.load("walk.npz")["z"].shape == (9, 6)
    assert np.array_equal(np.load("turn.npz")["pixels"], np.load("again.npz")["pixels"])
    run(home, "sample", "--latents", "sum.npz", "--out", "pictures")
    assert sorted(path.name for path in Path("pictures").iterdir()) == [f"latent-00000{row}.png" for row in range(3)]


def test_a_wall_of_pictures_is_a_loop(home: Path) -> None:
    run(home, "walk", "--seeds", "1,2", "--wall", 4, "--seconds", 0.2, "--fps", 20, "--out", "w.gif", "--out", "w.npz")
    with Image.open("w.gif") as film:
        assert getattr(film, "n_frames", 1) == 8
    z = np.load("w.npz")["z"]
    assert z[0] == pytest.approx(z[-1])


@pytest.mark.parametrize("words", [["--loop"], ["--wall", "4"]])
def test_a_webp_of_a_loop_or_a_wall_is_a_film_and_otherwise_a_figure(home: Path, words: list[str]) -> None:
    run(home, "walk", "--seeds", "1,2", "--seconds", "0.2", "--out", "film.webp", *words)
    with Image.open("film.webp") as film:
        assert getattr(film, "n_frames", 1) > 4
    run(home, "walk", "--seeds", "1,2", "--out", "figure.webp")
    with Image.open("figure.webp") as figure:
        assert getattr(figure, "n_frames", 1) == 1


def test_a_turn_goes_from_one_concept_to_the_other(home: Path) -> None:
    run(
        home,
        "turn",
        "--from",
        "a",
        "--to",
        "b",
        *with_concepts(home),
        "--seeds",
        "1-3",
        "--steps",
        3,
        "--out",
        "t.npz",
        "--out",
        "t.png",
    )
    z = np.load("t.npz")["z"].reshape(3, 3, 6)
    model = load(home / "model")
    axis = model.latents([4, 5, 6]).mean(axis=0) - model.latents([1, 2, 3]).mean(axis=0)
    assert z[:, 2] - z[:, 1] == pytest.approx(np.tile(axis, (3, 1)), abs=1e-5)
    assert Path("t.png").exists()


def test_a_film_to_and_fro(home: Path) -> None:
    run(
        home,
        "turn",
        "--axis",
        "up",
        *with_concepts(home),
        "--seeds",
        "1-2",
        "--seconds",
        0.5,
        "--fps",
        20,
        "--out",
        "t.gif",
    )
    with Image.open("t.gif") as film:
        assert sum(frame.info["duration"] for frame in ImageSequence.Iterator(film)) == 500  # the ends are held


def test_concepts_by_hand_from_a_numbered_sheet(home: Path) -> None:
    run(home, "concepts", "--show", "0-19", "--sheet", "numbered.png")
    run(home, "concepts", "mine: 3, 5,7-8", "--out", "mine.toml", "--sheet", "mine.png")
    run(home, "concepts", "other: 9", "--out", "mine.toml")
    known = read_concepts(Path("mine.toml"), load(home / "model"))
    assert known["mine"].entry == {"seeds": [3, 5, 7, 8]}
    assert [*known] == ["mine", "other"]
    assert Path("numbered.png").exists()
    assert Path("mine.png").exists()


def bright_and_dark(folder: Path, model: Path) -> Path:
    """Pictures of the model itself, sorted by the mean of their red."""
    pixels = load(model).sample(range(300))
    red = pixels[..., 0].mean(axis=(1, 2))
    for name, rows in (("bright", np.argsort(red)[200:]), ("dark", np.argsort(red)[:100])):
        (folder / name).mkdir(parents=True)
        for row in rows:
            Image.fromarray(pixels[row]).save(folder / name / f"{row}.png")
    return folder


def test_concepts_and_axes_from_labeled_pictures(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = bright_and_dark(Path("pictures"), home / "model")
    words = ("--source", source, "--pool", 400, "--out", "found.toml")
    run(home, "concepts", "red: bright", "pale: dark", *words, "--examples", 20, "--sheet", "found.png", "--json")
    facts = json.loads(capsys.readouterr().out)
    assert facts["accuracy"]["bright"] > 0.8
    run(home, "concepts", "redder: bright", "--axis", *words)
    model = load(home / "model")
    known = read_concepts(Path("found.toml"), model)
    means = {name: model.generate(known[name].z)[..., 0].mean() for name in ("red", "pale")}
    assert means["red"] > means["pale"] + 5
    z = model.latents(range(1000, 1050))
    lifted = model.generate(z + known["redder"].mean)[..., 0].mean() - model.generate(z)[..., 0].mean()
    assert lifted > 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["walk", "--seeds", "5"], "must name 2 to 1000 samples, not 1"),
        (["walk", "--seeds", "x"], "--seeds"),
        (["walk", "--seeds", "99999999999999999999,1"], "2\\^63"),
        (["walk", "--frames", "1"], "--frames must be 2 to 1000"),
        (["walk", "--seeds", "0-5000"], "2 to 1000 samples"),
        (["walk", "--out", "a.png", "--step-sizes", "a.png"], "named twice"),
        (["walk", "--step-sizes", "j.txt"], "--step-sizes j.txt"),
        (["walk", "--step-sizes", "j.npz"], "--step-sizes j.npz"),
        (["turn", "--from", "a", "--to", "b", "--seconds", "3600", "--out", "t.gif"], "more than 100,000 frames"),
        (["turn", "--from", "a", "--to", "b", "--seconds", "nan"], "--seconds must be above 0 and at most 3600"),
        (["turn", "--from", "a", "--to", "b", "--seconds", "inf", "--out", "t.gif"], "--seconds must be above 0"),
        (["turn", "--from", "a", "--to", "up"], "between two concepts of samples, and up is an axis"),
        (["walk", "--seeds", "9" * 5000 + ",1"], "a number has 5,000 digits"),
        (["walk", "--out", "a.png", "--out", "x/../a.png"], "named twice"),
        (["walk", "--out", "a.png", "--step-sizes", "x/../a.png"], "named twice"),
        (["concepts", "--show", "0-3", "--sheet", "s.png", "--source", "x", "--axis"], "--source, --axis must go with"),
        (["concepts", "--show", "0-3", "--sheet", "s.png", "--out", "z.toml"], "--out must go with definitions"),
        (["concepts", "--pool", "-5"], "--pool must go with definitions"),
        (["concepts", "--out", "none.toml"], "cannot read concepts from none.toml"),
        (["concepts", "c: 1,2,3", "--out", "/proc/c.toml"], "cannot write --out /proc/c.toml"),
        (["concepts", "--sheet", "s.png"], "go with definitions"),
        (["walk", "--out", "a.gif", "--fps", "60"], "50 frames a second"),
        (["arithmetic", " + ".join(["a"] * 13)], "13 terms"),
        (["concepts", "--show", "1-3", "c: 1"], "give definitions in another call"),
        (["concepts", "c: 1,2,3", "--source", "drawn-faces"], "is for definitions by conditions"),
        (["concepts", "c: 1,2,3", "--examples", "50", "--pool", "90"], "--examples and --pool would change nothing"),
        (
            ["concepts", "c: x", "--axis", "--source", "drawn-faces", "--examples", "5"],
            "--examples would change nothing",
        ),
        (["walk", "--out", "w.txt"], "--out w.txt: name a file"),
        (
            ["walk", "--seconds", "3", "--fps", "20", "--out", "w.png"],
            "--seconds and --fps would change nothing without a",
        ),
        (["walk", "--loop", "--seconds", "3", "--out", "w.png"], "--seconds would change nothing without a film"),
        (["turn", "--axis", "up", "--fps", "20", "--out", "t.webp"], "--fps would change nothing without a film"),
        (["walk", "--seeds", "1,2", "--seed", "7"], "--seed chooses nine random samples"),
        (["walk", "--theme", "pink"], '"pink" for --theme. Choose from'),
        (["walk", "--fps", "0"], "--fps"),
        (["walk", "--wall", "0"], "--wall"),
        (["walk", "--seconds", "3600", "--out", "w.gif"], "more than 100,000 frames"),
        (["walk", "--seconds", "nan"], "--seconds"),
        (["walk", "--latents", "none.npz"], "No such file"),
        (["walk", "--seeds", "1,2", "--latents", "x.npz"], "leave one out"),
        (["walk", "--device", "cpux"], "--device. It must be auto"),
        (["arithmetic", "a - nobody"], "no concept 'nobody'.* has a, b, one, up"),
        (["arithmetic", "a-b"], "a minus needs spaces"),
        (["arithmetic", "a +"], "does not parse"),
        (["arithmetic", "- a"], ""),
        (["arithmetic", "a", "--variations", "-1"], "--variations must be 0 to 99, not -1"),
        (["arithmetic", "a", "--noise", "11"], "--noise must be 0 to 10, not 11"),
        (["arithmetic", "a", "--seed", "-1"], "--seed must be a whole number from 0 to 2.63 - 1, not -1"),
        (["walk", "--seed", "-1"], "--seed must be a whole number from 0 to 2.63 - 1, not -1"),
        (["arithmetic", "a", "--out", "a.mp4"], "--out a.mp4"),
        (["turn", "--from", "a"], "--to CONCEPT"),
        (["turn", "--axis", "a"], "not an axis"),
        (["turn", "--axis", "up", "--from", "a", "--to", "b"], "name the axis"),
        (["turn", "--from", "a", "--to", "b", "--steps", "1"], "--steps"),
        (["turn", "--from", "a", "--to", "b", "--strength", "0"], "--strength"),
        (["concepts"], "give definitions"),
        (["concepts", "--show", "1-3"], "--sheet FILE"),
        (["concepts", "cat"], "is not a definition"),
        (["concepts", "a b: 1"], "a concept cannot be called"),
        (["concepts", "c: 1", "c: 2"], "defined twice"),
        (["concepts", "cat: cat"], "conditions need"),
        (["concepts", "c: 1,2", "--axis"], "leave --axis out"),
        (["concepts", "c: 5-1"], "backwards"),
        (["concepts", "c: 1", "--examples", "0"], "--examples must be 1 or more, not 0"),
        (["concepts", "c: 1", "--pool", "2"], "--pool must be 9, as many as --examples"),
        (["concepts", "c: cat", "--axis", "--source", "x", "--sheet", "s.png"], "an axis has no pictures"),
        (["concepts", "c: 1", "--show", "1-3"], "only makes a sheet"),
    ],
)
def test_mistakes_are_named(home: Path, words: list[str], message: str) -> None:
    verb, *rest = words
    extra = with_concepts(home) if verb in ("arithmetic", "turn") else ()
    if not message:
        run(home, verb, *rest, *extra)
        assert Path("arithmetic.png").exists()
        return
    with pytest.raises((DcganError, CycloptsError)) as caught:
        run(home, verb, *rest, *extra)
    assert re.search(message, explain(caught.value, words)[0])


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["walk", "--frames", "1"], UsageError),
        (["arithmetic", "a +"], UsageError),
        (["arithmetic", "a", "--noise", "11"], UsageError),
        (["turn", "--axis", "a"], UsageError),
        (["sample", "--truncation", "2"], UsageError),
        (["concepts", "c: 5-1"], UsageError),
        (["arithmetic", "nobody"], LatentError),
        (["walk", "--latents", "none.npz"], LatentError),
    ],
)
def test_wrong_use_is_told_from_what_is_missing(home: Path, words: list[str], error: type[DcganError]) -> None:
    verb, *rest = words
    with pytest.raises(error):  # the first ends with exit status 2, the second with 1
        run(home, verb, *rest, *(with_concepts(home) if verb in ("arithmetic", "turn") else ()))


def test_without_a_file_of_concepts_the_models_own_is_taken(home: Path, tmp_path: Path) -> None:
    with pytest.raises(LatentError, match="no file of `concepts` was given"):
        run(home, "arithmetic", "a")
    toy_model("uniform").save(tmp_path / "model")
    (tmp_path / "model" / "concepts.toml").write_text("[mine]\nseeds = [1, 2, 3]")
    app(["arithmetic", str(tmp_path / "model"), "mine"])


@pytest.mark.parametrize(
    ("name", "near"),
    [("long hair", "such as long-hair"), ("2 cats", "such as cats"), ("a+b", "such as a-b"), ("?!", "")],
)
def test_a_name_that_no_formula_can_read_is_refused_with_the_reason(home: Path, name: str, near: str) -> None:
    with pytest.raises(UsageError, match="formulas use signs and spaces") as caught:
        run(home, "concepts", f"{name}: 3,17,40")
    assert str(caught.value).endswith(near or "digits, _ and -")


@pytest.mark.parametrize(("words", "expected"), [((), 60), (("--loop",), 120)])
def test_the_frames_of_a_film_are_counted_from_sample_to_sample(
    home: Path, words: tuple[str, ...], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    monkeypatch.setattr(sys.modules["dcgan.cli.walk"], "check_film", lambda frames, _: counted.append(frames))
    run(home, "walk", "--seeds", "3,17", "--seconds", "2", "--fps", "30", "--out", "w.gif", *words)
    assert counted == [expected]


def test_concepts_of_another_model_in_this_folder_are_not_listed(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(home, "concepts", "theirs: 1,2,3")
    toy_model("normal").save(tmp_path / "other")
    (tmp_path / "other" / "concepts.toml").write_text("[mine]\nseeds = [1, 2, 3]")
    capsys.readouterr()
    app(["concepts", "other", "--json"])
    assert json.loads(capsys.readouterr().out)["concepts"] == {"mine": "3 samples"}
    run(home, "concepts", "--json")
    assert json.loads(capsys.readouterr().out)["concepts"] == {"theirs": "3 samples"}


def test_a_concept_of_one_sample_is_warned_of(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "arithmetic", "one + a", *with_concepts(home))
    assert "the concept one has fewer than 3 different samples" in " ".join(capsys.readouterr().err.split())


def test_a_model_without_its_training_is_exported_whole_or_in_half(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(home, "export", "--out", "whole")
    run(home, "export", "--out", "half", "--dtype", "float16", "--json")
    facts = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert load(Path("whole")).identity == load(home / "model").identity
    assert load(Path("half")).identity == facts["identity"] != load(Path("whole")).identity
    with pytest.raises(DcganError, match="half exists; name another folder, or replace it with `overwrite`"):
        run(home, "export", "--out", "half")
    run(home, "export", "--out", "half", "--overwrite")
    assert load(Path("half")).identity == load(home / "model").identity


@pytest.mark.parametrize("name", ["model.onnx", "model.pt", "model.safetensors"])
def test_a_model_is_not_exported_as_if_it_were_a_file(home: Path, name: str) -> None:
    with pytest.raises(DcganError, match=rf"--out {name}: a model is a folder of several files; name it without"):
        run(home, "export", "--out", name)
    assert not Path(name).exists()


def test_the_model_that_comes_with_dcgan_adds_up() -> None:
    app(["arithmetic", "faces", "glasses - plain + hat"])
    app(["walk", "faces", "--seeds", "1,2", "--frames", "2"])
    assert Path("arithmetic.png").exists()
    assert Path("walk.png").exists()


def test_concepts_are_listed(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "concepts", "--out", home / "concepts.toml", "--json")
    kinds = json.loads(capsys.readouterr().out)["concepts"]
    assert kinds == {"a": "3 samples", "b": "3 samples", "one": "1 sample", "up": "an axis"}
    app(["concepts", "faces"])
    assert "glasses-axis" in capsys.readouterr().out


def test_a_concept_of_few_different_seeds_is_warned_of_at_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "concepts", "few: 1,1,1")
    assert "fewer than 3 different samples" in " ".join(capsys.readouterr().err.split())


def test_an_exported_model_keeps_its_concepts_where_they_are_its_own(home: Path, tmp_path: Path) -> None:
    toy_model("uniform").save(tmp_path / "model")
    (tmp_path / "model" / "concepts.toml").write_text("[mine]\nseeds = [1, 2, 3]")
    app(["export", "model", "--out", "whole"])
    app(["export", "model", "--out", "half", "--dtype", "float16"])
    assert (tmp_path / "whole" / "concepts.toml").read_text() == "[mine]\nseeds = [1, 2, 3]"
    assert not (tmp_path / "half" / "concepts.toml").exists()
