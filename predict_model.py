"""python predict_model.py PATH

Predict new sequences, or forecast series beyond their end, with the trained run. PATH is a file or a folder of any kind
that training reads; labels in it are ignored. A recording that is longer than the network's input is predicted window
by window (cut at its end where those of the training set were of unequal length), but transcribed as a whole.
Writes new_predictions.csv, and for series future.png, to the run folder.
"""

from pathlib import Path

import numpy as np

from core import files, run_folder
from core.constants import RUN_FILES, read_constants
from core.errors import InputError
from core.script import next_command, run_script
from networks.pretrained_encoders import encode_new
from networks.raw_inputs import trained_part
from readers import read_in_memory, read_new
from readers.in_memory import IN_MEMORY
from sequences.preparation import with_columns
from sequences.statistics import rounding_notes
from sequences.types import Split
from sequences.windows import cut_recordings
from training.prediction import predict as predict_with
from training.saved_run import as_run

# Columns of new_predictions.csv whose cells are no numbers, or names that may look like some.
TEXT_COLUMNS = ("file", "text", "predicted_label", "file_name", "transcription", "confidence", "series", "time")
TEXT_COLUMNS += ("anomaly", "cause")


def main(path, assigned=None):
    """Predict the sequences in the file at `path` with the run in RUN_DIR."""
    if not path.strip():  # Path("") is the current folder
        raise InputError('PATH is empty: it must name a file or a folder, "." the current one')
    folder = run_folder.run_path(read_constants(assigned=assigned).RUN_DIR)
    run = as_run(folder)
    predict(run, path)
    form = "saved_model" if run.preparation.kind == "texts" else "onnx"  # which has no operators that divide texts
    print(f"Next: {next_command(f'export_model.py {form}', folder)}, to predict without Keras")


def predict(run, new):
    """Predict new sequences, or forecast series beyond their end; print a summary and write the files.

    Parameters: run, of `train`, or the path of its folder; new, a path, or what load_data takes as x.
    Returns: {column of new_predictions.csv: array}, numbers where all its cells are; for a DataFrame a DataFrame.
    Raises: InputError for data that the run cannot take.
    """
    run, where = as_run(run), new if isinstance(new, (str, Path)) else IN_MEMORY
    task, preparation, input_shape = run.task, run.preparation, run.record.input_shape
    if where is IN_MEMORY:
        read = read_in_memory(new, None, run.constants, preparation)
    else:
        read = read_new(Path(new), run.constants, preparation)
    prepared, x = prepare(read, run, where)
    model = run.load_model(takes_raw=True)
    if preparation.frame_encoder is not None:
        x = encode_new(model, x, where)
    split = Split(x, None, np.arange(len(x)), dtype=preparation.dtype)
    answers = task.decode(predict_with(trained_part(model), split))
    report = task.report_new(prepared, answers, input_shape)
    with run.unchanged():
        files.write_csv(run.folder / "new_predictions.csv", report.header, report.rows)
        pictures = report.pictures
        for name, picture in pictures.items():
            files.write_atomically(run.folder / name, picture)
    written = " and ".join([files.shown(run.folder / "new_predictions.csv"), *pictures])
    count = f"{len(x)} {task.unit if len(x) != 1 else task.unit[:-1]}"
    print("\n".join([*prepared.notes, *report.lines, f"Wrote {written}: {count}"]))
    columns = {name: as_array(name, cells) for name, cells in zip(report.header, zip(*report.rows))}
    return new.__class__(columns) if hasattr(new, "iloc") else columns


def prepare(new, run, where):
    """Bring new Sequences to the form that the run was trained on. Returns: (Sequences, what the network takes)."""
    preparation = run.preparation
    if preparation.kind == "series" and new.columns is None:
        raise InputError(f"{where} holds sequences; the run in {files.shown(run.folder)} was trained on a time series")
    new = with_columns(new, preparation.columns, where)  # trained on no table: a table's rows are time steps
    check_pictures(new, preparation, where)
    if preparation.kind != "series" and not preparation.unequal_lengths:
        new = cut_recordings(new.replace(divided_by_time=preparation.divided_by_time), preparation.steps, where)
    if preparation.dtype == "float32":
        new = new.noted(*rounding_notes(new, "the run takes 32-bit floats, train it on such data"))
    return run.task.new_inputs(preparation.apply(new, where), run.record.input_shape, where)


def check_pictures(new, preparation, where):
    """Raise InputError for new pictures of another size than the run's: they are encoded whole, not cut."""
    if preparation.frame_encoder is None or preparation.kind == "clips" or new.kind != "sequences":
        return
    here, there = list(new.x[:1][0].shape), [preparation.steps, *preparation.features]
    if here != there:
        sizes = [f"{rows} rows of {numbers} numbers" for rows, numbers in (here, there)]
        raise InputError(
            f"{where} has pictures of {sizes[0]}; the run takes {sizes[1]}: scale them, in as many colours"
        )


def as_array(name, cells):
    """Return a column of new_predictions.csv as an array, of numbers but where its cells are names or texts."""
    if name in ("index", "step") and all(map(str.isdigit, map(str, cells))):
        return np.array(cells, dtype=int)
    return np.array(cells, dtype=object if name in ("index", *TEXT_COLUMNS) else float)


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1, files=RUN_FILES, only=["RUN_DIR"])
