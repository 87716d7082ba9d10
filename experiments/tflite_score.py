"""How well a TFLite file answers the test set, beside the network that it was made of."""

import importlib.util
import warnings

import numpy as np

from core.lazy import lazy, quiet_tensorflow, tf
from core.progress import tracked
from reports.formatting import score_format
from training.prediction import predict

litert = lazy("ai_edge_litert.interpreter")


def compare_scores(run, path, data):
    """Return a line with the test scores of a TFLite file of a SavedRun and of its model.keras.

    data: Data, those that the run was trained on. Raises: InputError where a training has replaced the run.
    """
    task, test = run.task, data.test
    with run.unchanged():
        content, model = path.read_bytes(), run.load_model()
    outputs = run_tflite(content, test.raw), predict(model, test)
    small, full = (score_format(task.metric)(task.score(test, task.decode(output))) for output in outputs)
    return f"{task.metric} on the test set, {len(test)} {task.unit}: {path.name} {small}, model.keras {full}"


def run_tflite(content, split):
    """Answer the sequences of a Split, one at a time, with the content of a TFLite file.

    Returns: its output, float64 (n, ...).
    """
    outputs = []
    with quiet_tensorflow.standard_error_caught():  # "Created TensorFlow Lite XNNPACK delegate for CPU."
        interpreter = load_interpreter(content)
        interpreter.allocate_tensors()
    source, target = (of()[0]["index"] for of in (interpreter.get_input_details, interpreter.get_output_details))
    sequences = (sequence for block in split.blocks() for sequence in block)
    for sequence in tracked(sequences, "Predicting with TFLite, sequences", len(split)):
        interpreter.set_tensor(source, sequence[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(target)[0])
    return np.asarray(outputs, dtype=np.float64)


def load_interpreter(content):
    """Load a TFLite file's content into LiteRT's interpreter, or without that package into TensorFlow's.

    TensorFlow's is deprecated, and says so each time.
    """
    if importlib.util.find_spec("ai_edge_litert") is not None:
        return litert.Interpreter(model_content=content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tf.lite.Interpreter(model_content=content)
