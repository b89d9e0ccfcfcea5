import math
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan.figures.axes import Axis, short
from dcgan.figures.curves import COLORS, Point, curves, page
from dcgan.figures.theme import THEMES

SVG = "{http://www.w3.org/2000/svg}"


def draw(points: list[Point], **options: object) -> ET.Element:
    return ET.fromstring(curves({"line": points}, "Title", "x", "y", **options))  # type: ignore[arg-type]


def line(svg: ET.Element) -> list[list[Point]]:
    """The stretches of the first line as they lie in the drawing."""
    paths = [path.get("d", "") for path in svg.iter(f"{SVG}path") if path.get("stroke") == COLORS[0]]
    stretches = paths[1].split("M")[1:] if len(paths) > 1 else []  # the first is the legend's
    found = []
    for stretch in stretches:
        places = [tuple(map(float, point.split())) for point in stretch.split("L")]
        found.append([(x, y) for x, y in places])
    return found


def texts(svg: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]


def test_points_lie_where_the_axes_say() -> None:
    # x from 0 to 4 is drawn from 52 to 534, y from 0 to 10 from 258 up to 58.
    assert line(draw([(0, 0), (1, 5), (4, 10)])) == [[(52, 258), (172.5, 158), (534, 58)]]


def test_a_logarithmic_axis_gives_every_power_of_ten_the_same_height() -> None:
    assert line(draw([(0, 1), (1, 10), (2, 100)], log_y=True)) == [[(52, 258), (293, 158), (534, 58)]]


def test_title_labels_name_and_last_value_are_written() -> None:
    svg = draw([(0, 0.25), (1, 0.5)])
    assert {"Title", "x", "y", "line0.5"} <= set(texts(svg))
    assert svg.get("aria-label") == "Title"


def test_every_line_has_its_color_and_name() -> None:
    svg = ET.fromstring(curves({"a": [(0, 1), (1, 2)], "b": [(0, 3), (1, 4)]}, "t", "x", "y"))
    assert {"a2", "b4"} <= set(texts(svg))
    assert len([path for path in svg.iter(f"{SVG}path") if path.get("stroke") == COLORS[1]]) == 2


def test_a_legend_of_many_lines_stays_inside_the_drawing() -> None:
    names = ("dcgan", "random", "kmeans", "learned-rf", "exemplar", "pixels", "supervised", "finetuned")
    svg = ET.fromstring(curves({name: [(0, 50), (1, 71.23)] for name in names}, "t", "x", "y"))
    places = {text.text: (float(text.get("x", 0)), float(text.get("y", 0))) for text in svg.iter(f"{SVG}text")}
    assert len({places[name] for name in names}) == len(names)
    assert max(places[name][0] for name in names) < 470


def test_text_is_escaped() -> None:
    svg = ET.fromstring(curves({"<b>&\"'": [(0, 1)]}, 'a<b & "c"', "<x>", "y & z"))
    assert {"<b>&\"'1", 'a<b & "c"', "<x>", "y & z"} <= set(texts(svg))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_leaves_a_gap(bad: float) -> None:
    stretches = line(draw([(0, 0), (1, 1), (2, bad), (3, 1), (4, 0)]))
    assert [[x for x, _ in stretch] for stretch in stretches] == [[52, 172.5], [413.5, 534]]


def test_zero_leaves_a_gap_on_a_logarithmic_axis() -> None:
    assert [len(stretch) for stretch in line(draw([(0, 1), (1, 2), (2, 0), (3, 1), (4, 2)], log_y=True))] == [2, 2]


def test_the_pen_is_lifted_where_x_goes_back() -> None:
    assert [len(stretch) for stretch in line(draw([(0, 1), (1, 2), (2, 0), (1, 3), (2, 3)]))] == [3, 2]


def test_a_point_alone_is_a_dot() -> None:
    (dot,) = draw([(5, 3)]).iter(f"{SVG}circle")
    assert (dot.get("cx"), dot.get("cy")) == ("293.0", "158.0")


@pytest.mark.parametrize("series", [{}, {"line": []}, {"line": [(0, math.nan)]}])
def test_without_a_value_the_chart_says_so(series: dict[str, list[Point]]) -> None:
    assert "nothing recorded" in texts(ET.fromstring(curves(series, "t", "x", "y")))


def test_the_range_asked_for_is_shown_though_the_values_need_less() -> None:
    assert {"0", "0.2", "0.4", "0.6", "0.8", "1"} <= set(texts(draw([(0, 0.4), (1, 0.6)], y_range=(0, 1))))


def test_marks_are_dotted_lines_within_the_axis() -> None:
    svg = draw([(0, 1), (4, 2)], marks=[2, 9])
    (mark,) = [path for path in svg.iter(f"{SVG}path") if path.get("stroke-dasharray")]
    assert mark.get("d") == "M293.0 58V258"


