"""What a search comes to: the best trials, the winner's constants to paste, and its page."""

import json

import numpy as np

from core import files
from core.constants import names_in
from evaluation.verdict import verdict
from experiments.index import address, link_to_index, write_index
from experiments.trials import assignments
from reports.formatting import aligned
from reports.search_page import SearchPage, search_page


def standings(trials, finished):
    """Return the numbers of all trials, those trained longest first, and of these the best first."""
    last = {trial: max(e for t, e in finished if t == trial) for trial in range(len(trials))}
    return sorted(last, key=lambda trial: (-last[trial], float(finished[trial, last[trial]]["loss"]), trial))


def show_result(trials, finished, experiment):
    """Print the best trials and the winner's constants."""
    order = standings(trials, finished)
    last = {trial: max(e for t, e in finished if t == trial) for trial in order[:5]}
    rows = [
        [str(epochs), finished[trial, epochs]["loss"], finished[trial, epochs]["score"], assignments(trials[trial])]
        for trial, epochs in last.items()
    ]
    print("\nThe best trials by validation loss, those trained longest first:")
    print(aligned(["epochs", "loss", experiment.metric, "constants"], rows))
    print("\n" + "\n".join(lines_to_paste(trials[order[0]], experiment.constants)))


def lines_to_paste(winner, c):
    """Return lines with the winner's constants, {name: value}, for the files that they belong in."""
    changed, lines = {name: value for name, value in winner.items() if value != c[name]}, []
    for file in ("cnn_lstm_model", "train_model"):
        own = {name: value for name, value in changed.items() if name in names_in(file)}
        if own:
            lines.append(f"The winner's constants, to paste over the old ones in {file}.py:")
            lines += [*(f"{name} = {value!r}" for name, value in own.items()), ""]
    same = [name for name in winner if name not in changed]
    return [*lines, f"The winner leaves as they stand: {', '.join(same) or 'none'}"]


def write_search_page(experiment, trials, finished, figures, task):
    """Write report.html of a search, and index.html anew: it links to it.

    Parameters: trials, list of {constant: value}; finished, {(trial, epochs): row of trials.csv}; figures, of the
    winner's evaluation, and its task.
    """
    folder, epochs = experiment.folder, sorted({epochs for _, epochs in finished})
    order = standings(trials, finished)

    def column(name):
        rows = [[finished.get((trial, e), {name: "nan"})[name] for e in epochs] for trial in range(len(trials))]
        return np.array(rows, float)

    page = SearchPage(
        experiment.constants.DATASET,
        task.metric,
        task.better,
        trials,
        epochs,
        column("score"),
        column("loss"),
        np.nansum(column("seconds"), axis=1),
        np.array([json.loads(finished[trial, epochs[0]]["repeats"]) for trial in range(len(trials))], float),
        order,
        verdict(figures, task.better),
        figures[task.metric],
        lines_to_paste(trials[order[0]], experiment.constants),
        {"the winner's report": address(folder / "best", folder), **link_to_index(folder / "best", folder)},
    )
    files.write_atomically(folder / "report.html", search_page(page))
    print(f"Report: {files.shown(folder / 'report.html')}")
    write_index(folder / "best")
