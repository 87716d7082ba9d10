"""A trained run, opened: its record, its task with what it learned, its preparation, its network."""

import csv
import hashlib
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.errors import DAMAGED, InputError, reason
from core.files import shown
from core.lazy import keras, tf
from core.locks import content_lock
from core.records import from_plain
from core.run_folder import AGAIN, RunRecord, load_record, run_path
from networks.raw_inputs import trained_part
from sequences.preparation import Preparation
from sequences.types import Data
from tasks import TASKS
from tasks.base import Task


@dataclass(frozen=True)
class SavedRun:
    """One run. Whatever is read of it later is refused if it is another training's."""

    folder: Path
    record: RunRecord
    task: Task
    preparation: Preparation
    data: Data | None = None  # that it was trained on, where this process has done it

    def __repr__(self):
        c, record = self.constants, self.record
        network = f"{c.ARCHITECTURE}, {record.parameters:,} parameters"
        return f"Run({shown(self.folder)}: {c.DATASET}, {record.task}, {network}, trained {record.trained})"

    @property
    def model(self):
        """The trained network, keras.Model: it takes raw sequences."""
        return self.load_model(takes_raw=True)

    @property
    def history(self):
        """The metrics of each epoch: {name: list of numbers}. Raises: InputError for a file of another run."""
        content = self.companion("history.csv")
        if content is None:
            path = shown(self.folder / "history.csv")
            raise InputError(f"{path} is missing, edited, or a training has replaced the run: {AGAIN}")
        header, *rows = csv.reader(content.decode().splitlines())
        return {name: [float(value) for value in column] for name, column in zip(header, zip(*rows))}

    @property
    def constants(self):
        """The Constants that the run was trained with."""
        return self.record.constants

    def as_it_was_given(self, c, assigned=()):
        """Return Constants with the run's own where the files say no more than when it was trained.

        assigned: names of constants that were given now, which stay.
        """
        unchanged = [name for name, value in self.record.in_files.items() if c[name] == value and name not in assigned]
        return c.changed(**{name: self.constants[name] for name in unchanged})

    def load_model(self, takes_raw=False):
        """Load model.keras, not compiled, safe mode on.

        Parameters: takes_raw, whether the whole model is wanted, which takes raw texts and clips, else the network
        that takes prepared sequences.
        Returns: keras.Model. Raises: InputError for a file that is not as training wrote it.
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
            try:
                copy.write_bytes(content)
            except OSError as error:
                raise InputError(f"{copy}, a copy of model.keras, cannot be written: {reason(error)}") from error
            try:
                model = keras.models.load_model(copy, compile=False, safe_mode=True)
            except (TypeError, AttributeError, ImportError, tf.errors.OpError, *DAMAGED) as error:
                why = str(error).strip().split("\n")[0][:200]
                raise InputError(f"{shown(path)} is foreign or of another Keras version ({why}): {AGAIN}") from error
        return model if takes_raw else trained_part(model)

    def companion(self, name):
        """Return the content of a file that training wrote beside the model; None where it is missing or another's."""
        path = self.folder / name
        try:
            content = path.read_bytes() if path.is_file() else b""
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == self.record.checksums.get(name) else None

    def companion_notes(self):
        """Say which files beside the model are missing, of another run, or edited."""
        strange = [name for name in self.record.checksums if self.companion(name) is None]
        return [f"{name} is missing, or not as this training wrote it: the report goes without it" for name in strange]

    @contextmanager
    def unchanged(self):
        """Keep a training from replacing the run while something is written into its folder.

        Raises: InputError where one has replaced it since it was opened.
        """
        with content_lock(self.folder):
            now = load_record(self.folder)
            if (now.trained, now.checksums) != (self.record.trained, self.record.checksums):
                raise InputError(f"a training has replaced the run in {shown(self.folder)}: run this script again")
            yield


def as_run(run):
    """Return a SavedRun as it is, and for the path of a folder, from the project folder on, the run in it."""
    return run if isinstance(run, SavedRun) else open_run(run_path(str(run)))


def open_run(folder):
    """Open the run in a folder. Returns: SavedRun. Raises: InputError where there is none, or it is damaged."""
    record = load_record(folder)
    try:
        task = from_plain(TASKS[record.task], record.learned)
        preparation = from_plain(Preparation, record.preparation)
    except (KeyError, TypeError) as error:
        raise InputError(f"{shown(folder / 'run.json')} is damaged ({error}): {AGAIN}") from error
    return SavedRun(folder, record, task, preparation)
