"""GPX: the points of tracks (`trkseg`) and routes (`rte`).

XML is read without document types, so that no entity is ever expanded and no other file is opened.
"""

import re
from datetime import datetime, timezone
from xml.parsers import expat

import numpy as np

from core.errors import InputError
from readers.file_checks import refuse_damaged

POINTS, PARTS = ("trkpt", "rtept"), ("trkseg", "rte")
FRACTION = re.compile(r"(?<=\.)\d+")  # of a second: Python 3.10 reads three or six digits, no other number


def read_gpx(path):
    """Return the tracks of a GPX file, list of (points (n, 3), times datetime64[ms] (n,), NaT where there are none)."""
    parser = expat.ParserCreate(namespace_separator=" ")
    tracks, point, text = [], {}, []

    def refuse(*_):
        raise InputError(f"{path} has a document type, which no GPX file needs: it is not read")

    def start(name, attributes):
        name = name.rpartition(" ")[2]
        text.clear()
        if name in PARTS:
            tracks.append([])
        elif name in POINTS:
            point.clear()
            point.update({"lat": attributes.get("lat"), "lon": attributes.get("lon")})

    def end(name):
        name = name.rpartition(" ")[2]
        if name in ("ele", "time") and point:
            point.setdefault(name, "".join(text).strip())
        elif name in POINTS and tracks:
            tracks[-1].append(read_point(f"{path} line {parser.CurrentLineNumber}", point))
            point.clear()

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text.append
    with refuse_damaged(path, "cannot be read as GPX", (expat.ExpatError, ValueError)), open(path, "rb") as file:
        parser.ParseFile(file)
    return [
        (np.array([own[:3] for own in track]), np.array([own[3] for own in track], dtype="datetime64[ms]"))
        for track in tracks
        if track
    ]


def read_point(where, point):
    """Return (latitude, longitude, elevation, time in UTC) of a point, given as words."""
    try:
        place = float(point["lat"]), float(point["lon"]), float(point.get("ele") or "nan")
        time = FRACTION.sub(lambda digits: digits[0][:6].ljust(6, "0"), point.get("time") or "")
        stamp = datetime.fromisoformat(time.replace("Z", "+00:00")) if time else None
        stamp = stamp and (stamp.astimezone(timezone.utc).replace(tzinfo=None) if stamp.tzinfo else stamp)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{where}: {str(point)[:80]} is no place and time: {error}") from error
    if not (abs(place[0]) <= 90 and -180 <= place[1] <= 360 and not np.isinf(place[2])):
        raise InputError(f"{where}: {str(point)[:80]} is no place: latitudes reach to 90, longitudes to 180 degrees")
    return *place, stamp
