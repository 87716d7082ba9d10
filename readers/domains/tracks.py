"""Tracks: GPX (`trkseg`, `rte`) and GeoLife's `.plt`, a file or a folder of them; each track is a series."""

import numpy as np

from core.errors import InputError
from core.wording import counted, counted_was
from readers.domains.gpx import read_gpx, read_point
from readers.file_checks import refuse_special
from readers.tables.cells import to_number
from readers.tables.table import ignored_places
from readers.text_files import read_any_text
from sequences.even_steps import evenly_spaced
from sequences.geography import with_unrolled_longitude
from sequences.splits import groups_of
from sequences.types import Sequences

TRACKS = (".gpx", ".plt")
DEPTH = 5  # folders within folders: Data/000/Trajectory
HEADER_LINES, NO_ALTITUDE, EPOCH = 6, -777, np.datetime64("1899-12-30", "ms")  # of .plt
LAST_DAY = 200_000  # in the year 2447


def holds_tracks(path):
    """Tell whether most files of a folder, or of the first folder inside it that has files, are tracks."""
    for _ in range(DEPTH):
        inside = sorted(own for own in path.iterdir() if own.name[0] not in "._")
        files = [own for own in inside if own.is_file()]
        if 2 * sum(own.suffix.lower() in TRACKS for own in files) > len(files):
            return True
        if not (folders := [own for own in inside if own.is_dir()]):
            return False
        path = folders[0]
    return False


def read(path, c, preparation=None):
    """Read a file of tracks or a folder of them: see readers/__init__.py. GROUP finds a user in the path of a file.

    Returns: (Sequences with x a list of arrays (time_i, features) float64: latitude and longitude in degrees, altitude
    as the file has it; at even steps, those of the run for new data; None).
    Raises: InputError for a file that is malformed or holds no track.
    """
    if c.SEQUENCE not in (None, "file") or c.LABEL is not None or c.TASK not in (None, "forecasting"):
        raise InputError(
            f"{path} holds tracks, which are forecast, each a series: LABEL, SEQUENCE and TASK must be None"
        )
    if preparation is None and c.TARGET is None:
        raise InputError(f"{path} holds tracks: to forecast where they go, set TARGET = ['lat', 'lon']")
    files, notes = [path], []
    if path.is_dir():
        every = sorted(own for own in path.rglob("*") if own.is_file() and own.name[0] not in "._")
        files = [own for own in every if own.suffix.lower() in TRACKS]
        notes += [f"{counted_was(len(every) - len(files), 'other file')} left out"] * (len(every) > len(files))
    if len({own.suffix.lower() for own in files}) > 1:
        raise InputError(
            f"{path} holds .gpx and .plt files, whose altitudes differ in units: name a folder of one kind"
        )
    names, points, times, empty = [], [], [], 0
    for file in files:
        refuse_special(file)
        found = (read_gpx if file.suffix.lower() == ".gpx" else _read_plt)(file)
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        names += [f"{name} ({k})" if len(found) > 1 else name for k in range(1, len(found) + 1)]
        points += [own for own, _ in found]
        times += [stamps for _, stamps in found]
        empty += not found
    if not points:
        raise InputError(f"{path} holds no track: no trkpt or rtept in it")
    notes += [f"{counted(empty, 'file')} without a track left out"] * (empty > 0)
    third = "altitude" if files[0].suffix.lower() == ".plt" else "ele"
    read = Sequences(points, None, "series", names=names, times=times, columns=["lat", "lon", third], notes=(*notes,))
    read = evenly_spaced(with_unrolled_longitude(read), path, preparation and preparation.time_step)
    groups = groups_of(read, c.GROUP) if preparation is None else None
    read = _with_columns(read, c.IGNORE).replace(groups=groups, held_out=[0] * len(read.x))
    return (read if len(read.x) > 1 else read.replace(names=None)), None


def _with_columns(tracks, ignored):
    """Leave out the columns IGNORE, and an altitude that some track has no value of."""
    notes = []
    places = ignored_places(tracks.columns, ignored, notes)
    if 2 not in places and any(np.isnan(x[:, 2]).all() for x in tracks.x):
        places = {**places, 2: None}
        notes.append(f"{tracks.columns[2]} left out: not every track has it")
    kept = [k for k in range(3) if k not in places]
    columns = [tracks.columns[k] for k in kept]
    return tracks.replace(x=[x[:, kept] for x in tracks.x], columns=columns, table=columns).noted(*notes)


def _read_plt(path):
    """Return the track of a `.plt` file as `read_gpx` does: latitude, longitude, 0, feet, days since 1899-12-30."""
    lines = read_any_text(path)[0].split("\n")
    rows, times = [], []
    for number, line in enumerate(lines[HEADER_LINES:], HEADER_LINES + 1):
        if line.strip():
            cells = [*line.split(","), *[""] * 5]
            where = f"{path} line {number}"
            height = "" if cells[3].strip().startswith(str(NO_ALTITUDE)) else cells[3]
            rows.append(read_point(where, {"lat": cells[0], "lon": cells[1], "ele": height.strip()})[:3])
            days = to_number(cells[4], ",")
            if days is None or not 0 <= days < LAST_DAY:
                raise InputError(f"{where}: {cells[4][:40]!r} is no number of days since 1899-12-30")
            times.append(EPOCH + np.timedelta64(round(days * 86_400) * 1000, "ms"))
    return [(np.array(rows), np.array(times))] if rows else []
