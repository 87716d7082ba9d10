"""A trained run, opened: its record, its task with what it learned, its preparation, its network."""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from core.errors import DAMAGED, InputError, reason
from core.files import shown
from core.lazy import keras
from core.records import from_plain
from core.run_folder import AGAIN, RunRecord, load_record
from networks.text_layers import network_within
from sequences.preparation import Preparation
from tasks import TASKS
from tasks.base import Task


@dataclass(frozen=True)
class SavedRun:
    """One run. Whatever is read of it later is refused if it is another training's."""

    folder: Path
    record: RunRecord
    task: Task
    preparation: Preparation

    @property
    def constants(self):
        """The Constants that the run was trained with."""
        return self.record.constants

    def load_model(self, takes_raw_texts=False):
        """Load model.keras, not compiled, safe mode on.

        Parameters: takes_raw_texts, whether of a run of texts the whole model is wanted, else the network that takes
        prepared sequences. Returns: keras.Model. Raises: InputError for a file that is not as training wrote it.
        """
        path = self.folder / "model.keras"
        if not path.is_file():
            raise InputError(f"{shown(path)} is missing: {AGAIN}")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"{shown(path)} cannot be read ({reason(error)}): {AGAIN}") from error
        if hashlib.sha256(content).hexdigest() != self.record.model_checksum:
            why = "is damaged, or a training has replaced the run in the meantime"
            raise InputError(f"{shown(path)} {why}: run this script again, or else {AGAIN}")
        with tempfile.TemporaryDirectory() as folder:  # what was checked is what is loaded
            copy = Path(folder) / path.name
            copy.write_bytes(content)
            try:
                model = keras.models.load_model(copy, compile=False, safe_mode=True)
            except (TypeError, AttributeError, ImportError, *DAMAGED) as error:
                why = str(error).strip().split("\n")[0][:200]
                raise InputError(f"{shown(path)} is foreign or of another Keras version ({why}): {AGAIN}") from error
        return model if takes_raw_texts else network_within(model)


def open_run(folder):
    """Open the run in a folder. Returns: SavedRun. Raises: InputError where there is none, or it is damaged."""
    record = load_record(folder)
    try:
        task = from_plain(TASKS[record.task], record.learned)
        preparation = from_plain(Preparation, record.preparation)
    except (KeyError, TypeError) as error:
        raise InputError(f"{shown(folder / 'run.json')} is damaged ({error}): {AGAIN}") from error
    return SavedRun(folder, record, task, preparation)
