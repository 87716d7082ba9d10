"""A trained model in forms that run without Keras."""

import importlib.util
import io
import logging
import tempfile
from contextlib import contextmanager, redirect_stdout

from core import files
from core.errors import InputError, reason
from core.lazy import keras, lazy, quiet_tensorflow, tf
from training.prediction import traced

convert_phase = lazy("tensorflow.lite.python.convert_phase")
convert_to_constants = lazy("tensorflow.python.framework.convert_to_constants")
onnx = lazy("onnx")
tf2onnx = lazy("tf2onnx")


def to_saved_model(model, folder):
    """Write folder/saved_model: its default signature maps raw "sequences" (n, time, ...) to the model's "output_0".

    Those of a model of texts are "texts" (n,). Returns: its path. Raises InputError where it cannot be written.
    """
    _without_cudnn(model)
    path = folder / "saved_model"
    new, old = folder / f".{path.name}.writing", folder / f".{path.name}.old"
    files.remove(new)
    files.remove(old)
    try:
        with _faults_named(path):
            name = "texts" if model.inputs[0].dtype == "string" else "sequences"  # else it has that of a layer
            signature = [tf.TensorSpec((None, *model.input_shape[1:]), model.inputs[0].dtype, name)]
            model.export(new, format="tf_saved_model", input_signature=signature, verbose=False)
            if path.exists() or path.is_symlink():
                files.move(path, old)  # a kill while it is deleted would leave a half
            files.move(new, path)
    finally:
        files.remove(new)
        files.remove(old)
    return path


def to_onnx(model, folder):
    """Write folder/model.onnx: raw "sequences" (n, time, ...) in, the model's "output" out, both of the model's dtypes.

    Returns: its path. Raises: InputError where it cannot be written, without tf2onnx, and for layers that ONNX has no
    operators for.
    """
    _refuse_texts(model, "ONNX")
    if importlib.util.find_spec("tf2onnx") is None:
        raise InputError("ONNX needs the package tf2onnx: pip install tf2onnx")
    _without_cudnn(model)
    # Frozen here: tf2onnx's from_function takes constants of the network, such as a feature's mean, for inputs.
    frozen = convert_to_constants.convert_variables_to_constants_v2(
        traced(model).get_concrete_function(), lower_control_flow=False, aggressive_inlining=True
    )
    inputs, outputs = frozen.inputs[0].name, frozen.outputs[0].name
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)  # it logs each operator that it does not know, and goes on
    path = folder / "model.onnx"
    with quiet_tensorflow.standard_error_caught():
        graph, _ = tf2onnx.convert.from_graph_def(
            frozen.graph.as_graph_def(add_shapes=True),
            input_names=[inputs],
            output_names=[outputs],
            tensors_to_rename={inputs: "sequences", outputs: "output"},
        )
    try:
        onnx.checker.check_model(graph)
    except onnx.checker.ValidationError as error:
        why = str(error).strip().splitlines()[0][:200]
        raise InputError(f"ONNX has no form of this network ({why}): export saved_model instead") from error
    files.write_atomically(path, graph.SerializeToString())
    return path


def to_tflite(model, folder, input_shape, small=False):
    """Write folder/model.tflite, or model_small.tflite with weights of 8 bits, for sequences of input_shape.

    A batch of exactly one lets the LSTM do with built-in operators. Weights of 8 bits have a scale for each unit or
    filter; arrays of less than 1024 weights, and all inputs and outputs, stay 32-bit floats ("dynamic-range
    quantization").
    Returns: its path. Raises: InputError where it cannot be written, and for networks that TFLite cannot compute.
    """
    _refuse_texts(model, "TFLite")
    if "float64" in (model.inputs[0].dtype, model.outputs[0].dtype):
        raise InputError("TFLite computes in 32-bit floats, which lose these data: export saved_model or onnx instead")
    _without_cudnn(model)
    path = folder / ("model_small.tflite" if small else "model.tflite")
    with (
        _faults_named(path),
        quiet_tensorflow.standard_error_caught(),
        redirect_stdout(io.StringIO()),  # the converter tells what it does at length
        tempfile.TemporaryDirectory() as saved,
    ):
        # As from_keras_model does, which ends in a TypeError where these files find no room.
        inputs = keras.Input(batch_shape=(1, *input_shape), dtype=model.inputs[0].dtype)
        signature = [tf.TensorSpec(inputs.shape, inputs.dtype, "sequences")]
        whole = keras.Model(inputs, model(inputs))
        whole.export(saved, format="tf_saved_model", input_signature=signature, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        if small:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        try:
            content = converter.convert()
        except convert_phase.ConverterError as error:
            why = str(error).strip().splitlines()[0][-200:]
            raise InputError(
                f"TFLite has no form of this network ({why}): export onnx or saved_model instead"
            ) from error
    files.write_atomically(path, content)
    return path


def _refuse_texts(model, form):
    if model.inputs[0].dtype == "string":
        raise InputError(f"{form} has no operators that divide texts into words: export saved_model instead")


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
