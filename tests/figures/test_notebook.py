"""What a notebook shows of a result holds everything it needs, and nothing of it is taken for markup."""

import io
from base64 import b64decode
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from dcgan.figures.curves import curves
from dcgan.figures.notebook import html_of, svg_html, table_html


def test_a_picture_is_held_whole_and_named_for_those_who_cannot_see_it() -> None:
    image = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3))
    html = html_of(image, alt='seeds "0" & 1')
    assert 'alt="seeds &quot;0&quot; &amp; 1"' in html
    data = html.partition("base64,")[2].partition('"')[0]
    with Image.open(io.BytesIO(b64decode(data))) as read:
        assert np.array_equal(np.asarray(read), np.asarray(image))


def test_a_chart_is_put_in_at_a_width_that_can_be_read() -> None:
    html = svg_html(curves({"a": [(0, 0), (1, 1)]}, "title", "x", "y"))
    root = ElementTree.fromstring(html)
    assert root[0].tag.endswith("svg")
    assert "max-width" in root.attrib["style"]


def test_a_table_names_its_rows_and_columns() -> None:
    root = ElementTree.fromstring(table_html([("precision", 0.5), ("a < b", 1)], header=("", "value")))
    assert [[cell.text for cell in row] for row in root.iter("tr")] == [
        [None, "value"],
        ["precision", "0.5"],
        ["a < b", "1"],
    ]
    assert [cell.tag for cell in root.findall("tr/*")] == ["th", "td", "th", "td"]
    assert "thead" not in table_html([("a", 1)])
