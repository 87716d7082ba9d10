"""Several trainings on one data set, each in a process of its own: what they have in common."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.constants import Constants


@dataclass(frozen=True)
class Experiment:
    """A search or a cross-validation, as its worker processes get it."""

    constants: Constants  # of data, network and training
    options: Constants  # of tune_model.py or cross_validate_model.py
    load_data: Callable  # of data_preprocessing.py
    build_model: Callable  # of cnn_lstm_model.py
    folder: Path  # for the results
    metric: str  # the task's main score
    parent: int = 0  # the process that started it; 0: it may be on another machine


def start_worker(experiment, threads):
    """Make ready a worker process: TensorFlow gets so many threads, and it ends with the experiment."""
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):  # read when TensorFlow starts
        os.environ[name] = str(threads)
    _end_with(experiment.parent)


def _end_with(parent):
    """End this process when the one that started it is gone: a killed experiment would leave its workers busy."""

    def watch():
        if os.name == "nt":  # where getppid() goes on naming a parent that is gone
            multiprocessing.parent_process().join()
        else:
            while os.getppid() == parent:
                time.sleep(1)
        os._exit(1)

    name = "end_with_parent"
    if os.getppid() == parent and all(thread.name != name for thread in threading.enumerate()):
        threading.Thread(target=watch, name=name, daemon=True).start()
