"""`dcgan export --to` and `dcgan import` of checkpoints: what they write, answer and refuse."""

import json
import re
from pathlib import Path

import pytest
import torch
from tests.export.lively import lively_model
from tests.test_checkpoint_import import D, G

from dcgan.cli import app
from dcgan.errors import DcganError, UsageError
from dcgan.loading import load


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lively_model().save("model")


def test_onnx_files_are_written_and_their_difference_told(capsys: pytest.CaptureFixture[str]) -> None:
    app(["export", "model", "--to", "onnx", "--out", "out"])
    out = capsys.readouterr().out
    assert out.startswith("exported generator.onnx and discriminator.onnx (opset 18), 0.0 MB: out\n")
    assert "their outputs differ from torch's by" in out
    app(["export", "model", "--to", "onnx", "--out", "out", "--overwrite", "--dtype", "float16", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["format"] == "onnx"
    assert facts["dtype"] == "float16"
    assert facts["files"].keys() == {"generator.onnx", "discriminator.onnx", "export.json"}
    assert facts["differences"].keys() == {"generator.onnx", "discriminator.onnx"}
    card = json.loads(Path("out/export.json").read_text())
    assert card["identity"] == load("model").identity


def test_a_page_is_written_with_the_concepts_that_are_axes(capsys: pytest.CaptureFixture[str]) -> None:
    Path("concepts.toml").write_text("[wide]\naxis = [1, 0, 0, 0, 0, 0]\n[mine]\nseeds = [1, 2, 3]\n")
    app(["export", "model", "--to", "web", "--out", "page", "--concepts", "concepts.toml", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["axes"] == ["wide"]
    assert facts["dtype"] == "float16"
    assert facts["gray_levels"]["max"] <= 1
    app(["export", "model", "--to", "web", "--out", "page", "--overwrite", "--dtype", "float32"])
    out = capsys.readouterr().out
    assert "open page/index.html in a browser\nits pictures differ from torch's by 0 gray levels at most" in out
    assert '"direction 6"' in Path("page/model.js").read_text()


def test_programs_of_torch_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    app(["export", "model", "--to", "pt2", "--out", "out"])
    assert capsys.readouterr().out.startswith("exported generator.pt2 and discriminator.pt2")


def test_checkpoints_come_in_and_go_out(capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(G.state_dict(), "netG.pth")
    torch.save(D.state_dict(), "netD.pth")
    app(["import", "netG.pth", "--discriminator", "netD.pth", "--out", "tutorial"])
    assert "imported a model for 64x64 pictures: tutorial\nsample: dcgan sample tutorial" in capsys.readouterr().out
    app(["export", "tutorial", "--to", "state-dict", "--out", "back"])
    assert capsys.readouterr().out.startswith("exported netG.pth and netD.pth, ")
    app(["import", "netG.pth", "--out", "alone", "--latent-distribution", "uniform"])
    out = capsys.readouterr().out
    assert "untrained: the discriminator" in out
    assert "sample: dcgan sample alone" in out
    assert load("alone").latent_distribution == "uniform"


def test_what_a_folder_is_made_from_is_never_replaced_by_it() -> None:
    app(["export", "model", "--out", "copy"])
    torch.save(G.state_dict(), "copy/netG.pth")
    with pytest.raises(DcganError, match=r"copy is where copy/netG.pth is read from; name another folder"):
        app(["import", "copy/netG.pth", "--out", "copy", "--overwrite"])
    with pytest.raises(DcganError, match=r"copy is where copy is read from; name another folder"):
        app(["export", "copy", "--out", "copy", "--overwrite", "--dtype", "float16"])
    assert Path("copy/netG.pth").is_file()


def test_concepts_without_an_axis_make_no_sliders() -> None:
    app(["concepts", "model", "a: 1,2,3", "--out", "a.toml"])
    with pytest.raises(UsageError, match="`concepts` has no axis"):
        app(["export", "model", "--to", "web", "--out", "page", "--concepts", "a.toml"])
    assert not Path("page").exists()


def test_a_net_that_could_not_be_written_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    app(["export", "model", "--to", "state-dict", "--out", "out"])
    told = capsys.readouterr()
    assert "warning: netG.pth was not written: batch norm of its stem" in " ".join(told.err.split())
    assert told.out.startswith("exported netD.pth, ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "onnx", "--out", "x.onnx"], "--out x.onnx: an exported model is a folder of several files"),
        (["--to", "web", "--out", "page.html"], "an exported model is a folder of several files"),
        (["--out", "out", "--concepts", "c.toml"], "`concepts` become sliders of a page"),
        (["--to", "pt2", "--out", "out", "--dtype", "float16"], "`dtype` float16 is for model, onnx and web"),
    ],
)
def test_wrong_use_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        app(["export", "model", *words])
    assert not Path("out").exists()


def test_flags_of_checkpoints_do_not_go_with_a_folder() -> None:
    Path("release").mkdir()
    with pytest.raises(UsageError, match="`discriminator` goes with a checkpoint, and release is a folder"):
        app(["import", "release", "--discriminator", "netD.pth", "--out", "out"])


def test_a_full_disk_is_told_by_the_flag_and_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DcganError, match="cannot write --out out: No space left on device"):
        app(["export", "model", "--to", "onnx", "--out", "out"])
    assert sorted(path.name for path in Path().iterdir()) == ["model"]


@pytest.mark.parametrize("form", ["model", "onnx", "web", "pt2", "state-dict"])
def test_a_bar_shows_each_step_until_all_are_done(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    app(["export", "model", "--to", form, "--out", "out"])
    bar = re.search(r"exporting.* (\d+)/(\d+)", capsys.readouterr().err)
    assert bar
    assert bar[1] == bar[2]
