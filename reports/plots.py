"""Small plots of a search and of folds: SVG elements whose colours follow the page's. Numbers in, HTML out."""

import math
from dataclasses import dataclass
from html import escape

import numpy as np

from reports.formatting import cut_middle, format_number, shorten

LEFT, RIGHT, TOP, BOTTOM = 54, 8, 8, 40  # pixels around what is drawn
MOST_VALUES = 6  # of a constant that stand side by side; more numbers lie on an axis
LOG = 8  # times the smallest number is the largest of an axis with a logarithmic scale
GROUPS = 5  # of neighbours on an axis whose means make the trend
MOST_NAMES = 40  # folds that are named in their plot


@dataclass(frozen=True)
class Axes:
    """Where values lie in a picture of width × height pixels: x from left to right, y from bottom to top."""

    width: int
    height: int
    x: tuple  # (smallest, largest)
    y: tuple
    log: bool = False  # of x

    def at(self, x, y):
        """Return the place of a value, "x,y" in pixels; what lies beyond the ends is drawn at them."""
        across, up = _share(x, *self.x, self.log), _share(y, *self.y)
        right, lower = self.width - LEFT - RIGHT, self.height - TOP - BOTTOM
        return f"{LEFT + across * right:.1f},{TOP + (1 - up) * lower:.1f}"

    def frame(self, x_label, y_label, x_ticks, drawn, describe):
        """Return the whole picture, SVG. x_ticks: [(value, text)]; drawn: elements; describe: what it shows."""
        lines = []
        for value in ticks(*self.y):
            x, y = self.at(self.x[0], value).split(",")
            lines.append(f'<path class="grid" d="M{LEFT} {y}H{self.width - RIGHT}"/>')
            lines.append(f'<text x="{LEFT - 5}" y="{float(y) + 4:.1f}" text-anchor="end">{format_number(value)}</text>')
        bottom = self.height - BOTTOM
        for value, text in x_ticks:
            x = self.at(value, self.y[0]).split(",")[0]
            lines.append(f'<text x="{x}" y="{bottom + 15}" text-anchor="middle">{escape(text)}</text>')
        middle = (LEFT + self.width - RIGHT) / 2
        lines.append(f'<text x="{middle}" y="{self.height - 6}" text-anchor="middle">{escape(x_label)}</text>')
        up = f'transform="translate(11 {(TOP + bottom) / 2}) rotate(-90)"'
        lines.append(f'<text {up} text-anchor="middle">{escape(y_label)}</text>')
        return svg([*lines, *drawn], describe, self.width, self.height)


def svg(elements, describe, width, height, left=0):
    """Return a picture of that size in pixels from x = `left` on, SVG. describe: what it shows."""
    frame = f'viewBox="{left} 0 {width} {height}" role="img" aria-label="{escape(describe)}" style="--width: {width}px"'
    return f"<svg {frame}>{''.join(elements)}</svg>"


def _share(value, low, high, log=False):
    """Return how far a value lies from low to high, 0 to 1."""
    if log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return min(1.0, max(0.0, (value - low) / (high - low))) if high > low else 0.5


def ticks(low, high, count=4):
    """Return about `count` round numbers from low to high."""
    if not high > low:
        return [low]
    rough = (high - low) / count
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= rough)
    first = math.ceil(low / step - 1e-9)
    return [float(f"{k * step:.10g}") for k in range(first, math.floor(high / step + 1e-9) + 1)]


