"""`dcgan compare`, on two tiny runs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.training.toys import TOY, discs

import dcgan
from dcgan.cli import app
from dcgan.errors import DcganError, UsageError


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(folder / "cache"))
        for seed in (0, 1):
            dcgan.train(discs(), folder / f"seed-{seed}", replace(TOY, seed=seed, images=16))
    return [str(folder / f"seed-{seed}") for seed in (0, 1)]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_it_writes_a_page_and_prints_the_table(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    app(["compare", *runs])
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["seed-0", "seed-1"]
    assert out[1].split() == ["seed", "0", "1"]
    assert out[-1] == "compared: compare.html"
    assert "<h1>seed-0 · seed-1</h1>" in Path("compare.html").read_text()


def test_json_has_results_and_differences(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    app(["compare", *runs, "--x-axis", "minutes", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["differences"] == {"seed": [0, 1]}
    assert [(run["run"], run["images"]) for run in facts["runs"]] == [(runs[0], 16), (runs[1], 16)]


def test_mistakes_are_named_and_nothing_is_replaced(runs: list[str]) -> None:
    Path("compare.html").write_text("mine")
    with pytest.raises(DcganError, match=r"--out compare\.html exists"):
        app(["compare", *runs])
    assert Path("compare.html").read_text() == "mine"
    app(["compare", *runs, "--overwrite"])
    assert Path("compare.html").read_text() != "mine"
    with pytest.raises(UsageError, match="two `runs` or more, not 1"):
        app(["compare", runs[0], "--out", "one.html"])
    with pytest.raises(UsageError, match=r"ends in .html"):
        app(["compare", *runs, "--out", "page.png"])
