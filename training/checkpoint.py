"""What a killed training leaves to continue from: one file beside the run folder, replaced whole after each epoch."""

import io
import json
import zipfile

import numpy as np

from core.errors import DAMAGED
from core.files import write_atomically

KEPT = ("best", "average")  # weights beside the model's own: of the best epoch, and averaged over epochs


def save_checkpoint(path, model, progress, kept):
    """Write model, optimizer, random generators, progress and kept weights into one `.npz` file, atomically.

    progress: dictionary that JSON can hold; kept: {name of KEPT: list of arrays or None}.
    """
    arrays = {f"model_{i}": value for i, value in enumerate(_state(model))}
    for name, weights in kept.items():
        arrays |= {f"{name}_{i}": value for i, value in enumerate(weights or [])}
    buffer = io.BytesIO()
    np.savez(buffer, progress=np.array(json.dumps(progress)), **arrays)
    write_atomically(path, buffer.getvalue())


def load_checkpoint(path, model):
    """Read a checkpoint of `model`. Returns: (progress, arrays by name), or None where none is whole and fits."""
    if not (path.is_file() and zipfile.is_zipfile(path)):
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        progress = json.loads(str(arrays.pop("progress")))
        lengths = {len(values) for values in progress["history"].values()}
        whole = len(lengths) == 1 and {"of", "seconds"} <= set(progress) and "loss" in progress["history"]
    except (*DAMAGED, TypeError, AttributeError):
        return None
    shapes = {f"model_{i}": value.shape for i, value in enumerate(_state(model))}
    for name in KEPT:
        if f"{name}_0" in arrays:
            shapes |= {f"{name}_{i}": value.shape for i, value in enumerate(model.get_weights())}
    found = {name: array.shape for name, array in arrays.items()}
    return (progress, arrays) if whole and found == shapes else None


def restore(model, arrays):
    """Give model, optimizer and random generators the state in `arrays`. Returns: the kept weights as saved."""
    variables = [*model.variables, *model.optimizer.variables]
    for i, variable in enumerate(variables):
        variable.assign(arrays[f"model_{i}"])
    counts = {name: sum(key.startswith(f"{name}_") for key in arrays) for name in KEPT}
    return {name: [arrays[f"{name}_{i}"] for i in range(count)] or None for name, count in counts.items()}


def _state(model):
    # Keras' `variables`, unlike `weights`, hold the state of Dropout's random generators too.
    return [np.asarray(variable) for variable in (*model.variables, *model.optimizer.variables)]
