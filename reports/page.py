"""Pages to look at in a browser: one for each evaluated run, and one that compares the runs of the ledger.

Each is one file that loads nothing from anywhere. Every text that comes from data is escaped.
"""

import base64
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from core.wording import format_share
from reports import Report
from reports.formatting import format_change, format_error, format_interval

TEMPLATE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
SORTING = Path(__file__).with_name("sorting.html").read_text(encoding="utf-8")
MAX_BYTES = 2_800_000  # of a page; pictures beyond that are named
CAPTIONS = {
    "learning_curves.png": "Each epoch of training",
    "confusion_matrix.png": "True classes in rows, predicted classes in columns",
    "forecast.png": "Forecasts of the test set",
    "map.png": "Where forecasts are right and wrong",
    "predicted.png": "Predicted against true values",
    "transcript.png": "A test recording, each letter at the time where the network heard it",
    "frames.png": "Test video clips and their predicted classes",
    "examples.png": "Test sequences and their answers: right or nearly right ones first, then the others, if any",
    "importance.png": "What the network looks at: how much worse the score is when features or time steps are shuffled",
    "attention.png": "Where the network looks: the attention weights",
}


@dataclass(frozen=True)
class RunPage:
    """What the page of a run shows."""

    title: str
    verdict: str  # what is said first
    metric: str  # the name of the main score
    report: Report
    curves: bytes | None  # learning_curves.png
    printed: list  # lines of the printed report
    facts: list  # rows of (what, value) that say how the run was made
    constants: list  # rows of (name, value, whether it varies among the runs of the ledger)


def run_page(run):
    """Return the page of a run, HTML. run: RunPage."""
    content = [f"<h1>{escape(run.title)}</h1>", f'<p class="verdict">{escape(run.verdict)}</p>']
    content.append(_scores(run.report.figures, run.metric))
    pictures = ({} if run.curves is None else {"learning_curves.png": run.curves}) | run.report.pictures
    room = MAX_BYTES
    for name, png in pictures.items():
        room -= len(png) * 4 // 3
        content.append(_picture(name, png if room > 0 else None))
    if run.report.examples is not None:
        content += ["<h2>Examples from the test set</h2>", _table(*run.report.examples)]
    content += ["<h2>How this run was made</h2>", _table(["what", "value"], run.facts)]
    varying = [(name, value) for name, value, varies in run.constants if varies]
    if varying:
        content += ["<h3>Constants that vary among the runs</h3>", _table(["constant", "value"], varying)]
    constants = _table(["constant", "value"], [(name, value) for name, value, _ in run.constants])
    content.append(f"<details><summary>All constants</summary>{constants}</details>")
    text = escape("\n".join(run.printed))
    content.append(f"<details><summary>The report as it was printed</summary><pre>{text}</pre></details>")
    return TEMPLATE.substitute(title=escape(run.title), scripts="'none'", body="\n".join(content))


def index_page(header, rows, links):
    """Return the page that compares runs, HTML: a table that sorts.

    Parameters: header and rows of the ledger, strings; links, the address of each row's run; None: it is gone.
    """
    run, head = header.index("run"), [f"<button>{escape(name)}</button>" for name in header]
    body = [[escape(cell) for cell in row] for row in rows]
    for cells, link in zip(body, links):
        if link is not None:
            cells[run] = f'<a href="{escape(link)}">{cells[run]}</a>'
    text = (
        "<h1>Runs</h1><p>Click a heading to sort. Choose by the validation set; look at the test set once. "
        "Grey rows are of runs that are gone: a later one took their place.</p>"
    )
    opening = ["<td>" if link is not None else '<td class="gone">' for link in links]
    lines = ["".join(f"{td}{cell}</td>" for cell in cells) for td, cells in zip(opening, body)]
    content = f"{text}{_html_table(head, lines)}{SORTING}"
    return TEMPLATE.substitute(title="Runs", scripts="'unsafe-inline'", body=content)


def _scores(figures, metric):
    """Lay out the score beside those of the baselines, with intervals."""
    form = format_error if metric == "rmse" else format_share
    interval = figures.get(f"{metric}_interval")
    rows = [["this network", form(figures[metric]), format_interval(interval) if interval else "", "", ""]]
    for name, value in figures["baselines"].items():
        ahead = figures["differences"][name]
        interval = format_interval(ahead["interval"], format_change)
        rows.append([name, form(value), "", format_change(ahead["difference"]), interval])
    unit = "skill (1 - RMSE / RMSE of the baseline)" if metric == "rmse" else "advantage of the network"
    return _table(["", metric, "95 % interval", unit, "its 95 % interval"], rows)


def _picture(name, png):
    caption = escape(CAPTIONS.get(name, name))
    if png is None:
        return f"<p>{caption}: see {escape(name)} beside this page.</p>"
    data = base64.b64encode(png).decode()
    image = f'<img alt="{caption}" src="data:image/png;base64,{data}">'
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def _table(header, rows):
    """Lay out a table of anything, each cell escaped."""
    body = ["".join(_cell(str(cell)) for cell in row) for row in rows]
    return _html_table([escape(str(cell)) for cell in header], body)


def _cell(text):
    return f'<td class="long">{escape(text)}</td>' if len(text) > 40 else f"<td>{escape(text)}</td>"


def _html_table(header, rows):
    head, body = "".join(f"<th>{cell}</th>" for cell in header), "".join(f"<tr>{cells}</tr>" for cells in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
