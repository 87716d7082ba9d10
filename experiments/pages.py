"""report.html of a run: see reports/page.py."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import files, ledger
from core.shipped_constants import is_shipped
from evaluation.verdict import plain_verdict
from experiments.conclusion import FUTURE_KNOWN
from experiments.index import link_to_index, write_index
from experiments.train_run import describe_shape
from reports import pictures
from reports.page import RunPage, run_page
from sequences.types import Data


@dataclass(frozen=True)
class Circumstances:
    """What the page of a run says besides its report."""

    data: Data
    printed: list  # lines of the printed report
    layers: list  # of networks.summary.layer_rows


def write_pages(run, report, circumstances):
    """Write report.html into the run folder, and index.html beside the ledger. Parameters: SavedRun; Report."""
    record, task, c, data = run.record, run.task, run.constants, circumstances.data
    copied = {*ledger.varying_constants(run.folder), *record.in_files, "DATASET"}
    copied |= {name for name, value in c.items() if name != "RUN_DIR" and not is_shipped(name, value)}
    counts = ", ".join(f"{n:,} {name}" for name, n in record.sequences.items())
    facts = [
        ["trained", record.trained],
        [task.unit, counts],
        ["network", f"{c.ARCHITECTURE}, {record.parameters:,} parameters, {record.seconds:.0f} s of training"],
        ["versions", ", ".join(f"{name} {version}" for name, version in record.versions.items())],
        ["test data", f"SHA-256 {record.fingerprint[:16]}…"],
        ["again", "set the constants below, then python train_model.py && python evaluate_model.py"],
    ]
    known = f"{FUTURE_KNOWN} " * bool(report.figures["checks"].get("influenced_forecasts"))
    target, sizes = task.describe_target(), record.sequences
    learned = f"What was learned: {target}, from {sizes['training']:,} {task.unit}, each of "
    learned += f"{describe_shape(data)}; tested on {sizes['test']:,} that were held out of training."
    page = RunPage(
        title=f"{Path(c.DATASET).name}: {record.task} by {c.ARCHITECTURE}",
        learned=learned,
        verdict=known + plain_verdict(report.figures, task.better, task.judged),
        task=task,
        report=report,
        curves=learning_curves_of(run, data),
        layers=circumstances.layers,
        printed=circumstances.printed,
        facts=facts,
        constants=c,
        links=link_to_index(run.folder, run.folder),
        copied=[name for name in c if name in copied],
    )
    files.write_atomically(run.folder / "report.html", run_page(page))
    write_index(run.folder)


def learning_curves_of(run, data):
    """Draw the epochs of a run; None without the history that its training wrote."""
    if run.companion("history.csv") is None:
        return None
    history, c = run.history, run.constants
    best = None if "val_loss" not in history else int(np.argmin(history["val_loss"])) + 1
    return pictures.learning_curves(history, run.task.unit_of_training(data, c), best)
