"""python predict_model.py PATH

Predict new sequences, or forecast series beyond their end, with the trained run. PATH is a file or a folder of any kind
that training reads; labels in it are ignored. A recording that is longer than the network's input is predicted window
by window (cut at its end where those of the training set were of unequal length), but transcribed as a whole.
Writes new_predictions.csv, and for series future.png, to the run folder.
"""

from pathlib import Path

import numpy as np

from core import files, run_folder
from core.constants import read_constants
from core.errors import InputError
from core.script import run_script
from readers import read_new
from sequences.preparation import with_columns
from sequences.statistics import rounding_notes
from sequences.types import Split
from sequences.windows import cut_recordings
from training.prediction import predict as predict_with
from training.saved_run import open_run


def main(path):
    """Predict the sequences in the file at `path` with the run in RUN_DIR."""
    if not path.strip():
        raise InputError("PATH is empty: it must name a file or a folder")
    predict(path, read_constants().RUN_DIR)


def predict(path, run_dir):
    """Predict the sequences or the series at `path` with the run in `run_dir`, print a summary and write the files.

    Raises: InputError for data that the run cannot take.
    """
    if path == "":  # Path("") is the current folder
        raise InputError('"" is no path: type python predict_model.py PATH, "." for the current folder')
    run = open_run(run_folder.run_path(run_dir))
    task, preparation, input_shape = run.task, run.preparation, run.record.input_shape
    new = read_new(Path(path), run.constants, preparation)
    if preparation.kind == "series" and new.columns is None:
        raise InputError(f"{path} holds sequences; the run in {files.shown(run.folder)} was trained on a time series")
    new = with_columns(new, preparation.columns, path)  # trained on no table: a table's rows are time steps
    if preparation.kind != "series" and not preparation.unequal_lengths:
        new = cut_recordings(new.replace(divided_by_time=preparation.divided_by_time), preparation.steps, path)
    if preparation.dtype == "float32":
        new = new.noted(*rounding_notes(new, "the run takes 32-bit floats, train it on such data"))
    new = preparation.apply(new, path)
    new, x = task.new_inputs(new, input_shape, path)
    split = Split(x, None, np.arange(len(x)), dtype=preparation.dtype)
    answers = task.decode(predict_with(run.load_model(), split))
    report = task.report_new(new, answers, input_shape)
    with run.unchanged():
        files.write_csv(run.folder / "new_predictions.csv", report.header, report.rows)
        for name, picture in report.pictures.items():
            files.write_atomically(run.folder / name, picture)
    written = " and ".join([files.shown(run.folder / "new_predictions.csv"), *report.pictures])
    count = f"{len(x)} {task.unit if len(x) != 1 else task.unit[:-1]}"
    print("\n".join([*new.notes, *report.lines, f"Wrote {written}: {count}"]))


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
