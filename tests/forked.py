"""Run the project's scripts in processes of their own that need not import TensorFlow: that takes most of the time.

One process imports it, and forks a child for each script. The child is what `python SCRIPT` is in all but that: its own
folder, arguments, standard streams, exit status, and none of the project's modules loaded before.
"""

import json
import os
import subprocess
import sys

SERVER = """
import atexit, gc, json, os, runpy, signal, sys, traceback
gc.disable()
os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}
import keras, tensorflow
import h5py, joblib, matplotlib.backends.backend_agg, matplotlib.figure
import scipy.stats, sklearn.datasets, sklearn.linear_model, sklearn.model_selection
gc.freeze()  # else each child looks through TensorFlow's objects, and copies their pages
gc.enable()

def run(command):
    sys.argv = command
    sys.path[0] = os.getcwd()
    try:
        runpy.run_path(command[0], run_name="__main__")
        return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1

for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if not child:
        os.chdir(job["folder"])
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for stream in (1, 2):
            os.dup2(os.open(job["streams"][stream - 1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
        signal.alarm(job["timeout"])
        status = run(job["command"])
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps(status), file=sys.__stdout__, flush=True)
"""
SCRIPTS = [f"{name}_model.py" for name in ("train", "evaluate", "predict", "export", "cross_validate")]
POSSIBLE = sys.platform == "linux"  # Windows forks no process, macOS none that has imported TensorFlow
_server = None


def run_forked(folder, command, timeout):
    """Run `python *command` in a folder. Returns: subprocess.CompletedProcess with text."""
    global _server
    if _server is None:
        # A session of its own: Ctrl-C at the tests' terminal ends pytest, which closes the server's input.
        _server = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        )  # fmt: skip
    streams = [folder / f".{name}-{os.getpid()}" for name in ("out", "err")]
    job = {"folder": str(folder), "command": list(map(str, command)), "streams": list(map(str, streams))}
    _server.stdin.write(json.dumps(job | {"timeout": timeout}) + "\n")
    _server.stdin.flush()
    status = json.loads(_server.stdout.readline())
    out, err = (stream.read_text(errors="replace") for stream in streams)
    for stream in streams:
        stream.unlink()
    return subprocess.CompletedProcess(command, status, out, err)
