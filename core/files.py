"""Paths, and files written so that nothing is left half done: a kill leaves the old file or the new one."""

import contextlib
import csv
import json
import os
import shutil
import time
from pathlib import Path

from core.constants import shown_value
from core.errors import InputError, reason

PROJECT = Path(__file__).resolve().parent.parent
# Windows moves nothing that a program has open, as virus scanners have, for moments, what was just written.
MOVE_WITHIN = 2.0 if os.name == "nt" else 0.0  # seconds


def project_path(path, constant):
    """Turn a path from a constant into an absolute one: relative paths start at the project folder.

    Raises InputError, naming the constant, for one that no file can have.
    """
    try:
        absolute = PROJECT / Path(path).expanduser()
        str(absolute).encode()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            absolute.stat()
    except (OSError, RuntimeError, ValueError) as error:  # too long, an unknown user, no text, a loop of links
        raise InputError(f"{constant} = {shown_value(path)} is no path that can be used: {reason(error)}") from error
    return absolute


def shown(path):
    """Write a path for the user: relative to the project folder, and alike on each system, where it lies inside."""
    path = Path(path)
    return path.relative_to(PROJECT).as_posix() if path.is_relative_to(PROJECT) else str(path)


def sibling(folder, state):
    """Return the hidden path beside a folder or file for its lock, checkpoint, or other state of writing."""
    return folder.with_name(f".{folder.name}.{state}")


def read_text(path):
    """Return the text of a UTF-8 file; raise InputError where it is not text."""
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a text file: byte {error.start} is not UTF-8") from error


def remove(path):
    """Remove a file, a folder with all it holds, or a link (what it points to stays); nothing there is fine too."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def move(source, target):
    """Rename a file or folder; a file of the new name is replaced. Raises: OSError, refusals after MOVE_WITHIN."""
    began = time.monotonic()
    while True:
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if time.monotonic() - began >= MOVE_WITHIN:
                raise
            time.sleep(0.02)


def write_atomically(path, content):
    """Write a file (text or bytes) so that a kill leaves the old one or the new one, never a half."""
    temporary = path.with_name(f".{path.name.lstrip('.')}.writing")
    content = content if isinstance(content, bytes) else content.encode("utf-8")
    try:
        remove(temporary)  # a link that lies there is not followed
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        move(temporary, path)
    except OSError as error:
        _remove_if_possible(temporary)
        raise InputError(f"{shown(path)} cannot be written: {reason(error)}") from error


def _remove_if_possible(path):
    try:
        remove(path)
    except OSError:  # it could not be written, so most likely it is not there
        return


def write_csv(path, header, rows, disarm=True):
    """Write a CSV file. disarm: a cell that a spreadsheet would run as a formula gets an apostrophe before it."""
    write_atomically(path, "".join(_csv_line(row, disarm) for row in [header, *rows]))


def read_csv(path):
    """Return the lines of a CSV file as lists of texts, cells of any length: csv itself stops at 131,072 characters."""
    limit = csv.field_size_limit(2**31 - 1)
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return list(csv.reader(file))
    finally:
        csv.field_size_limit(limit)


def append_csv(path, row):
    """Add a line to a CSV file at once; a kill can cut it, but not the lines before it."""
    with open(path, "a", encoding="utf-8", newline="") as file:
        file.write(_csv_line(row))


def _csv_line(row, disarm=True):
    cells = [_harmless(cell) if disarm else str(cell) for cell in row]
    return ",".join(f'"{c.replace(chr(34), chr(34) * 2)}"' if set(c) & set(',"\r\n') else c for c in cells) + "\n"


def _harmless(cell):
    text = str(cell)
    if text[:1] not in ("=", "+", "-", "@", "\t", "\r"):
        return text
    try:
        float(text)  # a negative number is no formula
        return text
    except ValueError:
        return "'" + text


def write_json(path, record):
    """Write a dictionary as indented JSON, NaN as null: JSON has none."""
    write_atomically(path, json.dumps(without_nan(record), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def without_nan(value):
    """Return what JSON can hold, dictionaries and lists, with None in place of NaN."""
    if isinstance(value, dict):
        return {name: without_nan(own) for name, own in value.items()}
    if isinstance(value, (list, tuple)):
        return [*map(without_nan, value)]
    return None if value != value else value
