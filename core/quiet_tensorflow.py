"""Import TensorFlow and Keras, once for the whole project, without their start-up chatter.

It takes seconds: core/lazy.py puts it off until Keras is used, so that a typing mistake is answered at once.
"""

import gc
import os
import sys
import tempfile
from contextlib import contextmanager

from core.lazy import collector_held

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# oneDNN's kernels split their sums by thread; without them the same seed gives the same weights on 1, 2 or 8 threads.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
# Else the first process takes a GPU's whole memory, and a search or folds in several processes end there.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")


@contextmanager
def standard_error_caught():
    """Catch what C++ code writes to file descriptor 2; show it only if the block raises.

    TensorFlow 2.21 logs some lines before its log level is read, so no environment variable silences them.
    """
    try:
        terminal = os.dup(2)
    except OSError:  # nothing is written to it: IDLE on Windows runs scripts without one
        yield
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            failed = isinstance(sys.exc_info()[1], Exception)  # Ctrl-C is no failure to explain
            os.dup2(terminal, 2)
            os.close(terminal)
            if failed:
                caught.seek(0)
                os.write(2, caught.read())


with collector_held(), standard_error_caught():
    import keras
    import tensorflow as tf

    gc.freeze()  # these million objects all stay: else it walks over them now and then, and when the process ends

# Python-side warnings too: a search builds many models, and TensorFlow warns of each function traced after the fifth.
tf.get_logger().setLevel("ERROR")

__all__ = ["keras", "standard_error_caught", "tf"]
