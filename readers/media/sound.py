"""Recordings as log-mel frames, the usual input of speech networks: `.wav`, with soundfile installed others too."""

import functools
import importlib.util
import math
import struct
import warnings

import numpy as np

from core.errors import DamagedFile, InputError
from core.lazy import lazy
from core.wording import counted
from readers.damaged import attempted, leave_out
from readers.file_checks import refuse_damaged, refuse_special
from readers.parallel import read_many
from sequences.types import Sequences

signal = lazy("scipy.signal")
wavfile = lazy("scipy.io.wavfile")

WINDOW_SECONDS = 0.025
STEP_SECONDS = 0.010
AT_ONCE = 32  # frames: what is computed of more would not stay in the cache
MEL_BANDS = 40
FLOOR = 1e-6  # added to the power before the logarithm: silence becomes -13.8, not minus infinity
LOUDEST = 1e6  # of a float file, whose full scale is 1
ALLOWED_RATES = (8000, 48000)  # Hz
OPTIONAL = (".mp3", ".flac", ".ogg", ".opus", ".aif", ".aiff", ".au")  # read where soundfile is installed
SOUND = (".wav", *OPTIONAL)
OTHER = (".m4a", ".aac", ".wma", ".mp4", ".amr")  # never read
INSTALL = "pip install soundfile"
METADATA = ("metadata.csv", "metadata.tsv")  # tables of recordings: see readers/media/transcripts.py
FILES = ("file_name", "file", "path")  # names of their column of files
TRANSCRIPTS = ("transcription", "transcript", "text", "sentence")  # and of their transcripts


def can_read(file):
    """Tell whether a file is sound that can be read here."""
    suffix = file.suffix.lower()
    return suffix == ".wav" or suffix in OPTIONAL and importlib.util.find_spec("soundfile") is not None


def metadata_of(folder):
    """Return the metadata file of a folder, or None. Raises InputError for two."""
    found = [folder / name for name in METADATA if (folder / name).is_file()]
    if len(found) > 1:
        raise InputError(f"{folder} holds {' and '.join(METADATA)}: only one of them is allowed")
    return found[0] if found else None


def sound_files(folder):
    """Return the files of a folder that are sound and can be read here, sorted by name."""
    return sorted(file for file in folder.iterdir() if can_read(file))


def read(path, c, preparation=None):
    """Read a folder of `LABEL_*.wav` recordings, or one such file: see readers/__init__.py.

    Returns: (Sequences with x a list of n arrays (frames_i, 40) and y the names up to the first "_", None if one has
    none; None).
    """
    files = sound_files(path) if path.is_dir() else [path]
    for file in files:
        refuse_special(file)
    names = [file.name for file in files]
    labelled, table = all("_" in name for name in names), metadata_of(path)
    if not labelled and preparation is None and table:
        raise InputError(
            f"{table} cannot be used: a header must name the column of files ({', '.join(FILES)}) and that of "
            f"transcripts ({', '.join(TRANSCRIPTS)}); other columns of words or classes are named by TEXT or LABEL"
        )
    y = np.array([name.split("_")[0] for name in names]) if labelled else None
    if labelled and preparation is None and len(names) > 1 and len({*y}) == 1:
        raise InputError(
            f"{path}: the names of recordings up to the first _ are classes, and {y[0]} is the only one: each class "
            "needs a name or a folder, or a metadata.csv must name each file (file_name) and its class or transcription"
        )
    recordings = read_all(files, preparation and preparation.sample_rate, y=y, names=names)
    if not path.is_dir():
        return recordings, None
    other = sorted(f.name for f in path.iterdir() if f.suffix.lower() in (*SOUND, *OTHER) and not can_read(f))
    if other:
        optional = any(name.lower().endswith(OPTIONAL) for name in other)
        how = f" ({INSTALL} reads {', '.join(OPTIONAL)})" if optional else ""
        recordings = recordings.noted(f"{counted(len(other), 'sound file')} left out: {', '.join(other[:3])}{how}")
    if table:
        how = "LABEL names its column of classes, TEXT that of transcripts"
        recordings = recordings.noted(f"{table.name} is not read: {how}")
    return recordings, None


