"""The benchmark of the paper's claims trains nets of its own with the recipes of its rows."""

from pathlib import Path

import pytest
from benchmarks import claims
from benchmarks.results_file import read_results
from tests.training.toys import discs

import dcgan


def test_rows_of_other_nets_and_other_recipes_are_trained_measured_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    small = {"base_channels": 2, "evaluate_samples": 100, "evaluate_extractor": "pixels"}
    monkeypatch.setattr(claims, "BASE", claims.BASE.changed(small))
    monkeypatch.setattr(claims, "CHECKS", 2)
    pictures = discs(100, size=32)
    data = dcgan.prepare(pictures, tmp_path / "discs", dcgan.PrepareOptions(size=32, channels=3)).path
    results = tmp_path / "results.jsonl"
    for _ in range(2):  # what is there is not repeated
        claims.run_all([data], ["paper", "pooling"], [3], 128, tmp_path / "strips", results)
    assert [row["claim"] for row in read_results(results)] == ["paper", "pooling"]
    assert capsys.readouterr().err.count("is in") == 2
    claims.print_table(read_results(results))
    assert "max pooling in D" in capsys.readouterr().out
    assert claims.draw(tmp_path / "strips", "discs", 3).width > 0
    with pytest.raises(SystemExit, match="no samples of discs with seed 4: make them with `run --strips`"):
        claims.draw(tmp_path / "strips", "discs", 4)
