"""What a killed training leaves to continue from: one file beside the run folder, replaced whole after each epoch."""

import io
import json
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from platform import python_version

import numpy as np

from core.errors import DAMAGED
from core.files import project_path, sibling, write_atomically
from core.run_folder import load_record


@dataclass(frozen=True)
class Checkpoint:
    """Where a training is saved, and what it must agree with to be continued."""

    folder: Path  # of the run; the file lies beside it
    run_identity: list  # see run_identity
    every_epoch: bool = True  # False: only the last epoch is saved
    name: str = "checkpoint"  # of the file

    @property
    def path(self):
        """The file, which need not exist."""
        return sibling(self.folder, self.name)


@dataclass
class Progress:
    """How far a training has come; best and average are lists of weights."""

    history: dict = field(default_factory=dict)  # {metric: list, one value an epoch}
    seconds: float = 0.0
    best: list | None = None  # of the epoch with the lowest validation loss, where PATIENCE asks for them
    average: list | None = None  # over epochs, with AVERAGE_WEIGHTS

    @property
    def epochs(self):
        """The number of epochs that are finished."""
        return len(self.history.get("loss", []))


def run_identity(c, data, *left_out):
    """Return what results must agree in to be continued: constants, data, library versions, the run they start from.

    Parameters: c, Constants; data, fingerprints of them; left_out, names of constants that change nothing here.
    Returns: what JSON can hold.
    """
    constants = {name: value for name, value in c.items() if name not in ("RUN_DIR", "RESUME", *left_out)}
    return [constants, data, library_versions(), pretrained_checksum(c)]


def pretrained_checksum(c):
    """Return the checksum of the network in PRETRAINED_RUN, or None. Raises: InputError where there is no run."""
    if c.PRETRAINED_RUN is None:
        return None
    return load_record(project_path(c.PRETRAINED_RUN, "PRETRAINED_RUN")).model_checksum


def library_versions():
    """Return {name: version} of Python and the libraries that results depend on."""
    names = ("tensorflow", "keras", "numpy", "scikit-learn")
    return {"python": python_version()} | {name: version(name) for name in names}


def save_checkpoint(checkpoint, model, progress):
    """Write model, optimizer, random generators and Progress into one `.npz` file, atomically."""
    groups = {"model": _state(model), "best": progress.best or [], "average": progress.average or []}
    arrays = {f"{name}_{i}": value for name, group in groups.items() for i, value in enumerate(group)}
    header = {
        "run_identity": checkpoint.run_identity,
        "history": progress.history,
        "seconds": progress.seconds,
        "arrays": {name: len(group) for name, group in groups.items()},
    }
    buffer = io.BytesIO()
    np.savez(buffer, header=np.array(json.dumps(header)), **arrays)
    write_atomically(checkpoint.path, buffer.getvalue())


def restore_checkpoint(checkpoint, model):
    """Give model, optimizer and random generators the state of a checkpoint, if there is one of the same run.

    A damaged file is ignored: NumPy finds it by the checksums of the zip archive. Returns: Progress.
    """
    if not checkpoint.path.is_file():
        return Progress()
    try:
        with np.load(checkpoint.path, allow_pickle=False) as file:
            header = json.loads(str(file["header"]))
            groups = {name: [file[f"{name}_{i}"] for i in range(n)] for name, n in header["arrays"].items()}
        progress = Progress(header["history"], header["seconds"], groups["best"] or None, groups["average"] or None)
        same_run = header["run_identity"] == json.loads(json.dumps(checkpoint.run_identity))
        same_run &= [array.shape for array in groups["model"]] == [array.shape for array in _state(model)]
    except (*DAMAGED, TypeError, AttributeError):
        return Progress()
    if not same_run:
        print("An interrupted training was of other constants or data: starting afresh")
        return Progress()
    print(f"Continuing after epoch {progress.epochs}, where training was interrupted", flush=True)
    for variable, value in zip((*model.variables, *model.optimizer.variables), groups["model"]):
        variable.assign(value)
    return progress


def _state(model):
    # Keras' `variables`, unlike `weights`, hold the state of Dropout's random generators too.
    return [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]
