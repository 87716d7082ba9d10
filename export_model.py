"""python export_model.py saved_model
python export_model.py tflite

Write the trained run in a form that runs without Keras: RUN_DIR/saved_model (TensorFlow Serving, C++, Java) or
RUN_DIR/model.tflite (phones and microcontrollers; built-in operators only, one sequence at a time).
"""

from core import files, run_folder
from core.constants import read_constants
from core.errors import InputError
from core.script import run_script
from experiments.export import to_saved_model, to_tflite
from training.saved_run import open_run

FORMS = ("saved_model", "tflite")


def main(form):
    """Export the run in RUN_DIR as `form`: "saved_model" or "tflite"."""
    print(f"Wrote {files.shown(export(form, read_constants().RUN_DIR))}")


def export(form, run_dir):
    """Export the run in `run_dir` as "saved_model" or "tflite". Returns: the path written. Raises: InputError."""
    if form not in FORMS:
        raise InputError(f"{form!r} is no form of export: it must be one of {', '.join(FORMS)}")
    run = open_run(run_folder.run_path(run_dir))
    model = run.load_model(takes_raw_texts=True)
    with run.unchanged():
        if form == "tflite":
            return to_tflite(model, run.folder, run.record.input_shape)
        return to_saved_model(model, run.folder)


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
