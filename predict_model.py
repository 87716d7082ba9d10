"""python predict_model.py PATH

Predict new sequences, or forecast series beyond their end, with the trained run. PATH is a file or a folder of any kind
that training reads; labels in it are not looked at. A recording that is longer than the network's input is predicted
window by window (cut at its end where those of the training set were of unequal length); what is said in it is written
down as a whole. Writes new_predictions.csv, and for series future.png, to the run folder.
"""

from pathlib import Path

import numpy as np

from core import files, run_folder
from core.constants import read_constants
from core.errors import InputError
from core.script import run_script
from readers import read_new
from sequences.preparation import prepare, with_columns
from sequences.types import Split
from sequences.windows import cut_recordings
from tasks import trained_task
from training.prediction import predict


def main(path):
    """Predict the sequences in the file at `path` with the run in RUN_DIR."""
    predict_new(path, read_constants().RUN_DIR)


def predict_new(path, run_dir):
    """Predict the sequences or the series at `path` with the run in `run_dir`, print a summary and write the files.

    Raises InputError for data that the run cannot take.
    """
    folder = run_folder.run_path(run_dir)
    record = run_folder.load_record(folder)
    task, state, learned = trained_task(record, folder), record["state"], record["preparation"]
    new = read_new(Path(path), record["constants"], learned)
    if learned["steps"] is None and new.columns is None:
        raise InputError(f"{path} holds sequences; the run in {files.shown(folder)} was trained on a time series")
    new = with_columns(new, learned["columns"], path)  # trained on no table: a table's rows are time steps
    cut = []
    if learned["steps"] is not None and not learned["unequal_lengths"]:
        new, cut = cut_recordings(new, learned["steps"])
    new, notes = prepare(new, learned, path)
    new, x, left_out = task.new_inputs(new, state, record["input_shape"], path)
    model = run_folder.load_model(folder, record, task.output_shape(state))
    answers = task.decode(predict(model, Split(x, None, np.arange(len(x)))), state)
    report = task.report_new(new, answers, state, record["input_shape"])
    files.write_csv(folder / "new_predictions.csv", report.header, report.rows)
    for name, picture in report.pictures.items():
        files.write_atomically(folder / name, picture)
    written = " and ".join([files.shown(folder / "new_predictions.csv"), *report.pictures])
    count = f"{len(x)} {task.unit if len(x) != 1 else task.unit[:-1]}"
    print("\n".join([*new.notes, *cut, *notes, *left_out, *report.lines, f"Wrote {written}: {count}"]))


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
