"""What a killed training leaves to continue from: one file beside the run folder, replaced whole after each epoch."""

import io
import json

import numpy as np

from rows_on_disk import DAMAGED
from run_folder import write_atomically


def save_checkpoint(path, model, progress, best_weights):
    """Write model, optimizer, random generators, progress and best weights so far into one `.npz` file, atomically.

    progress: dictionary that JSON can hold; best_weights: list of arrays or None.
    """
    arrays = {f"model_{i}": value for i, value in enumerate(_state(model))}
    arrays |= {f"best_{i}": value for i, value in enumerate(best_weights or [])}
    buffer = io.BytesIO()
    np.savez(buffer, progress=np.array(json.dumps(progress)), **arrays)
    write_atomically(path, buffer.getvalue())


def load_checkpoint(path):
    """Read a checkpoint. Returns: (progress, arrays by name), or None where there is none that can be read."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return json.loads(str(arrays.pop("progress"))), arrays
    except DAMAGED:
        return None


def restore(model, arrays):
    """Give model, optimizer and random generators the state in `arrays`. Returns: the best weights, or None."""
    variables = [*model.variables, *model.optimizer.variables]
    for i, variable in enumerate(variables):
        variable.assign(arrays[f"model_{i}"])
    count = sum(name.startswith("best_") for name in arrays)
    return [arrays[f"best_{i}"] for i in range(count)] or None


def _state(model):
    # Keras' `variables`, unlike `weights`, hold the state of Dropout's random generators too.
    return [np.asarray(variable) for variable in (*model.variables, *model.optimizer.variables)]
