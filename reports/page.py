"""Pages to look at in a browser: one for each evaluated run, and one that compares the runs of the ledger.

Each is one file that loads nothing from anywhere. Every text that comes from data is escaped.
"""

import base64
from html import escape
from pathlib import Path
from string import Template

from reports.text import figure

TEMPLATE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
MOST_BYTES = 2_800_000  # of a page; pictures beyond that are named
CAPTIONS = {
    "learning_curves.png": "Each epoch of training",
    "confusion_matrix.png": "True classes in rows, answers in columns",
    "forecast.png": "Forecasts of the test set",
    "predicted.png": "Predicted against true numbers",
    "transcript.png": "A test recording, with each letter where it was heard",
    "frames.png": "Test clips and the answers to them",
    "examples.png": "Test sequences that were answered right, and some that were not",
    "importance.png": "What the network looks at: score lost when a feature or a time step is shuffled",
    "attention.png": "Where the network looks: the attention weights",
}
# Sorts the table by the column of a heading that is clicked; again turns it round.
SORTING = """<script>
document.querySelectorAll("th button").forEach((button, column) => button.onclick = () => {
  const body = button.closest("table").tBodies[0], cell = row => row.cells[column].textContent
  const number = text => text.trim() === "" ? NaN : Number(text)
  const compare = (a, b) => {
    const difference = number(a) - number(b)
    return isNaN(difference) ? a.localeCompare(b) : difference
  }
  const turn = button.dataset.up ? -1 : 1
  button.dataset.up = turn === 1 ? "1" : ""
  body.append(...[...body.rows].sort((a, b) => turn * compare(cell(a), cell(b))))
})
</script>"""


def run_page(title, verdict, figures, score, report, pictures, lines, facts, constants):
    """Return the page of a run, HTML.

    verdict: what is said first; figures: of evaluation.json; score: the name of the main one; report: Report; pictures:
    {file name: PNG bytes}, in order; lines: of the printed report; facts: rows of (what, value) that say how the run
    was made; constants: rows of (name, value, whether it varies among the runs of the ledger).
    """
    parts = [f"<h1>{escape(title)}</h1>", f'<p class="verdict">{escape(verdict)}</p>', _scores(figures, score)]
    room = MOST_BYTES
    for name, png in pictures.items():
        room -= len(png) * 4 // 3
        parts.append(_picture(name, png if room > 0 else None))
    if report.examples is not None:
        parts += ["<h2>Examples from the test set</h2>", _table(*report.examples)]
    varying = [(name, value) for name, value, varies in constants if varies]
    parts += ["<h2>How this run was made</h2>", _table(["what", "value"], facts)]
    if varying:
        parts += ["<h3>Constants that vary among the runs</h3>", _table(["constant", "value"], varying)]
    every = _table(["constant", "value"], [(name, value) for name, value, _ in constants])
    parts.append(f"<details><summary>All constants</summary>{every}</details>")
    text = escape("\n".join(lines))
    parts.append(f"<details><summary>The report as it was printed</summary><pre>{text}</pre></details>")
    return TEMPLATE.substitute(title=escape(title), scripts="'none'", body="\n".join(parts))


def index_page(header, rows, links):
    """Return the page that compares runs, HTML: a table that sorts. links: the address for each row's run, or None."""
    place = header.index("run")
    head = "".join(f"<th><button>{escape(name)}</button></th>" for name in header)
    body = []
    for row, link in zip(rows, links):
        cells = [escape(cell) for cell in row]
        if link is not None:
            cells[place] = f'<a href="{escape(link)}">{cells[place]}</a>'
        body.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    text = "<h1>Runs</h1><p>A click on a heading sorts. Choose by the validation set; look at the test set once.</p>"
    content = f'{text}<div class="wide">{table}</div>{SORTING}'
    return TEMPLATE.substitute(title="Runs", scripts="'unsafe-inline'", body=content)


def _scores(figures, score):
    """Lay out the score beside those of the baselines, with intervals."""
    own = figures.get(f"{score}_interval")
    rows = [["this network", figure(figures[score]), _interval(own, "{:.3f}"), "", ""]]
    for name, value in figures["baselines"].items():
        difference = figures["differences"][name]
        rows.append(
            [name, figure(value), "", f"{difference['difference']:+.3f}", _interval(difference["interval"], "{:+.3f}")]
        )
    unit = "the skill (1 - RMSE / RMSE of the other)" if score == "rmse" else "the network's advantage"
    header = ["", score, "95 % interval", unit, "its 95 % interval"]
    return _table(header, rows)


def _interval(bounds, form):
    return " to ".join(map(form.format, bounds)) if bounds else ""


def _picture(name, png):
    caption = escape(CAPTIONS.get(name, name))
    if png is None:
        return f"<p>{caption}: see {escape(name)} beside this page.</p>"
    data = base64.b64encode(png).decode()
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{data}"><figcaption>{caption}</figcaption></figure>'
    )


def _table(header, rows):
    head = "".join(f"<th>{escape(str(cell))}</th>" for cell in header)
    lines = ["".join(_cell(str(cell)) for cell in row) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(text):
    return f'<td class="long">{escape(text)}</td>' if len(text) > 40 else f"<td>{escape(text)}</td>"
