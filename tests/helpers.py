"""What tests in several folders do: train in this process, start a script, compare the files of a folder."""

import contextlib
import ctypes
import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

import export_model
import train_model
from experiments.tflite_score import run_tflite
from sequences.types import Split


def train(shipped, run, **constants):
    constants = {**shipped, "RUN_DIR": str(run), **constants}
    train_model.main(constants)
    return constants


def start(project, script="train_model.py", **options):
    return subprocess.Popen(
        [sys.executable, "-u", script],
        cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


@contextlib.contextmanager
def file_size_limit(size):
    """Let the block write no file of more bytes, as on a full disk."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def obey_permissions():
    """Let even root be refused by a read-only folder: PR_CAPBSET_DROP, CAP_DAC_OVERRIDE (man 2 prctl)."""
    if os.getuid() == 0:
        ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


def hashes(folder):
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


def onnx_answers(run, x):
    """Export a run as ONNX and answer x with ONNX Runtime; without the packages for it the test is skipped."""
    for package in ("tf2onnx", "onnxruntime"):
        pytest.importorskip(package, reason=f"pip install {package}")
    import onnxruntime

    session = onnxruntime.InferenceSession(str(export_model.export("onnx", str(run))))
    return session.run(["output"], {"sequences": x})[0]


def tflite_answers(path, x):
    """Answer x, one sequence at a time, with a TFLite file."""
    return run_tflite(path.read_bytes(), Split(x, None, np.arange(len(x)), dtype=x.dtype))
