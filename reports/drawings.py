"""Drawings of a page made without Matplotlib: scores beside each other, and the layers of a network."""

from html import escape

from reports import Drawing
from reports.formatting import distinct, shorten
from reports.plots import svg

ROW, LEFT, WIDTH = 28, 200, 504  # pixels of a chart of scores, which fits a telephone
LETTER = 9  # pixels that a letter takes, about
LAYERS_WIDTH = 592  # of a network
LAYER = 44  # pixels from one layer to the next


def score_chart(scores, form, caption):
    """Draw scores as dots, one below the other, with their intervals.

    Parameters: scores, {name: (score, its interval (low, high) or None)}, the network first, where a line leads down;
    form, what writes a score.
    """
    known = [score for score, _ in scores.values()]
    network, right = known[0], 20 + LETTER * max(len(form(score)) for score in known)
    near = [bound for _, interval in scores.values() for bound in interval or () if _is_near(bound, known)]
    low, high = min(known + near), max(known + near)
    low, high = (low - 0.5, high + 0.5) if low == high else (low, high)

    def place(value):
        share = (min(max(value, low), high) - low) / (high - low)
        return round(LEFT + 10 + share * (WIDTH - LEFT - right - 20), 1)

    line = f'x1="{place(network)}" x2="{place(network)}" y1="{ROW / 2}" y2="{ROW * len(scores)}"'
    parts = [f'<line {line} stroke="var(--accent)" stroke-dasharray="3 4"/>']
    for k, (name, (score, interval)) in enumerate(zip(distinct(scores, 24), scores.values())):
        y, colour = ROW * k + ROW / 2, "var(--accent)" if k == 0 else "var(--grey)"
        weight = ' font-weight="600"' if k == 0 else ""
        if interval is not None:
            ends = f'x1="{place(interval[0])}" x2="{place(interval[1])}" y1="{y}" y2="{y}"'
            parts.append(f'<line {ends} stroke="{colour}" stroke-width="7" stroke-opacity="0.35"/>')
        parts.append(f'<circle cx="{place(score)}" cy="{y}" r="5.5" fill="{colour}"/>')
        parts.append(f'<text x="{LEFT - 12}" y="{y + 5}" text-anchor="end"{weight}>{escape(name)}</text>')
        parts.append(f'<text x="{WIDTH - right + 14}" y="{y + 5}"{weight}>{escape(form(score))}</text>')
    return _drawing(parts, ROW * len(scores), "Compared with simple baselines", caption, WIDTH)


def _is_near(bound, scores):
    """Tell whether a bound of an interval is no farther away than the scores are apart: others end at the edge."""
    spread = (max(scores) - min(scores)) or abs(scores[0]) or 1.0
    return min(scores) - spread <= bound <= max(scores) + spread


def network_drawing(layers):
    """Draw the layers of a network from its input down.

    Parameters: layers, list of (name, kind, shape of the output, number of parameters, places of the layers before it).
    """
    parts, total = [], sum(layer[3] for layer in layers)
    passed = any(origin != k - 1 for k, (*_, before) in enumerate(layers) for origin in before)
    for k, (name, kind, shape, parameters, before) in enumerate(layers):
        y = LAYER * k + 4
        for origin in before:
            start, end = LAYER * origin + 36, y
            path = f"M 290 {start} V {end - 3}" if origin == k - 1 else _side_way(start - 16, y + 16, k - origin)
            parts.append(f'<path d="{path}" fill="none" stroke="var(--grey)" marker-end="url(#arrow)"/>')
        fill = "var(--accent)" if parameters else "var(--grey)"
        box = f'x="90" y="{y}" width="400" height="32" rx="6" fill="{fill}" fill-opacity="0.14" stroke="{fill}"'
        parts.append(f"<rect {box}/>")
        what = f"{kind} → {shape}"
        name = shorten(name, max(6, int((360 - 7.5 * len(what)) / LETTER)))
        parts.append(f'<text x="104" y="{y + 21}" font-weight="600">{escape(name)}</text>')
        parts.append(f'<text x="476" y="{y + 21}" text-anchor="end">{escape(what)}</text>')
        if parameters:
            parts.append(f'<text x="502" y="{y + 21}">{parameters:,}</text>')
    arrow = '<path d="M 0 0 L 8 4 L 0 8 z" fill="var(--grey)"/>'
    head = f'<marker id="arrow" markerWidth="8" markerHeight="8" refX="6" refY="4" orient="auto">{arrow}</marker>'
    caption = (
        "The network from its input to its answer: each layer with the shape that it makes, and beside it the number "
        f"of its parameters, {total:,} in all"
    )
    left = 0 if passed else 88  # without arrows beside the layers their room is cut off
    parts = [f"<defs>{head}</defs>", *parts]
    return _drawing(parts, LAYER * len(layers), "The network", caption, LAYERS_WIDTH - left, left)


def _side_way(start, end, distance):
    """Return the path of an arrow that passes layers by on their left."""
    x = 90 - min(84, 14 + 5 * distance)
    return f"M 90 {start} H {x} V {end} H 87"


def _drawing(parts, height, title, caption, width, left=0):
    drawn = ['<g font-size="14">', *parts, "</g>"]
    return Drawing(svg(drawn, caption, width, height, left), title, caption)
