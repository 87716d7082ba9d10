"""The page of an evaluated run, to look at in a browser.

It is one file that loads nothing from anywhere. Every text that comes from data is escaped.
"""

from dataclasses import dataclass
from html import escape
from typing import Any

from baselines import short_description
from evaluation.verdict import best_baseline
from reports import Report, Table, html
from reports.drawings import network_drawing, score_chart
from reports.formatting import format_change, format_interval, score_format


@dataclass(frozen=True)
class RunPage:
    """What the page of a run shows."""

    title: str
    learned: str  # what from what, a sentence
    verdict: str  # the next one
    task: Any  # a tasks.base.Task: its main score, and which is better
    report: Report
    curves: Any  # the Picture of each epoch
    layers: list  # see drawings.network_drawing
    printed: list  # lines of the printed report
    facts: list  # rows of (what, value) that say how the run was made
    constants: dict  # {name: value} of all
    links: dict  # {what: address} of other pages
    copied: list  # names of those to copy: not as shipped, given for this run, or varying among the runs of the ledger


def run_page(run):
    """Return the page of a run, HTML. run: RunPage."""
    score = run.report.score.partition(": ")
    assigned = {name: f"{name} = {value!r}" for name, value in run.constants.items()}
    blocks = [
        *_scores(run.report.figures, run.task, score[0].removeprefix("Test ")),
        *run.report.blocks,
        *([] if run.curves is None else [run.curves]),
        network_drawing(run.layers),
    ]
    body = [
        html.heading(run.title, 1),
        html.paragraph(run.learned, "quiet"),
        _score(*score[::2], run.report.figures, run.task),
        html.paragraph(run.verdict, "verdict"),
        html.links(run.links),
        _remarks(run.report.remarks),
        *html.lay_out(blocks),
        html.heading("How this run was made"),
        html.table(["what", "value"], run.facts, "how this run was made"),
        html.heading("Constants to copy", 3),
        html.paragraph("Those that are not as the project ships them, and those that vary among the runs.", "quiet"),
        html.preformatted("\n".join(assigned[name] for name in run.copied)),
        html.folded("All constants", html.preformatted("\n".join(assigned.values()))),
        html.folded("The report as it was printed", html.preformatted("\n".join(run.printed))),
    ]
    return html.page(run.title, body)


def _score(label, value, figures, task):
    """Write the main score large; small its name, and its interval or that of the lead over the best baseline."""
    number, _, unit = value.partition(" ")
    if figures[task.metric] != figures[task.metric]:
        behind = "no score"
    elif interval := figures.get(f"{task.metric}_interval"):
        low, high = interval
        alike = f"no interval: all test {task.unit} score alike"
        behind = f"95 % interval {format_interval(interval)}" if low < high else alike
    else:
        best = best_baseline(figures, task.better)
        ahead = figures["differences"][best]
        bounds = format_interval(ahead["interval"], format_change)
        skill = format_change(ahead["difference"])
        behind = f"skill {skill} against {short_description(best)}, 95 % interval {bounds}"
    small = f"{label}{f' {unit}' if unit else ''}, {behind}".replace("Test A", "test a").replace("Test", "test")
    small = small.replace("CER", "character error rate (CER)")
    return f'<p class="score">{escape(number)} <small>{escape(small)}</small></p>'


def _remarks(lines):
    return f"<ul>{''.join(html.element('li', line) for line in lines)}</ul>" if lines else ""


def _scores(figures, task, label):
    """Return a Drawing and a Table of the score beside those of the baselines, with intervals."""
    metric, low_is_good = task.metric, task.better == "lower"
    form, score, shown = score_format(metric), figures[metric], {}
    if score != score:  # NaN: nothing can be compared
        return []
    own, (low, high) = f"this {task.judged}", figures.get(f"{metric}_interval") or (score, score)
    shown[own] = (score, [low, high] if low < high else None)
    rows = []
    for name, value in sorted(figures["baselines"].items(), key=lambda pair: pair[1], reverse=not low_is_good):
        words, ahead = short_description(name).removeprefix("the "), figures["differences"][name]
        low, high = ahead["interval"]
        if metric == "rmse":
            shown[words] = (value, [score / max(1 - bound, 1e-9) for bound in (low, high)])
        else:
            sign = 1 if low_is_good else -1
            shown[words] = (value, sorted(score + sign * bound for bound in (low, high)))
        interval = format_interval(ahead["interval"], format_change)
        rows.append([words, form(value), format_change(ahead["difference"]), interval])
    unit = "skill: 1 - RMSE / its RMSE" if metric == "rmse" else f"advantage of the {task.judged}"
    better = f"further to the {'left' if low_is_good else 'right'} is better"
    interval = f" Around the {task.judged}, its 95 % interval." * bool(shown[own][1])
    caption = (
        f"{label[0].upper()}{label[1:]} on the test set: {better}.{interval} Around each baseline, where the "
        f"{task.judged}'s lead leaves it with 95 % certainty: where that reaches the dashed line, the two may be "
        "equally good."
    )
    header = ["baseline", label, unit, "its 95 % interval"]
    return [score_chart(shown, form, caption), Table("", header, rows)]