def read_all(files, known_rate=None, **of_each):
    """Read recordings as log-mel frames, all at the lowest of their sample rates, or at that of the run if it is lower.

    Parameters: of_each, fields of Sequences with an item for each recording.
    Returns: Sequences with x a list of arrays (frames_i, 40) float32, and their sample rate in Hz, without recordings
    that are damaged: see readers/damaged.py.
    """

    def read_frames(file):
        samples, rate = read_sound(file)
        return log_mel(samples, rate).astype(np.float32), rate

    read = [*read_many(attempted(read_frames), files, "recordings")]
    damaged = {place: str(result) for place, result in enumerate(read) if isinstance(result, DamagedFile)}
    fields, notes = leave_out(damaged, files, "recording", {**of_each, "files": files})
    files = fields.pop("files")
    x, rates = map(list, zip(*(result for place, result in enumerate(read) if place not in damaged)))
    lowest = min([*rates, *([known_rate] if known_rate else [])])
    higher = [place for place, rate in enumerate(rates) if rate != lowest]
    for place in higher:
        samples, rate = read_sound(files[place])
        divisor = math.gcd(lowest, rate)
        x[place] = log_mel(signal.resample_poly(samples, lowest // divisor, rate // divisor), lowest).astype(np.float32)
    recordings = Sequences(x, kind="recordings", sample_rate=lowest, notes=tuple(notes), **fields)
    if short := [file.name for file in files if file.suffix.lower() == ".wav" and ends_early(file)]:
        recordings = recordings.noted(f"recordings shorter than their headers say: {', '.join(short[:3])}")
    if higher:
        found = ", ".join(f"{rate} Hz" for rate in sorted({rates[place] for place in higher}))
        lower = "that of the training set" if lowest == known_rate else "the lowest rate"
        what = f"{counted(len(higher), 'recording')} of {found} {'was' if len(higher) == 1 else 'were'}"
        recordings = recordings.noted(f"{what} resampled to {lowest} Hz, {lower}")
    return recordings


def ends_early(path):
    """Tell whether a `.wav` file is shorter than its header says (a program that wrote to a pipe leaves that open)."""
    with open(path, "rb") as file:
        head = file.read(8)
    size = int.from_bytes(head[4:8], "big" if head[:4] == b"RIFX" else "little")
    return size < 2**31 and path.stat().st_size < size + 8


def read_sound(path):
    """Read a recording: `.wav` by SciPy, else by soundfile. Returns: (samples (n,) float64, sample rate in Hz)."""
    if path.suffix.lower() == ".wav":
        return read_wav(path)
    if not can_read(path):
        raise InputError(f"{path} needs the package soundfile to be read: {INSTALL}, or convert it to .wav")
    import soundfile

    errors = (soundfile.SoundFileError, RuntimeError, TypeError, ValueError)
    with refuse_damaged(path, "is damaged, or no sound", errors):
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    return _check_samples(path, samples, rate), rate


def read_wav(path):
    """Read a `.wav` file (8, 16, 24 or 32-bit whole numbers, or float; mono, or more channels, which are averaged).

    Returns: (samples (n,) float64 from -1 to 1, sample rate in Hz).
    Raises: InputError for a file that is damaged, empty, not finite, or of a rate outside 8 to 48 kHz.
    """
    with open(path, "rb") as file:
        beginning = file.read(4)
    if beginning not in (b"RIFF", b"RIFX", b"RF64"):
        raise DamagedFile(f"{path} is not a .wav file (it does not begin with RIFF)")
    errors = (ValueError, EOFError, struct.error, TypeError, UnboundLocalError, ZeroDivisionError, OverflowError)
    with refuse_damaged(path, "is a damaged .wav file", errors), warnings.catch_warnings():
        warnings.simplefilter("ignore", wavfile.WavFileWarning)  # of chunks that hold no sound, such as a title
        rate, samples = wavfile.read(path)
    if samples.dtype.kind == "u":  # 8-bit files are unsigned
        samples = (samples - 128.0) / 128.0
    elif samples.dtype.kind == "i":
        samples = samples / -float(np.iinfo(samples.dtype).min)
    return _check_samples(path, samples.astype(np.float64, copy=False), rate), int(rate)


def _check_samples(path, samples, rate):
    """Check samples (n,) or (n, channels) and average the channels. Returns: samples (n,) float64."""
    if samples.size == 0:
        raise DamagedFile(f"{path} holds no samples")
    if not ALLOWED_RATES[0] <= rate <= ALLOWED_RATES[1]:
        raise InputError(f"{path} has a sample rate of {rate} Hz; allowed are {ALLOWED_RATES[0]} to {ALLOWED_RATES[1]}")
    if not -LOUDEST < samples.min() <= samples.max() < LOUDEST:  # NaN is neither
        raise InputError(
            f"{path} holds samples that are NaN, infinite or {LOUDEST:g} and more: sound goes from -1 to 1"
        )
    return samples.mean(axis=1) if samples.ndim == 2 else samples


def log_mel(samples, rate):
    """Turn sound into log-mel frames: 25 ms Hann windows every 10 ms, 40 triangular mel bands up to rate / 2.

    Parameters: samples are (n,) float64, zero-padded to one window where shorter; rate is in Hz.
    Returns: (frames, 40) float64, the natural logarithm of the power in each band plus 1e-6.
    Mel scale: O'Shaughnessy (1987), 2595 log10(1 + f / 700).
    """
    window, step = round(WINDOW_SECONDS * rate), round(STEP_SECONDS * rate)
    if len(samples) < window:
        samples = np.pad(samples, (0, window - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[::step]
    fft_size = 2 ** int(np.ceil(np.log2(window)))
    hann, filters = np.hanning(window), mel_filters(rate, fft_size)
    blocks = [frames[start : start + AT_ONCE] for start in range(0, len(frames), AT_ONCE)]
    spectra = (np.fft.rfft(block * hann, fft_size) for block in blocks)
    bands = [(spectrum.real**2 + spectrum.imag**2) @ filters for spectrum in spectra]
    return np.log(np.concatenate(bands) + FLOOR)


@functools.cache
def mel_filters(rate, fft_size):
    """Return the weights (fft_size // 2 + 1, 40) of each frequency in each triangular mel band."""
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, MEL_BANDS + 2) / 2595) - 1)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    frequency = np.fft.rfftfreq(fft_size, 1 / rate)[:, None]
    return np.maximum(0, np.minimum((frequency - low) / (centre - low), (high - frequency) / (high - centre)))
