"""What the tests share: a copy of the project, whose constants a test edits and whose scripts it runs."""

import compileall
import gc
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from core.locks import lock_file
from tests.forked import POSSIBLE, SCRIPTS, run_forked

settings.register_profile(
    "ci", max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
settings.register_profile("long", settings.get_profile("ci"), max_examples=20_000, derandomize=False)
settings.load_profile("ci")

ROOT = Path(__file__).resolve().parent.parent


POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has no such links, pipes, signals or limits")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="memory and processes are seen in /proc")


def pytest_addoption(parser):
    parser.addoption("--soak-rounds", type=int, default=5, help="rounds of tests/scripts/test_soak.py")
    parser.addoption("--benchmarks", action="store_true", help="run the benchmark of speed too, in tiny sizes")
    parser.addoption("--kills", type=int, help="how many: of each task, and of all that says killed")


ROOMS = [path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"]


def pytest_configure(config):
    """Compile the project once: each copy of it would else compile 140 files, a fifth of a script's time.

    Garbage is collected more seldom than Python's 700 objects: a network that is traced leaves a hundred thousand.
    Libraries use one thread, as pytest uses a process for each core.
    """
    gc.set_threshold(50_000, 20, 20)
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    if not hasattr(config, "workerinput"):
        for room in ROOMS:
            compileall.compile_dir(ROOT / room, quiet=2)


FIRST = ["repository", "training", "scripts", "tasks", "experiments"]  # they take longest: none is left to the end


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: [*FIRST, item.path.parent.name].index(item.path.parent.name))


def copy_project(folder, *more):
    """Copy the scripts and the rooms they import from, compiled; more: other folders, such as "benchmarks"."""
    folder.mkdir(parents=True)
    for script in ROOT.glob("*.py"):
        shutil.copy(script, folder)
    for room in (*ROOMS, *more):
        shutil.copytree(ROOT / room, folder / room)


def run(folder, *command, env=None, timeout=300, forked=POSSIBLE):
    """Run `python *command` in a folder. Returns: the finished process with stdout and stderr."""
    if command[0] in SCRIPTS and forked and not any(name.startswith("PYTHON") for name in env or {}):
        return run_forked(folder, command, timeout, env)
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=folder,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
    )


class Project:
    """A copy of the project in a folder of its own. forked: see tests/forked.py."""

    forked = POSSIBLE

    def __init__(self, folder):
        self.folder = folder
        copy_project(folder)

    def edit(self, **constants):
        """Edit constants in the files that define them: one line each."""
        for name, value in constants.items():
            line = re.compile(rf"^{name} = [^#\n]*", re.MULTILINE)
            files = [f for f in self.folder.glob("*.py") if line.search(f.read_text())]
            assert len(files) == 1, f"{name} is defined in {files}"
            text = files[0].read_text()
            start, end = line.search(text).span()
            changed = files[0].stat().st_mtime + 2  # Python takes what it compiled in the same second for this file's
            files[0].write_text(f"{text[:start]}{name} = {value!r}  {text[end:]}")
            os.utime(files[0], (changed, changed))
        return self

    def run(self, *command, env=None, timeout=300):
        """Run `python *command` in the project folder. Returns: the finished process with stdout and stderr."""
        return run(self.folder, *command, env=env, timeout=timeout, forked=self.forked)

    def succeed(self, *command, **options):
        """Run and check that it succeeded with nothing on standard error. Returns: standard output."""
        done = self.run(*command, **options)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    def refuse(self, *command, **options):
        """Run and check for a refusal: exit status 2, one line, no traceback. Returns: that line."""
        done = self.run(*command, **options)
        assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
        lines = done.stderr.splitlines()
        assert len(lines) == 1, done.stderr
        return lines[0]

    @property
    def run_dir(self):
        return self.folder / "runs" / "latest"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


def wait_for(lock):
    """Lock an open file as soon as no other process holds it."""
    while True:
        try:
            return lock_file(lock)
        except OSError:
            time.sleep(0.1)


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    """The project trained and evaluated as shipped: (project, what train printed, what evaluate printed)."""
    made = tmp_path_factory.getbasetemp()
    made = (made.parent if "PYTEST_XDIST_WORKER" in os.environ else made) / "reference-of-all"
    with open(made.with_suffix(".lock"), "w") as lock:  # one process trains, the others copy
        wait_for(lock)
        if not made.exists():
            project = Project(made / "project")
            project.forked = False  # as a user starts them
            for script in ("train_model.py", "evaluate_model.py"):
                (made / script).write_text(project.succeed(script, env={"TF_NUM_INTRAOP_THREADS": "0"}))
    own = Project(tmp_path_factory.mktemp("reference") / "project")
    shutil.copytree(made / "project" / "runs", own.folder / "runs")
    return own, *((made / script).read_text() for script in ("train_model.py", "evaluate_model.py"))


@pytest.fixture(scope="session")
def shipped():
    """The constants as shipped, for calling the scripts' functions in this process."""
    from core.constants import read_constants

    return read_constants()


def load(**constants):
    """Load the data that the shipped constants describe, with these in place of theirs."""
    from data_preprocessing import load_data

    return load_data(**constants)


def load_model(run):
    """Load the network of a run folder."""
    from training.saved_run import open_run

    return open_run(Path(run)).load_model()


def on_gpu():
    """Tell whether TensorFlow uses a GPU: every layer keeps its own code there, and products have 10 bits (TF32)."""
    from core.quiet_tensorflow import tf

    return bool(tf.config.list_physical_devices("GPU"))
