"""python export_model.py saved_model
python export_model.py onnx
python export_model.py tflite
python export_model.py tflite_small

Write the trained run in a form that runs without Keras: RUN_DIR/saved_model (TensorFlow Serving, C++, Java),
RUN_DIR/model.onnx (ONNX Runtime; needs tf2onnx) or RUN_DIR/model.tflite (phones and microcontrollers; built-in
operators only, one sequence at a time). RUN_DIR/model_small.tflite has weights of 8 bits, takes about half the room and
answers a little differently: its score on the test set is printed beside that of model.keras.
"""

from core import files, run_folder
from core.constants import RUN_FILES, names_in, read_constants
from core.errors import InputError
from core.script import run_script
from data_preprocessing import load_data
from experiments.evaluate_run import check_same_data
from experiments.export import to_onnx, to_saved_model, to_tflite
from experiments.tflite_score import compare_scores
from readers.in_memory import IN_MEMORY
from training.saved_run import as_run, open_run

LITERT = "pip install ai-edge-litert, and give it one raw sequence at a time"
USED_BY = {
    "saved_model": "give raw inputs to tf.saved_model.load or to TensorFlow Serving",
    "onnx": "pip install onnxruntime, and give it raw sequences",
    "tflite": LITERT,
    "tflite_small": LITERT,
}


def main(form, assigned=None):
    """Export the run in RUN_DIR as `form`, one of USED_BY; of one that answers differently print how well it does."""
    run = open_run(run_folder.run_path(read_constants(assigned=assigned).RUN_DIR))
    path = export(form, run)
    print(f"Wrote {files.shown(path)}", flush=True)
    if form == "tflite_small":
        print(score(run, path))
    print(f"Next: {USED_BY[form]}; docs/runs.md shows how")


def export(form, run):
    """Export a run, of `train` or in a folder, as one of USED_BY. Returns: the path written. Raises: InputError."""
    if form not in USED_BY:
        raise InputError(f"{form!r} is no form of export: it must be one of {', '.join(USED_BY)}")
    run = as_run(run)
    model = run.load_model(takes_raw=True)
    with run.unchanged():
        if form == "saved_model":
            return to_saved_model(model, run.folder)
        if form == "onnx":
            return to_onnx(model, run.folder)
        shape = run.record.input_shape if run.preparation.frame_encoder is None else model.input_shape[1:]
        return to_tflite(model, run.folder, shape, small=form == "tflite_small")


def score(run, path):
    """Return the line that compares a TFLite file with model.keras on the test set, or says why nothing can."""
    c = run.constants.changed(RUN_DIR=str(run.folder))
    try:
        if c.DATASET == IN_MEMORY:
            raise InputError(f"the run was trained on {IN_MEMORY}")
        data = load_data(**c)
        check_same_data(run, data, c, names_in("data_preprocessing"))
    except InputError as error:
        return f"{path.name} is not scored on the test set: {error}"
    return compare_scores(run, path, data)


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1, files=RUN_FILES, only=["RUN_DIR"])
