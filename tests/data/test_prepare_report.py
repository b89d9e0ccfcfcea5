"""What `prepare` reports, in words, in a notebook and as JSON."""

import json
from dataclasses import replace
from pathlib import Path

from dcgan.data.prepare_report import PrepareReport
from dcgan.sound.spectrogram import SoundFormat

WHOLE = PrepareReport(path=Path("faces"), used=1200, skipped={}, examples={}, ignored={}, seconds=1.234)
MIXED = replace(
    WHOLE,
    skipped={"empty file": 1, "not a picture": 12},
    examples={"empty file": ("a.jpg",), "not a picture": ("<b>.jpg", "two\nlines.jpg")},
    ignored={".txt": 1, "hidden": 3},
)


def test_where_all_is_used_one_line_says_so() -> None:
    assert str(WHOLE) == "1,200 pictures packed: faces"
    assert WHOLE.details == ""


def test_what_was_skipped_stands_below_with_reasons_and_examples_the_most_frequent_first() -> None:
    assert str(MIXED).splitlines() == [
        "1,200 of 1,213 pictures packed, 13 skipped: faces",
        "4 files ignored: 1 .txt, 3 hidden",
        "13 pictures skipped:",
        r"  12  not a picture  '<b>.jpg', 'two\nlines.jpg'",
        "   1  empty file     'a.jpg'",
        f"All of them are listed in {Path('faces') / 'skipped.csv'}",
    ]


def test_frames_of_videos_and_clips_of_recordings_are_called_so() -> None:
    frames, clips = replace(MIXED, fps=2.0), replace(MIXED, sound=SoundFormat(8000, 0.5))
    assert frames.headline == "1,200 of 1,213 frames packed, 13 skipped: faces"
    assert "13 frames skipped:" in frames.details
    assert clips.headline == "1,200 clips of 0.5 seconds at 8000 Hz packed, 13 skipped: faces"
    assert "13 clips skipped:" in clips.details
    assert "<th>clips</th>" in clips._repr_html_()


def test_in_a_notebook_it_is_a_table_that_no_file_name_can_break() -> None:
    html = MIXED._repr_html_()
    assert html.startswith("<table>")
    assert html.count("<tr>") == 1 + 1 + 2 + 2
    assert "&lt;b&gt;.jpg" in html
    assert "<b>" not in html


def test_as_json_it_has_its_numbers_and_paths() -> None:
    facts = json.loads(json.dumps(MIXED.to_dict()))
    assert facts["skipped"] == {"empty file": 1, "not a picture": 12}
    assert (facts["used"], facts["seconds"]) == (1200, 1.23)
