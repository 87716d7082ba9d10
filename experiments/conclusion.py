"""What an evaluation ends with: the last scores, where its report is, and the verdict in three lines."""

import os
import textwrap

from baselines import DESCRIPTIONS
from core import files, ledger
from core.run_folder import home
from core.script import next_command
from evaluation.verdict import best_baseline, verdict
from reports.formatting import aligned, score_format, shorten

FUTURE_KNOWN = "WARNING: these forecasts know what they forecast, and no score of them holds for new data."
COLUMNS = 100  # of a terminal that the last scores fit


def conclude(score, figures, task):
    """Return what to remember of an evaluation in three lines: score, the best rival's, the verdict."""
    best = best_baseline(figures, task.better)
    if figures[task.metric] != figures[task.metric]:  # NaN
        return [score, verdict(figures, task.better, task.judged)]
    rival = f"Best baseline: {score_format(task.metric)(figures['baselines'][best])}, {DESCRIPTIONS[best]}"
    known = f"{FUTURE_KNOWN} " * bool(figures["checks"].get("influenced_forecasts"))
    return [score, rival, known + verdict(figures, task.better, task.judged)]


def closing_lines(folder):
    """Return the last scores in the ledger of a run, where its page is, and what to do next."""
    return [
        *last_scores(folder),
        "",
        f"Report: {files.shown(folder / 'report.html')}",
        f"Next: change a constant and train again, or {next_command('predict_model.py PATH', folder)}",
    ]


def last_scores(folder):
    """Lay out the last rows of a run's ledger, under each the constants that vary; nothing of one row."""
    (*header, _), rows = ledger.last_rows(folder, 5, "when", "parameters", "seconds")
    if len(rows) < 2:
        return []
    inside = f"{home(folder)}{os.sep}"  # where a run outside the project lies is said once, above
    head, *table = aligned(header, [[row[0].removeprefix(inside), *row[1:-1]] for row in rows]).splitlines()
    lines = ["", f"The last scores ({files.shown(ledger.ledger_of(folder))}), and the constants that vary:"]
    lines.append(shorten(head, COLUMNS))
    for line, row in zip(table, rows):
        varying = "" if row[-1] == ledger.NONE else shorten(row[-1], 3 * COLUMNS)
        lines += [shorten(line, COLUMNS), *textwrap.wrap(varying, COLUMNS, initial_indent="  ", subsequent_indent="  ")]
    return lines
