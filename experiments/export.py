"""A trained model in forms that run without Keras."""

import io
import tempfile
from contextlib import contextmanager, redirect_stdout

from core import files
from core.errors import InputError, reason
from core.lazy import keras, quiet_tensorflow, tf


def to_saved_model(model, folder):
    """Write folder/saved_model: its default signature maps raw sequences (n, time, ...) float32 to the model's output.

    Returns: its path. Raises InputError where it cannot be written.
    """
    _without_cudnn(model)
    path = folder / "saved_model"
    new, old = folder / f".{path.name}.writing", folder / f".{path.name}.old"
    files.remove(new)
    files.remove(old)
    try:
        with _faults_named(path):
            model.export(new, format="tf_saved_model", verbose=False)
            if path.exists() or path.is_symlink():
                path.rename(old)  # a kill while it is deleted would leave a half
            new.rename(path)
    finally:
        files.remove(new)
        files.remove(old)
    return path


def to_tflite(model, folder, input_shape):
    """Write folder/model.tflite for sequences of input_shape. Returns: its path.

    A batch of exactly one lets the LSTM do with built-in operators.
    """
    if model.inputs[0].dtype == "string":
        raise InputError("TFLite has no operators that divide texts into words: export saved_model instead")
    if "float64" in (model.inputs[0].dtype, model.outputs[0].dtype):
        raise InputError("TFLite computes in 32-bit floats, which lose these data: export saved_model instead")
    _without_cudnn(model)
    path = folder / "model.tflite"
    with (
        _faults_named(path),
        quiet_tensorflow.standard_error_caught(),
        redirect_stdout(io.StringIO()),  # the converter tells what it does at length
        tempfile.TemporaryDirectory() as saved,
    ):
        # As from_keras_model does, which ends in a TypeError where these files find no room.
        inputs = keras.Input(batch_shape=(1, *input_shape))
        signature = [tf.TensorSpec(inputs.shape, inputs.dtype)]
        whole = keras.Model(inputs, model(inputs))
        whole.export(saved, format="tf_saved_model", input_signature=signature, verbose=False)
        content = tf.lite.TFLiteConverter.from_saved_model(saved).convert()
    files.write_atomically(path, content)
    return path


@contextmanager
def _faults_named(path):
    """Raise InputError for what the operating system refuses; TensorFlow has errors of its own for it."""
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        why = str(reason(error)).splitlines()[0][:200]
        raise InputError(f"{files.shown(path)} cannot be written: {why}") from error


def _without_cudnn(model):
    """Have LSTM layers traced as plain operators: an export made beside a GPU would otherwise need one to run."""
    for layer in model._flatten_layers():
        if hasattr(layer, "use_cudnn"):
            layer.use_cudnn = False
