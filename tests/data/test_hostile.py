"""Whatever a folder holds: the preparation ends well, and every picture is used or listed with its reason."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from tests.data.hostile import ENTRIES, IGNORED, USED, Entry, build

from dcgan.data.decode import Decoded, DecodeOptions, decode
from dcgan.data.items import Skipped
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.prepare_report import PrepareReport

Outcome = tuple[list[Entry], PrepareReport, PackedSet]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    root = tmp_path_factory.mktemp("hostile")
    entries = build(root / "in")
    report = prepare(root / "in", root / "out", PrepareOptions(size=16))
    return entries, report, PackedSet.open(root / "out")


def test_the_folder_is_hostile_enough() -> None:
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES) >= 100


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: ascii(entry.name[-30:]))
def test_each_file_is_used_skipped_with_the_right_reason_or_ignored(outcome: Outcome, entry: Entry) -> None:
    entries, _, packed = outcome
    if entry not in entries:
        pytest.skip("this file system cannot hold the name")
    rows = [row for row in packed.index().to_pylist() if row["name"] == entry.listed_as]
    if entry.expected == IGNORED:
        assert rows == []
        return
    (row,) = rows
    assert (row["reason"] or row["status"]) == entry.expected, row["detail"]
    assert (row["row"] >= 0) == (row["crop_box"] is not None) == (row["status"] == USED)


def test_the_report_counts_what_the_index_lists(outcome: Outcome) -> None:
    entries, report, packed = outcome
    expected = Counter(str(entry.expected) for entry in entries)
    assert report.used == len(packed) == expected.pop(USED)
    ignored = expected.pop(IGNORED)
    assert report.skipped == expected
    assert sum(report.ignored.values()) == ignored - 1  # a folder without files is not counted


def test_skipped_csv_lists_the_skipped_for_people_without_parquet_tools(outcome: Outcome) -> None:
    _, report, packed = outcome
    with (packed.path / "skipped.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert Counter(row["reason"] for row in rows) == report.skipped
    assert {row["name"] for row in rows} >= {"empty.jpg", "huge.png"}


def test_the_details_do_not_change_from_run_to_run(outcome: Outcome, tmp_path: Path) -> None:
    _, _, packed = outcome
    assert not [row["detail"] for row in packed.index().to_pylist() if row["detail"] and " at 0x" in row["detail"]]
    again = prepare(packed.path.parent / "in", tmp_path / "again", PrepareOptions(size=16), workers=2)
    assert PackedSet.open(again.path).index().equals(packed.index())
    assert (again.path / "pixels.npy").read_bytes() == (packed.path / "pixels.npy").read_bytes()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_channel_count_copes_with_all_of_them(outcome: Outcome, channels: int) -> None:
    entries, _, packed = outcome
    for entry in entries:
        path = packed.path.parent / "in" / entry.name
        if not path.is_file() or entry.expected == IGNORED:
            continue
        result = decode(path.read_bytes(), DecodeOptions(8, channels))
        assert isinstance(result, Decoded if entry.expected == USED else Skipped), (entry.name, result)
        if isinstance(result, Decoded):
            assert result.pixels.shape == (8, 8, channels)
