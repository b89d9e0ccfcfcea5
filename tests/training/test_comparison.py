"""Runs compared: what differs, what came of it, and the page that shows it."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.figures.test_report import Page
from tests.training.toys import TOY, discs

import dcgan
from dcgan.errors import RunError, UsageError
from dcgan.training.comparison import Comparison


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(folder / "cache"))
        dcgan.train(discs(), folder / "slow", replace(TOY, lr=1e-5))
        dcgan.train(discs(), folder / "fast", replace(TOY, lr=1e-3, images=128))
        dcgan.train(discs(30), folder / "more", TOY)
    return folder


@pytest.fixture
def comparison(runs: Path) -> Comparison:
    return dcgan.compare(runs / "slow", runs / "fast")


def test_what_differs_is_named_with_its_values(runs: Path, comparison: Comparison) -> None:
    assert comparison.differences == {"lr": (1e-5, 1e-3), "images": (64, 128)}
    other = dcgan.compare(runs / "slow", runs / "more").differences
    assert set(other) == {"lr", "pictures"}
    assert re.fullmatch(r"array .*, 24 of them, \w{8}", str(other["pictures"][0]))
    assert "same recipe" in dcgan.compare(runs / "slow", copy_of(runs / "slow", runs / "twin")).page()


def test_results_are_the_last_of_each_run(runs: Path, comparison: Comparison) -> None:
    slow, fast = (run.results() for run in comparison.runs)
    last = json.loads((runs / "slow" / "metrics.jsonl").read_text().splitlines()[-1])
    assert (slow["images"], slow["seconds"], slow["diversity"]) == (64, last["seconds"], last["diversity"])
    assert slow["images_per_second"] == pytest.approx(64 / last["seconds"])
    assert (fast["images"], fast["ending"]) == (128, "finished")


def test_the_least_kernel_distance_counts(runs: Path) -> None:
    run = copy_of(runs / "fast", runs / "measured")
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for line, distance in zip(lines, (0.5, 0.2, None, 0.3), strict=False):
        line["kernel_distance"] = distance
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    measured, plain = (each.results() for each in dcgan.compare(run, runs / "slow").runs)
    assert (measured["kernel_distance"], measured["kernel_distance_at"]) == (0.2, 32)
    assert plain["kernel_distance"] is None


def test_sheets_are_those_of_the_same_moment(comparison: Comparison) -> None:
    slow, fast = comparison.runs
    for run in (slow, fast):
        assert [path.stem for path in (run.at("images", 32), run.at("images", 47)) if path] == ["0000000032"] * 2
        assert run.at("images", 15) is None
        assert run.at("minutes", 60) == run.sheets[-1]
        assert run.at("minutes", 0) is None


def test_the_page_has_tables_sheets_and_a_line_for_each_run(comparison: Comparison, tmp_path: Path) -> None:
    comparison.write(tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text())
    assert "They differ in lr, images." in page.text
    assert "1e-05" in page.text
    assert page.pictures["slow"] == comparison.runs[0].sheets[-1].read_bytes()
    assert page.pictures["fast, 64 images"] == (comparison.runs[1].sheets[3].read_bytes())
    assert "Where the shortest run ends: 64 images" in page.text
    charts = [words for words in page.words if words.startswith("The discriminator's belief")]
    assert charts == ["The discriminator's belief: D(x)", "The discriminator's belief: D(G(z))"]
    assert "minutes of training" in dcgan.compare(*(run.path for run in comparison.runs), x_axis="minutes").page()
    assert comparison._repr_html_().startswith("<iframe srcdoc=")


def test_it_prints_as_a_table(comparison: Comparison) -> None:
    lines = str(comparison).splitlines()
    assert [line.split() for line in lines[:3]] == [["slow", "fast"], ["lr", "1e-05", "0.001"], ["images", "64", "128"]]
    assert len(set(map(len, lines))) == 1
    assert not any("kernel" in line for line in lines)


def test_a_run_that_has_just_begun_can_be_compared(runs: Path) -> None:
    begun = copy_of(runs / "slow", runs / "begun")
    for name in ("metrics.jsonl", "events.jsonl"):
        (begun / name).unlink()
    shutil.rmtree(begun / "sheets")
    comparison = dcgan.compare(begun, runs / "fast")
    assert comparison.runs[0].results()["ending"] == "not ended"
    assert "begun: no sheet yet" in Page(comparison.page()).text
    Page(dcgan.compare(begun, copy_of(begun, runs / "begun too")).page())


def test_runs_of_one_name_are_told_apart_by_their_folders(runs: Path) -> None:
    for parent in ("a", "b"):
        copy_of(runs / "slow", runs / parent / "run")
    assert [run.name for run in dcgan.compare(runs / "a/run", runs / "b/run").runs] == ["a/run", "b/run"]


def test_mistakes_are_named(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two `runs` or more, not 1"):
        dcgan.compare(runs / "slow")
    with pytest.raises(UsageError, match="named twice"):
        dcgan.compare(runs / "slow", runs / "fast" / ".." / "slow")
    with pytest.raises(UsageError, match="`x_axis` must be images or minutes, not 'hours'"):
        dcgan.compare(runs / "slow", runs / "fast", x_axis="hours")  # type: ignore[arg-type]  # that is the mistake
    with pytest.raises(RunError, match="is not a run"):
        dcgan.compare(runs / "slow", tmp_path)


def copy_of(run: Path, to: Path) -> Path:
    shutil.copytree(run, to, dirs_exist_ok=True)
    return to