def limits(values):
    """Return where an axis of values (n,) begins and ends: a few that lie far out do not push the others together."""
    values = np.asarray(values)[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = np.quantile(values, [0.1, 0.9])
    span = max(high - low, 1e-9)
    low, high = max(values.min(), low - 2 * span), min(values.max(), high + 2 * span)
    margin = 0.05 * (high - low)
    return float(low - margin), float(high + margin)


def groups_of_values(values):
    """Return (group of each value (n,), [names of the groups] or None where they are neighbours on an axis).

    values: of a constant, one for each trial. A few stand side by side, in their order; many numbers are divided into
    GROUPS of about the same size.
    """
    distinct = list(dict.fromkeys(values))
    if all(map(_is_number, distinct)):
        distinct.sort()
        if len(distinct) > MOST_VALUES:
            order = np.argsort(np.argsort(np.asarray(values, float), kind="stable"), kind="stable")
            return order * min(GROUPS, len(values)) // len(values), None
    return np.array([distinct.index(value) for value in values]), [repr(value) for value in distinct]


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def explained(scores, groups):
    """Return the share of the variance of scores (n,) that lies between groups (n,), adjusted for chance; 0 to 1."""
    names, n = np.unique(groups), len(scores)
    total = ((scores - scores.mean()) ** 2).sum()
    if len(names) < 2 or n <= len(names) or total == 0:
        return 0.0
    within = sum(((own - own.mean()) ** 2).sum() for own in (scores[groups == name] for name in names))
    return float(max(0.0, 1 - within / (n - len(names)) / (total / (n - 1))))


def against_constant(name, values, scores, kinds, winner, y_label, y):
    """Draw scores against the values of a constant, with the trend: the mean of each group. Returns: SVG.

    Parameters: values, one for each trial; scores (n,), NaN where there is none; kinds, the style sheet's name of each
    dot; winner, number of a trial; y, ends of the axis.
    """
    groups, names = groups_of_values(values)
    kept = [k for k in range(len(values)) if np.isfinite(scores[k])]
    if names is None:
        x = np.asarray(values, float)
        axes = Axes(320, 220, (x.min(), x.max()), y, log=x.min() > 0 and x.max() >= LOG * x.min())
        marks = _log_ticks(*axes.x) if axes.log else ticks(*axes.x)
        x_ticks = [(mark, format_number(mark)) for mark in marks]
    else:
        crowd = np.array([(groups[:k] == groups[k]).sum() for k in range(len(values))])
        x = groups + 0.08 * (crowd % 7 - 3)  # side by side, so that equal ones can be told apart
        axes = Axes(320, 220, (-0.6, len(names) - 0.4), y)
        x_ticks = [(k, shorten(text, max(4, 36 // len(names)))) for k, text in enumerate(names)]
    trend = []
    for group in np.unique(groups[kept]):
        own = [k for k in kept if groups[k] == group]
        middle = np.exp(np.log(x[own]).mean()) if axes.log else x[own].mean() if names is None else group
        trend.append(axes.at(middle, scores[own].mean()))
    dots = [_dot(axes.at(x[k], scores[k]), kinds[k], f"trial {k + 1}") for k in kept if k != winner]
    dots += [_dot(axes.at(x[winner], scores[winner]), "winner", f"trial {winner + 1}, the winner")] * (winner in kept)
    line = f'<polyline class="trend" points="{" ".join(trend)}"/>'
    means = [f'<circle class="mean" cx="{a}" cy="{b}" r="4"/>' for a, b in (place.split(",") for place in trend)]
    return axes.frame(name, y_label, x_ticks, [*dots, line, *means], f"{y_label} against {name}, {len(kept)} trials")


def _log_ticks(low, high):
    """Return the powers of ten from low to high, and where there are few, twice and five times those."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 3), (1, 2, 5)):
        marks = [float(f"{k}e{power}") for power in powers for k in factors]
        found = [mark for mark in marks if low <= mark <= high]
        if len(found) >= 3:
            break
    return found


def _dot(place, kind, title):
    (x, y), radius = place.split(","), 5 if kind == "winner" else 3
    return f'<circle class="{kind}" cx="{x}" cy="{y}" r="{radius}"><title>{title}</title></circle>'


def against_epochs(scores, rungs, winner, y_label):
    """Draw each trial's scores (trials, rungs), NaN where it was stopped, against the rungs' epochs. Returns: SVG."""
    axes = Axes(480, 260, (-0.3, len(rungs) - 0.7), limits(scores))
    lines = []
    for trial in [*(k for k in range(len(scores)) if k != winner), winner]:
        kind, title = "stopped", f"trial {trial + 1}"
        if trial == winner:
            kind, title = "winner", f"{title}, the winner"
        places = [axes.at(k, score) for k, score in enumerate(scores[trial]) if np.isfinite(score)]
        lines.append(f'<polyline class="{kind}" points="{" ".join(places)}"/>')
        lines += [_dot(place, kind, title) for place in places]
    x_ticks = [(k, f"{epochs:,}") for k, epochs in enumerate(rungs)]
    describe = f"{y_label} of {len(scores)} trials after each round of the search"
    return axes.frame("epochs", y_label, x_ticks, lines, describe)


def fold_scores(names, scores, labels, score_label):
    """Draw the scores of the network and its rival on each fold, under them mean and standard deviation. Returns: SVG.

    Parameters: names of the folds (n); scores (n, 2); labels of the two; score_label, what the axis says.
    """
    n, named = len(names), len(names) <= MOST_NAMES
    step = 22 if named else max(3, 600 / n)
    mean, spread = scores.mean(axis=0), scores.std(axis=0, ddof=min(1, n - 1))
    low, high = limits(np.concatenate([scores.ravel(), mean - spread, mean + spread]))
    left, width, top = 126, 480, 30
    end = top + step * n + 14

    def x(value):
        return f"{left + (width - left - 12) * _share(value, low, high):.1f}"

    drawn = []
    for value in ticks(low, high):
        drawn.append(f'<path class="grid" d="M{x(value)} {top - 8}V{end + 48}"/>')
        drawn.append(f'<text x="{x(value)}" y="{end + 64}" text-anchor="middle">{format_number(value)}</text>')
    for k, (name, pair) in enumerate(zip(names, scores)):
        y = top + step * k + step / 2
        if named:
            name = escape(cut_middle(name, 15))
            drawn.append(f'<text x="{left - 10}" y="{y + 4:.1f}" text-anchor="end">{name}</text>')
        drawn.append(f'<path class="between" d="M{x(pair[0])} {y:.1f}H{x(pair[1])}"/>')
        drawn += [_mark(kind, x(value), y) for kind, value in (("rival", pair[1]), ("network", pair[0]))]
    for place, kind in enumerate(("network", "rival")):
        y = end + 8 + 22 * place
        a, b = x(mean[place] - spread[place]), x(mean[place] + spread[place])
        drawn.append(f'<path class="{kind}" d="M{a} {y}H{b}"/>{_mark(kind, x(mean[place]), y)}')
        drawn.append(f'<text x="{left - 10}" y="{y + 4}" text-anchor="end">mean ± sd</text>')
        start = 20 + 150 * place
        name = escape(shorten(labels[place], 44))
        drawn.append(f'{_mark(kind, start, 10)}<text x="{start + 10}" y="14">{name}</text>')
    drawn.append(f'<text x="{(left + width) / 2}" y="{end + 84}" text-anchor="middle">{escape(score_label)}</text>')
    describe = f"{score_label} of {labels[0]} and {labels[1]} on {n} folds, with mean and standard deviation"
    return svg(drawn, describe, width, round(end + 92))


def _mark(kind, x, y):
    """Draw a disc for the network, a square for its rival."""
    if kind == "network":
        return f'<circle class="network" cx="{x}" cy="{y:.1f}" r="5"/>'
    return f'<rect class="rival" x="{float(x) - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>'
