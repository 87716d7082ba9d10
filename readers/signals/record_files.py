"""Which files make a record of signals, and which records a folder holds."""

import re
from glob import escape

from core.errors import InputError
from core.files import read_text

# Sleep-EDF: SC4001E0-PSG.edf and SC4001EC-Hypnogram.edf
PSG, HYPNOGRAM = (re.compile(rf"(.+)[^-]-{what}\.edf", re.IGNORECASE) for what in ("PSG", "Hypnogram"))
SUFFIXES = (".hea", ".edf", ".bdf")


def header_of(file):
    """Return the WFDB header beside a file of its name (100.hea of 100.dat and 100.atr), or None."""
    header = file.with_suffix(".hea")
    return header if file.suffix.lower() != ".hea" and header.is_file() else None


def is_part_of_record(file):
    """Tell whether a file belongs to a record that has its name from another file, or lists the records of a folder."""
    hypnogram = HYPNOGRAM.fullmatch(file.name)
    psg = hypnogram and any(file.parent.glob(f"{escape(hypnogram[1])}?-PSG.edf"))
    return file.is_file() and (psg or file.name in ("RECORDS", "ANNOTATORS") or header_of(file) is not None)


def hypnogram_of(path):
    """Return the hypnogram beside a recording of sleep, or None. Raises: InputError where there are several."""
    psg = PSG.fullmatch(path.name)
    found = sorted(path.parent.glob(f"{escape(psg[1])}?-Hypnogram.edf")) if psg else []
    if len(found) > 1:
        raise InputError(f"{path} has several hypnograms: {found[0].name}, {found[1].name}")
    return found[0] if found else None


def listed_records(path):
    """Find the records that the file RECORDS in a folder names.

    Returns: (their files, [] where there is no such file, notes). Raises: InputError for one outside the folder.
    """
    if not (path / "RECORDS").is_file():
        return [], []
    names = [line.strip() for line in read_text(path / "RECORDS").splitlines() if line.strip()]
    for name in names:
        if ".." in name or name.startswith(("/", "~")) or not name.isprintable():
            raise InputError(f"{path / 'RECORDS'} names {name[:40]!r}: only records inside the folder are read")
    files = [path / (name if name.lower().endswith(SUFFIXES) else f"{name}.hea") for name in dict.fromkeys(names)]
    lost = [file.stem for file in files if not file.is_file()]
    shown = ", ".join(lost[:4]) + ", ..." * (len(lost) > 4)
    notes = [f"{len(lost)} of {len(files)} records of RECORDS are not in the folder: {shown}"] if lost else []
    return [file for file in files if file.is_file()], notes


def holds_records(path):
    """Tell whether a folder holds records: a list of them, or their files."""
    return (path / "RECORDS").is_file() or any(file.suffix.lower() in SUFFIXES for file in path.iterdir())
