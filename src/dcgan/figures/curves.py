"""Line charts as inline SVG, for pages without any plotting library. Text takes the page's color, light or dark."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr

from dcgan.figures.axes import TINY, Axis, short
from dcgan.figures.theme import Color, Theme

COLORS = ("#3b82f6", "#f97316", "#10b981", "#a855f7", "#ef4444", "#0891b2", "#ca8a04", "#db2777")
"""Of the lines, in this order; clear on white and on black. After the last they come again, dashed."""

Point = tuple[float, float]

_WIDTH, _HEIGHT = 560, 300  # of the chart, in its own units
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 534, 58, 258  # edges of the plot in it
FULL_WIDTH = 'style="width:100%;height:auto;display:block"'
"""The style of each chart: a page that allows no style in its markup takes it out, and has a rule for `svg` instead."""
_SPACE = 20  # about charts on a page
_GLYPH_WIDTH = 6.6  # mean width of a glyph at the legend's size
_MOST_POINTS = 600  # a line with more is thinned to the least and greatest of each stretch
_HUGE = 1e100  # values beyond are not plotted: the axes would run out of floats


def curves(
    series: Mapping[str, Sequence[Point]],
    title: str,
    x_label: str,
    y_label: str,
    log_y: bool = False,
    *,
    log_x: bool = False,
    y_range: tuple[float, float] | None = None,
    y_limits: tuple[float, float] = (-math.inf, math.inf),
    marks: Sequence[float] = (),
    deviations: Mapping[str, Sequence[float]] = MappingProxyType({}),
) -> str:
    """Plot lines over common axes.

    A value that is no finite number, or not above 0 on a logarithmic axis, leaves a gap; so does an x smaller than the
    one before, as after a roll-back. A single point becomes a dot.

    Args:
        series: Points (x, y) by the name that the legend gives them, in the order in which they are joined.
        title: Stands above.
        x_label: Stands below the axis, with its unit.
        y_label: Stands beside the title, with its unit; may be empty.
        log_y: Logarithmic y axis.
        log_x: Logarithmic x axis.
        y_range: What the y axis shows at least. Default: what the values need.
        y_limits: What y can be, round numbers: bands and the y axis end there.
        marks: Values on the x axis to mark by a dotted line.
        deviations: By the name of a line, the standard deviation of each of its points, NaN for none: a band behind it.

    Returns:
        An `<svg>` element 560 × 300, as wide as the page lets it be, with no reference to anything outside it.
    """
    lines = {name: [_usable(point, log_x, log_y) for point in points] for name, points in series.items()}
    bands = {name: _edges(series[name], values, y_limits, log_x, log_y) for name, values in deviations.items()}
    points = [point for line in chain(lines.values(), *bands.values()) for point in line if point is not None]
    across = Axis.around([x for x, _ in points], _LEFT, _RIGHT, log=log_x, tight=True)
    values = [y for _, y in points] + list(y_range or ())
    up = Axis.around(values, _BOTTOM, _TOP, log=log_y, limits=y_limits)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label={quoteattr(title)} font-family="system-ui, sans-serif" font-size="12" fill="currentColor" '
        f"{FULL_WIDTH}>",
        _text(8, 18, title, 'font-size="14" font-weight="600"'),
        _text(_RIGHT, 18, y_label, 'text-anchor="end" opacity="0.6"'),
        _text((_LEFT + _RIGHT) / 2, _HEIGHT - 8, x_label, 'text-anchor="middle" opacity="0.6"'),
        *_legend(lines),
    ]
    if points:
        parts += _grid(across, up)
        parts += [_mark(across.position(x)) for x in marks if across.low <= x <= across.high]
        parts += [_band(bands[name], across, up, _color(row)) for row, name in enumerate(lines) if name in bands]
        parts += [_line(line, across, up, row) for row, line in enumerate(lines.values())]
    else:
        parts.append(f'<path d="M{_LEFT} {_BOTTOM}H{_RIGHT}" stroke="currentColor" opacity="0.35"/>')
        middle = (_LEFT + _RIGHT) / 2, (_TOP + _BOTTOM) / 2
        parts.append(_text(*middle, "nothing recorded", 'text-anchor="middle" opacity="0.5"'))
    return "\n".join([*parts, "</svg>"])


def page(charts: Sequence[str], theme: Theme, columns: int = 1) -> str:
    """Charts of `curves` as one SVG that stands alone, in a theme's colors, row by row."""
    across, down = _WIDTH + _SPACE, _HEIGHT + _SPACE
    width, height = min(columns, len(charts)) * across + _SPACE, -(-len(charts) // columns) * down + _SPACE
    placed = (
        chart.replace(
            FULL_WIDTH,
            f'x="{_SPACE + index % columns * across}" y="{_SPACE + index // columns * down}" '
            f'width="{_WIDTH}" height="{_HEIGHT}"',
            1,
        )
        for index, chart in enumerate(charts)
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" color="{_hexadecimal(theme.ink)}">',
        f'<rect width="100%" height="100%" fill="{_hexadecimal(theme.ground)}"/>',
    )
    return "\n".join([*head, *placed, "</svg>\n"])


def _hexadecimal(color: Color) -> str:
    return f"#{bytes(color).hex()}"


def _usable(point: Point, log_x: bool, log_y: bool) -> Point | None:
    x, y = point
    drawable = abs(x) < _HUGE and abs(y) < _HUGE  # which NaN is not
    return point if drawable and (x > TINY or not log_x) and (y > TINY or not log_y) else None


def _edges(
    points: Sequence[Point], deviations: Sequence[float], limits: tuple[float, float], log_x: bool, log_y: bool
) -> list[tuple[Point, Point]]:
    """The upper and the lower edge of a band, where both can be drawn."""
    edges = []
    for (x, y), deviation in zip(points, deviations, strict=True):
        ends = min(y + deviation, limits[1]), max(y - deviation, limits[0])
        high, low = (_usable((x, end), log_x, log_y) for end in ends)
        if high is not None and low is not None:
            edges.append((high, low))
    return edges


def _grid(across: Axis, up: Axis) -> Iterator[str]:
    for y, label in up.labeled():
        faint = 0.35 if y == _BOTTOM else 0.12
        yield f'<path d="M{_LEFT} {y:.1f}H{_RIGHT}" stroke="currentColor" opacity="{faint}"/>'
        yield _text(_LEFT - 8, y + 4, label, 'text-anchor="end" opacity="0.75"')
    for x, label in across.labeled():
        yield f'<path d="M{x:.1f} {_BOTTOM}v4" stroke="currentColor" opacity="0.35"/>'
        yield _text(x, _BOTTOM + 18, label, 'text-anchor="middle" opacity="0.75"')


def _legend(lines: Mapping[str, Sequence[Point | None]]) -> Iterator[str]:
    """Color, name and last value of each line, in one row, or in more where they need them."""
    lasts = [next((short(point[1]) for point in reversed(line) if point is not None), "–") for line in lines.values()]
    widths = [50 + _GLYPH_WIDTH * (len(name) + len(last)) for name, last in zip(lines, lasts, strict=True)]
    x, y = float(_LEFT), 37 if sum(widths) <= _WIDTH - _LEFT else 30
    for row, (name, last, width) in enumerate(zip(lines, lasts, widths, strict=True)):
        if x > _LEFT and x + width > _WIDTH:
            x, y = float(_LEFT), y + 17
        yield f'<path d="M{x:.1f} {y}h14" {_stroke(row)} stroke-width="3"/>'
        value = f'<tspan dx="6" font-weight="600">{escape(last)}</tspan>'
        yield f'<text x="{x + 20:.1f}" y="{y + 4}">{escape(name)}{value}</text>'
        x += width


def _mark(x: float) -> str:
    return f'<path d="M{x:.1f} {_TOP}V{_BOTTOM}" stroke="currentColor" stroke-dasharray="2 4" opacity="0.6"/>'


def _band(edges: Sequence[tuple[Point, Point]], across: Axis, up: Axis, color: str) -> str:
    outline = [high for high, _ in edges] + [low for _, low in reversed(edges)]
    path = "L".join(f"{across.position(x):.1f} {up.position(y):.1f}" for x, y in outline)
    bar = f' stroke="{color}" stroke-width="8"' if len(edges) == 1 else ""
    return f'<path d="M{path}Z" fill="{color}" opacity="0.15"{bar}/>' if outline else ""


def _line(line: Sequence[Point | None], across: Axis, up: Axis, row: int) -> str:
    path, dots = [], []
    for stretch in _stretches(_thinned(line)):
        points = [f"{across.position(x):.1f} {up.position(y):.1f}" for x, y in stretch]
        if len(points) == 1:
            left, top = points[0].split()
            dots.append(f'<circle cx="{left}" cy="{top}" r="3" fill="{_color(row)}"/>')
        else:
            path.append("M" + "L".join(points))
    style = f'fill="none" {_stroke(row)} stroke-width="1.8" stroke-linejoin="round"'
    return (f'<path d="{"".join(path)}" {style}/>' if path else "") + "".join(dots)


def _stretches(line: Sequence[Point | None]) -> Iterator[list[Point]]:
    """The runs of points that are joined: no gap in them, and x does not go back."""
    stretch: list[Point] = []
    for point in line:
        if stretch and (point is None or point[0] < stretch[-1][0]):
            yield stretch
            stretch = []
        if point is not None:
            stretch.append(point)
    if stretch:
        yield stretch


def _thinned(line: Sequence[Point | None]) -> Sequence[Point | None]:
    """The same line with fewer points: peaks, gaps, the first and the last point stay."""
    if len(line) <= _MOST_POINTS:
        return line
    kept = {0, len(line) - 1}
    width = math.ceil(2 * len(line) / _MOST_POINTS)
    for start, end in pairwise([*range(0, len(line), width), len(line)]):
        points = [index for index in range(start, end) if line[index] is not None]
        kept |= {index for index in range(start, end) if line[index] is None}
        if points:
            kept |= {min(points, key=lambda i: _y(line[i])), max(points, key=lambda i: _y(line[i]))}
    return [line[index] for index in sorted(kept)]


def _y(point: Point | None) -> float:
    return point[1] if point is not None else math.nan


def _stroke(row: int) -> str:
    dashes = row // len(COLORS)
    pattern = f'stroke-dasharray="{6 / dashes:g} 3"' if dashes else 'stroke-linecap="round"'
    return f'stroke="{_color(row)}" {pattern}'


def _color(row: int) -> str:
    return COLORS[row % len(COLORS)]


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'
