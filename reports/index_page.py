"""The page that compares the runs of a ledger: a table that sorts, with a bar for each score and its interval."""

import functools
import math
from dataclasses import dataclass
from html import escape

from reports.html import heading, links, paragraph, table_of
from reports.sortable import Cell, Column, page_with_table, shortened, sortable

BAR = 96  # pixels that a bar is wide
MAX_BYTES = 1_900_000  # of the page: older rows are left out
HOW_TO_READ = (
    "A click on a heading sorts, another one reverses it. Choose by the validation set; look at the test set once. A "
    "dot is a score, the line its 95 % interval, the stroke the best baseline; all bars of a data set and score have "
    "one scale. Grey rows are of runs that are gone: they were replaced or deleted."
)


@dataclass(frozen=True)
class Entry:
    """A row of the ledger."""

    row: dict  # {column of the ledger: text}
    constants: dict  # of its run
    link: str | None  # the address of its run's page; None: it is gone

    @property
    def scale(self):
        """What bars have one scale for."""
        return self.constants.get("DATASET"), self.row["score"]

    @functools.cached_property
    def numbers(self):
        """The score, the ends of its interval and the best baseline's; None for what is none."""
        texts = [self.row[name] for name in ("value", "low", "high")]
        return [_number(text) for text in (*texts, self.row["best baseline"].rpartition(" ")[2])]


def index_page(entries, varying, better, others):
    """Return the page that compares runs, HTML bytes.

    Parameters: entries, newest first; varying, names of the constants that are not the same in all of them; better,
    {score: "higher" or "lower"}; others, {what: address} of searches and cross-validations. As many entries are shown
    as MAX_BYTES hold.
    """
    shown = len(entries)
    while True:
        content = _page(entries[:shown], len(entries), varying, better, others).encode()
        if len(content) <= MAX_BYTES or shown == 1:
            return content
        shown = shown * 3 // 4


def _page(entries, count, varying, better, others):
    body = [heading("Runs", 1)]
    if others:
        body.append(links(others))
    body += [_best(entries, better), heading(f"All scores, {len(entries):,}"), paragraph(HOW_TO_READ)]
    if len(entries) < count:
        body.append(paragraph(f"The oldest {count - len(entries)} rows are left out here: ledger.csv has all."))

    def texts(name):
        return Column(name, [entry.row[name] for entry in entries])

    columns = [
        Column("run", [_run(entry.row["run"], entry.link) for entry in entries]),
        Column("value", _values(entries)),
        *map(texts, ("score", "part", "best baseline")),
        Column("data set", [str(entry.constants.get("DATASET", "")) for entry in entries]),
    ]
    for name in varying:
        cells = [repr(entry.constants[name]) if name in entry.constants else "" for entry in entries]
        columns.append(Column(name, cells, varies=True))
    columns += map(texts, ("parameters", "seconds"))
    columns.append(Column("when", [entry.row["when"] for entry in entries], sorted="descending"))
    body.append(sortable(columns, "Runs", ["data set", "part", "score"], [entry.link is None for entry in entries]))
    return page_with_table("Runs", body)


def _best(entries, better):
    """Lay out the best validation score of each data set, where there are several to choose from."""
    groups = {}
    for entry in entries:
        if entry.row["part"] == "validation" and entry.row["score"] in better and entry.numbers[0] is not None:
            groups.setdefault(entry.scale, []).append(entry)
    rows = []
    for (dataset, score), own in groups.items():
        best = (max if better[score] == "higher" else min)(own, key=lambda entry: entry.numbers[0])
        if len(own) > 1:
            figures = f"<td>{escape(score)}<td class=number>{escape(best.row['value'])}<td class=number>{len(own)}"
            rows.append(f"<td>{shortened(str(dataset))}{figures}<td>{_run(best.row['run'], best.link).element}")
    if not rows:
        return ""
    head = [f"<th scope=col>{name}</th>" for name in ("data set", "score", "best value", "out of", "run")]
    return heading("The best by the validation set") + table_of(head, rows, "The best by the validation set")


def _run(name, link):
    if link is None:
        return Cell(name, f"{shortened(name)} (gone)")
    return Cell(name, f'<a href="{escape(link)}">{shortened(name)}</a>')


def _values(entries):
    """Return a cell for each score: the number, and a bar on the scale that it shares with others."""
    on_scale = {}
    for entry in entries:
        on_scale.setdefault(entry.scale, []).extend(number for number in entry.numbers if number is not None)
    ends = {scale: (min(numbers, default=0), max(numbers, default=0)) for scale, numbers in on_scale.items()}
    values = [entry.row["value"] for entry in entries]
    bars = [_bar(*entry.numbers, *ends[entry.scale]) for entry in entries]
    return [Cell(value, f"{bar}{escape(value)}") for value, bar in zip(values, bars)]


def _number(text):
    """Return the number that a text is, None where it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _bar(value, low, high, rival, left, right):
    """Draw a score with its interval and the best baseline's, numbers or None, on a scale from left to right, SVG."""
    if value is None:
        return ""

    def at(number):
        return f"{5 + (BAR - 10) * ((number - left) / (right - left) if right > left else 0.5):.1f}"

    says, drawn = [f"{value:g}"], ""
    if low is not None and high is not None:
        says.append(f"95 % interval {low:g} to {high:g}")
        drawn += f'<path d="M{at(low)} 8H{at(high)}"/>'
    if rival is not None:
        says.append(f"best baseline {rival:g}")
        drawn += f'<path class="rival" d="M{at(rival)} 1V15"/>'
    label = ", ".join(says)
    drawn += f'<circle cx="{at(value)}" cy="8" r="2.5"/>'
    return f'<svg class="bar" role="img" aria-label="{label}" viewBox="0 0 {BAR} 16">{drawn}</svg>'
