"""A trained model in forms that run without Keras."""

import io
import os
from contextlib import redirect_stdout

from core import files
from core.errors import InputError, reason
from core.lazy import keras, quiet_tensorflow, tf


def to_saved_model(model, folder):
    """Write folder/saved_model: its default signature maps raw sequences (n, time, ...) float32 to the model's output.

    Returns: its path. Raises InputError where it cannot be written.
    """
    _without_cudnn(model)
    path = folder / "saved_model"
    new = folder / f".{path.name}.writing"
    try:
        files.remove(new)
        new.mkdir()  # TensorFlow would answer a read-only folder with an error of its own
        os.rmdir(new)
        model.export(new, format="tf_saved_model", verbose=False)
        files.remove(path)
        new.rename(path)
    except OSError as error:
        raise InputError(f"{files.shown(path)} cannot be written: {reason(error)}") from error
    return path


def to_tflite(model, folder, input_shape):
    """Write folder/model.tflite for sequences of input_shape. Returns: its path.

    A batch of exactly one lets the LSTM do with built-in operators.
    """
    if model.inputs[0].dtype == "string":
        raise InputError("TFLite has no operators that divide texts into words: export saved_model instead")
    _without_cudnn(model)
    inputs = keras.Input(batch_shape=(1, *input_shape))
    with (
        quiet_tensorflow.standard_error_caught(),
        redirect_stdout(io.StringIO()),
    ):  # the converter tells what it does at length
        content = tf.lite.TFLiteConverter.from_keras_model(keras.Model(inputs, model(inputs))).convert()
    path = folder / "model.tflite"
    files.write_atomically(path, content)
    return path


def _without_cudnn(model):
    """Have LSTM layers traced as plain operators: an export made beside a GPU would otherwise need one to run."""
    for layer in model._flatten_layers():
        if hasattr(layer, "use_cudnn"):
            layer.use_cudnn = False
