"""Where boxes go on the page: its own functions, run by Node."""

import pytest
from tests.studio.scripts import evaluate, needs_node

BOX = {"left": 2, "top": 3, "right": 6, "bottom": 9}
pytestmark = needs_node


def box(left: int, top: int, right: int, bottom: int) -> dict[str, int]:
    return {"left": left, "top": top, "right": right, "bottom": bottom}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("spanned({x: 2.2, y: 3.2}, {x: 5.8, y: 8.1}, 16)", box(2, 3, 6, 9)),
        ("spanned({x: 5.8, y: 8.1}, {x: 2.2, y: 3.2}, 16)", box(2, 3, 6, 9)),
        ("spanned({x: -9, y: 15.5}, {x: -5, y: 99}, 16)", box(0, 15, 1, 16)),
        ("spanned({x: 16, y: 16}, {x: 16, y: 16}, 16)", box(15, 15, 16, 16)),
        ("spanned({x: -9, y: -9}, {x: 99, y: 99}, 16, 9)", box(0, 0, 16, 9)),
        (f"union({BOX}, {box(1, 4, 3, 12)})", box(1, 3, 6, 12)),
        (f"union(null, {BOX})", BOX),
        (f"moved({BOX}, 1.4, -1.6, 16)", box(3, 1, 7, 7)),
        (f"moved({BOX}, -99, 99, 16)", box(0, 10, 4, 16)),
        (f"stretched({BOX}, 2, -1, 16)", box(2, 3, 8, 8)),
        (f"stretched({BOX}, 99, -99, 16)", box(2, 3, 16, 4)),
        ("middle(16)", box(6, 6, 10, 10)),
        (f"opposite({BOX}, 'nw')", {"x": 6, "y": 9}),
        (f"opposite({BOX}, 'se')", {"x": 2, "y": 3}),
    ],
)
def test_boxes_stay_within_the_picture_and_are_never_empty(call: str, expected: object) -> None:
    assert evaluate(call, "geometry.js") == expected
