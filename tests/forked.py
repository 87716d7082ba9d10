"""Run the project's scripts in processes of their own that need not import TensorFlow: that takes most of the time.

One process imports it, and forks a child for each script. The child is what `python SCRIPT` is in all but that: its own
folder, arguments, standard streams, exit status, and none of the project's modules loaded before.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SERVER = """
import atexit, gc, io, json, os, runpy, signal, sys, time, traceback
gc.disable()
os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}
import keras, tensorflow
import h5py, joblib, matplotlib.backends.backend_agg, matplotlib.figure, pandas
import scipy.stats, sklearn.datasets, sklearn.linear_model, sklearn.metrics, sklearn.model_selection
figure = matplotlib.figure.Figure(layout="constrained")  # finds its fonts
figure.subplots().imshow([[0]])
figure.savefig(io.BytesIO(), format="png")
gc.freeze()  # else each child looks through TensorFlow's objects, and copies their pages
gc.enable()
gc.set_threshold(50_000, 20, 20)  # see conftest.py

def run(command):
    sys.path[0] = os.getcwd()
    try:
        if command[0] == "-c":
            sys.argv = ["-c", *command[2:]]
            exec(command[1], {"__name__": "__main__"})
        else:
            sys.argv = command
            runpy.run_path(command[0], run_name="__main__")
        return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1

def wait_for(line, path, child):
    while not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        with open(path) as file:
            if any(shown.startswith(line) for shown in file):
                return
        time.sleep(0.01)

for line in sys.stdin:
    job = json.loads(line)
    for path in job["streams"]:
        open(path, "w").close()
    child = os.fork()
    if not child:
        os.chdir(job["folder"])
        os.environ |= job["env"]
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for stream in (1, 2):
            os.dup2(os.open(job["streams"][stream - 1], os.O_WRONLY), stream)
        sys.stdout.reconfigure(line_buffering=True)
        signal.alarm(job["timeout"])
        status = run(job["command"])
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    if job["signal"]:
        wait_for(job["after"], job["streams"][0], child)
        os.kill(child, job["signal"])
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps(status), file=sys.__stdout__, flush=True)
"""
SCRIPTS = ["-c", *(f"{name}_model.py" for name in ("train", "evaluate", "predict", "export", "cross_validate"))]
POSSIBLE = sys.platform == "linux"  # Windows forks no process, macOS none that has imported TensorFlow
_server, _streams = None, tempfile.TemporaryDirectory()


def run_forked(folder, command, timeout=300, env=None, signal=0, after=""):
    """Run `python *command` in a folder.

    Parameters: env: set besides. signal: sent once it has printed a line that begins with `after`.
    Returns: subprocess.CompletedProcess with text.
    """
    global _server
    if _server is None:
        # A session of its own: Ctrl-C at the tests' terminal ends pytest, which closes the server's input.
        _server = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        )  # fmt: skip
    streams = [Path(_streams.name) / name for name in ("out", "err")]
    job = {"folder": str(folder), "command": list(map(str, command)), "streams": list(map(str, streams))}
    job |= {"timeout": timeout, "env": env or {}, "signal": signal, "after": after}
    _server.stdin.write(json.dumps(job) + "\n")
    _server.stdin.flush()
    status = json.loads(_server.stdout.readline())
    out, err = (stream.read_text(errors="replace") for stream in streams)
    return subprocess.CompletedProcess(command, status, out, err)
