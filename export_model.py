"""python export_model.py saved_model
python export_model.py tflite

Write the trained run in a form that runs without Keras: RUN_DIR/saved_model (TensorFlow Serving, C++, Java) or
RUN_DIR/model.tflite (phones and microcontrollers; built-in operators only, one sequence at a time).
"""

import io
from contextlib import redirect_stdout

import files
import run_folder
from checks import InputError, run_script

FORMS = ("saved_model", "tflite")


def main(form):
    """Export the run in RUN_DIR as `form`: "saved_model" or "tflite"."""
    print(f"Wrote {files.shown(export(form))}")


def export(form, run_dir=run_folder.RUN_DIR):
    """Export the run in `run_dir` as "saved_model" or "tflite". Returns: the path written. Raises InputError."""
    if form not in FORMS:
        raise InputError(f"{form!r} is no form of export: it must be one of {', '.join(FORMS)}")
    folder = run_folder.run_path(run_dir)
    model = run_folder.load_model(folder, run_folder.load_record(folder))
    return to_saved_model(model, folder / "saved_model") if form == "saved_model" else to_tflite(model, folder)


def to_saved_model(model, path):
    """Write a SavedModel whose default signature maps raw sequences (n, time, ...) float32 to the model's output."""
    new = path.with_name(f".{path.name}.writing")
    try:
        files.remove(new)
        model.export(new, format="tf_saved_model", verbose=False)
        files.remove(path)
        new.rename(path)
    except OSError as error:
        raise InputError(f"{files.shown(path)} cannot be written: {error.strerror or error}") from error
    return path


def to_tflite(model, folder):
    """Write model.tflite. A batch of exactly one lets the LSTM do with built-in operators."""
    from quiet_tensorflow import keras, standard_error_held_back, tf

    inputs = keras.Input(batch_shape=(1, *model.input_shape[1:]))
    with standard_error_held_back(), redirect_stdout(io.StringIO()):  # the converter tells what it does at length
        content = tf.lite.TFLiteConverter.from_keras_model(keras.Model(inputs, model(inputs))).convert()
    path = folder / "model.tflite"
    files.write_atomically(path, content)
    return path


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
