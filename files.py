"""Write files so that nothing is left half done: a kill leaves the old file or the new one."""

import json
import os
import shutil
from pathlib import Path

from checks import PROJECT, InputError


def shown(path):
    """Write a path for the user: relative to the project folder where it lies inside."""
    path = Path(path)
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)


def remove(path):
    """Remove a file, a folder with all it holds, or a link (what it points to stays); nothing there is fine too."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


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
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(f"{shown(path)} cannot be written: {error.strerror or error}") from error


def write_csv(path, header, rows):
    """Write a CSV file; a cell that a spreadsheet would run as a formula gets an apostrophe before it."""
    lines = []
    for row in [header, *rows]:
        cells = [_harmless(cell) for cell in row]
        lines.append(",".join(f'"{c.replace(chr(34), chr(34) * 2)}"' if set(c) & set(',"\r\n') else c for c in cells))
    write_atomically(path, "\n".join(lines) + "\n")


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
    """Write a dictionary as indented JSON."""
    write_atomically(path, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