def test_long_lines_are_thinned_and_keep_their_peaks_and_ends() -> None:
    points = [(float(x), 50.0) for x in range(10_001)]
    points[4321] = (4321, 100)
    points[4322] = (4322, 0)
    (stretch,) = line(draw(points))
    assert len(stretch) < 1300
    assert {58, 258} <= {y for _, y in stretch}
    assert (stretch[0][0], stretch[-1][0]) == (52, 534)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (0.7345, "0.735"),
        (950, "950"),
        (999.7, "1k"),
        (999_999, "1M"),
        (12_800, "12.8k"),
        (1_500_000, "1.5M"),
        (-2e9, "-2G"),
        (2e-4, "2e-4"),
        (1e-10, "1e-10"),
        (3e20, "3e20"),
    ],
)
def test_numbers_are_written_short(value: float, text: str) -> None:
    assert short(value) == text


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0, 1], (0, 0.2, 0.4, 0.6, 0.8, 1)),
        ([0.61, 0.74], (0.6, 0.65, 0.7, 0.75)),
        ([3, 40], (0, 10, 20, 30, 40)),
        ([-3, 7], (-4, -2, 0, 2, 4, 6, 8)),
        ([7, 7], (2, 4, 6, 8, 10, 12)),
    ],
)
def test_ticks_are_round_numbers_around_the_values(values: list[float], ticks: tuple[float, ...]) -> None:
    assert Axis.around(values, 0, 100).ticks == ticks


def test_labels_of_near_ticks_differ() -> None:
    labels = [label for _, label in Axis.around([1_200_000, 1_204_000], 0, 100).labeled()]
    assert labels == ["1.2M", "1.201M", "1.202M", "1.203M", "1.204M"]


def test_a_band_reaches_as_far_as_values_scatter() -> None:
    svg = ET.fromstring(curves({"line": [(1, 50), (2, 60), (4, 70)]}, "t", "x", "y", deviations={"line": [5, 2, 0]}))
    (band,) = (path.attrib["d"] for path in svg.iter() if path.attrib.get("d", "").endswith("Z"))
    ys = [float(point.split()[1]) for point in band[1:-1].split("L")]
    (stretch,) = line(svg)
    per_unit = (stretch[0][1] - stretch[2][1]) / 20  # of y in the drawing
    assert [round((low - high) / per_unit / 2, 1) for high, low in zip(ys[:3], ys[:2:-1], strict=True)] == [5, 2, 0]


def test_about_a_point_alone_is_a_bar() -> None:
    svg = ET.fromstring(curves({"line": [(1, 50)]}, "t", "x", "y", deviations={"line": [5]}))
    (bar,) = (path for path in svg.iter() if path.attrib.get("d", "").endswith("Z"))
    assert float(bar.attrib["stroke-width"]) > 0


def test_a_page_puts_charts_side_by_side_on_its_own_ground() -> None:
    charts = [curves({"line": [(1, 2), (3, 4)]}, title, "x", "y") for title in "abc"]
    svg = ET.fromstring(page(charts, THEMES["dark"], columns=2))
    ground, *placed = svg
    assert (svg.attrib["viewBox"], svg.attrib["color"], ground.attrib["fill"]) == ("0 0 1180 660", "#e2e6ec", "#111419")
    assert [(chart.attrib["x"], chart.attrib["y"]) for chart in placed] == [("20", "20"), ("600", "20"), ("20", "340")]
    assert all("style" not in chart.attrib for chart in placed)  # as wide as it was told, not as the page


@given(
    points=st.lists(st.tuples(st.floats(), st.floats()), max_size=30),
    log_y=st.booleans(),
    marks=st.lists(st.floats(), max_size=2),
)
def test_any_values_give_a_drawing_inside_its_frame(points: list[Point], log_y: bool, marks: list[float]) -> None:
    svg = curves({"line": points}, "t", "x", "y", log_y, marks=marks)
    ET.fromstring(svg)
    assert not re.search(r"\b(nan|inf)\b", svg)
    for x, y in [point for stretch in line(ET.fromstring(svg)) for point in stretch]:
        assert 52 <= x <= 534
        assert 58 <= y <= 258


@pytest.mark.parametrize(("shares", "deviation"), [([90, 97], 8.0), ([100, 100], 0.0), ([0, 0], 0.0), ([3, 99], 4.0)])
def test_shares_have_neither_a_band_nor_an_axis_beyond_0_and_100(shares: list[float], deviation: float) -> None:
    points = list(enumerate(shares))
    svg = ET.fromstring(
        curves({"line": points}, "t", "x", "y", y_limits=(0, 100), deviations={"line": [deviation] * 2})
    )
    ticks = [float(text) for text in texts(svg) if re.fullmatch(r"-?[\d.]+", text)]
    assert ticks
    assert all(0 <= tick <= 100 for tick in ticks)
    band = next(path.get("d", "") for path in svg.iter(f"{SVG}path") if path.get("fill") == COLORS[0])
    heights = [float(place.split()[1]) for place in re.split("[MLZ]", band) if place]
    assert min(heights) >= 58
    assert max(heights) <= 258
