import base64
import math
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from PIL import Image

from dcgan.figures.films import film
from dcgan.figures.html_page import duration
from dcgan.figures.report import ReportFacts, report
from dcgan.figures.report_charts import Record
from dcgan.figures.sheets import picture_bytes

VOID = {"meta", "img"}
PICTURE = picture_bytes(Image.new("RGB", (8, 8), (200, 30, 30)), ".png")


class Page(HTMLParser):
    """The words, pictures and elements of a page; fails where an element is not closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.pictures: dict[str, bytes] = {}
        self.tags: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self._open.append(tag)
        if tag == "img":
            found = dict(attrs)
            self.pictures[found["alt"] or ""] = base64.b64decode((found["src"] or "").partition("base64,")[2])

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and (not self._open or self._open[-1] != "style"):
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(self.words)


def records() -> Iterator[Record]:
    for step in range(1, 11):
        yield {
            "images": 1000 * step,
            "step": step,
            "seconds": 20.0 * step,
            "images_per_second": 50.0,
            "d_real": 0.7,
            "d_fake": 0.3,
            "d_loss": 1.1,
            "g_loss": None if step == 4 else 1.3,
            "d_gradient": 2.0,
            "g_gradient": math.nan if step == 5 else 1.0,
            "diversity": 0.83,
            "learning_rate": 2e-4,
            "rollbacks": 0,
        }


def facts() -> ReportFacts:
    return ReportFacts(
        title="faces & <friends>",
        summary="Ten steps.",
        sheet=PICTURE,
        real=PICTURE,
        snapshots=[("0 images", PICTURE), ("5,000 images", PICTURE)],
        film=PICTURE,
        metrics=list(records()),
        events=[{"kind": "rollback", "images": 4000, "time": "2026-03-02T21:14:05+00:00", "text": "back to 3,000"}],
        recipe={"lr": 2e-4, "batch_size": 64, "images": 1_500_000, "channels_last": True, "epochs": None},
        data={"pictures": 10_000, "label_names": ["a", "b"], "skipped": {"truncated": 3, "empty file": 1}},
        environment={"device": "cpu"},
        commands=[("Draw pictures", "dcgan sample runs/faces --seeds 0-63 --out sheet.png")],
    )


def test_the_page_needs_nothing_from_outside_and_runs_no_script() -> None:
    html = report(facts())
    assert set(re.findall(r"https?://[^\"' ]*", html)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"url\(|@import|<script|<link|\bon\w+=", html)
    assert "default-src 'none'" in html
    assert re.findall(r'src="(.{11})', html) == ["data:image/"] * 5


def test_every_element_is_closed_and_text_is_escaped() -> None:
    page = Page(report(facts()))
    assert "faces & <friends>" in page.words
    assert "friends" not in page.tags


def test_pictures_are_those_given_with_their_captions() -> None:
    pictures = Page(report(facts())).pictures
    assert set(pictures.values()) == {PICTURE}
    assert {"0 images", "5,000 images", "Real pictures, for comparison"} < set(pictures)


@pytest.mark.parametrize(("suffix", "kind"), [(".png", "png"), (".jpg", "jpeg"), (".webp", "webp")])
def test_the_type_of_a_picture_is_told_by_its_content(suffix: str, kind: str) -> None:
    picture = picture_bytes(Image.new("RGB", (8, 8)), suffix)
    assert f'src="data:image/{kind};base64,' in report(ReportFacts(title="t", sheet=picture))


def test_a_picture_of_an_unknown_kind_is_skipped() -> None:
    with pytest.raises(ValueError, match="not a PNG, WebP, GIF or JPEG"):
        report(ReportFacts(title="t", sheet=b"BM"))


def test_the_last_record_gives_the_numbers_on_top() -> None:
    text = Page(report(facts())).text
    for words in ("images seen 10,000", "time 3 min 20 s", "images a second 50", "diversity 0.83", "roll-backs 0"):
        assert words in text


def test_curves_are_drawn_of_what_was_recorded() -> None:
    page = Page(report(facts()))
    assert page.tags.count("svg") == 5  # the learning rate never changed
    assert {"D(x)", "D(G(z))", "Losses", "Gradient norms", "Diversity", "Speed"} <= set(page.words)
    only = [{"images": 1.0, "diversity": 0.5}, {"images": 2.0, "diversity": 0.6}]
    assert Page(report(ReportFacts(title="t", metrics=only))).tags.count("svg") == 1


def test_a_rollback_is_marked_in_the_curves_and_the_learning_rate_shown() -> None:
    metrics: list[Record] = [
        {"images": 1000.0, "rollbacks": 0, "learning_rate": 2e-4},
        {"images": 2000.0, "rollbacks": 0, "learning_rate": 2e-4},
        {"images": 1500.0, "rollbacks": 1, "learning_rate": 1e-4},
        {"images": 4000.0, "rollbacks": 1, "learning_rate": 1e-4},
    ]
    html = report(ReportFacts(title="t", metrics=metrics))
    assert "Learning rate" in Page(html).words
    assert len(re.findall("stroke-dasharray", html)) == 1


def test_events_are_told_in_words_with_place_and_time() -> None:
    text = Page(report(facts())).text
    assert "Rolled back back to 3,000 at 4,000 images · 2026-03-02 21:14 UTC" in text
    assert "Nothing went wrong" not in text


def test_a_place_that_the_text_names_is_not_told_twice() -> None:
    event = {"kind": "resumed", "images": 4000, "text": "resumed at 4,000 images"}
    assert Page(report(ReportFacts(title="t", events=[event]))).text.count("4,000 images") == 1


def test_an_event_of_a_new_kind_is_told_by_its_name() -> None:
    assert "Eclipse" in Page(report(ReportFacts(title="t", events=[{"kind": "eclipse", "time": "noon"}]))).words


def test_a_run_without_events_says_so() -> None:
    assert "Nothing went wrong" in Page(report(ReportFacts(title="t"))).words


def test_tables_write_values_for_people_and_the_recipe_as_it_is_typed() -> None:
    text = Page(report(facts())).text
    for words in ("lr 0.0002", "batch_size 64", "images 1500000", "channels_last yes", "epochs –"):
        assert words in text
    for words in ("pictures 10,000", "label names a, b", "skipped truncated: 3, empty file: 1", "device cpu"):
        assert words in text


def test_commands_stand_ready_to_be_copied() -> None:
    assert "dcgan sample runs/faces --seeds 0-63 --out sheet.png" in Page(report(facts())).words


def test_what_is_not_known_is_left_out() -> None:
    page = Page(report(ReportFacts(title="bare")))
    assert not page.pictures
    assert not {"svg", "table", "code"} & set(page.tags)


def test_a_report_embeds_a_film(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("run") / "film.webp"
    film([Image.new("RGB", (8, 8), (shade, 0, 0)) for shade in (0, 200)], path)
    assert path.read_bytes() in Page(report(ReportFacts(title="t", film=path.read_bytes()))).pictures.values()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (42.4, "42 s"),
        (59.7, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (18_725, "5 h 12 min"),
        (183_600, "2 d 3 h"),
    ],
)
def test_durations_are_told_in_two_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words
