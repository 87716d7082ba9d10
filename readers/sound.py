"""Recordings: `.wav` files as log-mel frames, the usual input of speech networks."""

import struct
import warnings

import numpy as np
from scipy.io import wavfile

from project.errors import InputError
from readers.regular import refuse_special
from sequences.types import Sequences

WINDOW_SECONDS = 0.025
STEP_SECONDS = 0.010
MEL_BANDS = 40
FLOOR = 1e-6  # added to the power before the logarithm: silence becomes -13.8, not minus infinity
LOUDEST = 1e6  # of a float file, whose full scale is 1
ALLOWED_RATES = (8000, 48000)  # Hz
OTHER_SOUND = (".mp3", ".flac", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".au", ".wma")  # not read


def wav_files(folder):
    """Return the `.wav` files of a folder, `.WAV` too, sorted by name."""
    return sorted(file for file in folder.iterdir() if file.suffix.lower() == ".wav")


def read(path, c, known=None):
    """Read a folder of `LABEL_*.wav` recordings, or one such file: see readers/__init__.py.

    Returns: (Sequences with x a list of n arrays (frames_i, 40), y the names up to the first "_" (None if one has
    none), and the file names; None). Raises InputError for a damaged file and for two that differ in sample rate.
    """
    files = wav_files(path) if path.is_dir() else [path]
    x, rates = [], []
    for file in files:
        refuse_special(file)
        samples, rate = read_wav(file)
        if rates and rate != rates[0]:
            raise InputError(f"{files[0].name} has {rates[0]} Hz and {file.name} has {rate} Hz: convert to one rate")
        rates.append(rate)
        x.append(log_mel(samples, rate).astype(np.float32))
    names = [file.name for file in files]
    for name in names:
        if not name.isprintable():
            raise InputError(f"{path} has the file name {name!r}: letters that can be shown are needed")
    labels = np.array([name.split("_")[0] for name in names])
    y = labels if all("_" in name for name in names) else None
    return Sequences(x, y, names=names, sample_rate=rates[0], notes=_left_out(path)), None


def _left_out(path):
    other = sorted(f.name for f in path.iterdir() if f.suffix.lower() in OTHER_SOUND) if path.is_dir() else []
    if not other:
        return ()
    return (f"{len(other)} sound files are left out, only .wav is read: {', '.join(other[:3])}",)


def read_wav(path):
    """Read a `.wav` file (8, 16, 24 or 32-bit whole numbers, or float; mono, or more channels, which are averaged).

    Returns: (samples (n,) float64 from -1 to 1, sample rate in Hz). Raises InputError for a file that is damaged,
    empty, not finite, or of a rate outside 8 to 48 kHz.
    """
    if path.read_bytes()[:4] not in (b"RIFF", b"RIFX", b"RF64"):
        raise InputError(f"{path} is not a .wav file (it does not begin with RIFF)")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # of chunks that hold no sound, such as a title
            rate, samples = wavfile.read(path)
    except (
        ValueError,
        EOFError,
        struct.error,
        TypeError,
        UnboundLocalError,
        ZeroDivisionError,
        OverflowError,
    ) as error:
        raise InputError(f"{path} is a damaged .wav file ({error})") from error
    if samples.size == 0:
        raise InputError(f"{path} holds no samples")
    if not ALLOWED_RATES[0] <= rate <= ALLOWED_RATES[1]:
        raise InputError(f"{path} has a sample rate of {rate} Hz; allowed are {ALLOWED_RATES[0]} to {ALLOWED_RATES[1]}")
    if samples.dtype.kind == "u":  # 8-bit files are unsigned
        samples = (samples - 128.0) / 128.0
    elif samples.dtype.kind == "i":
        samples = samples / -float(np.iinfo(samples.dtype).min)
    samples = samples.astype(np.float64)
    if not (np.abs(samples) < LOUDEST).all():
        raise InputError(
            f"{path} holds samples that are NaN, infinite or {LOUDEST:g} and more: sound goes from -1 to 1"
        )
    return (samples.mean(axis=1) if samples.ndim == 2 else samples), int(rate)


def log_mel(samples, rate):
    """Turn sound into log-mel frames: 25 ms Hann windows every 10 ms, 40 triangular mel bands up to rate / 2.

    samples: (n,) float64, zero-padded to one window where shorter. Returns: (frames, 40) float64, the natural
    logarithm of the power in each band plus 1e-6. Mel scale: O'Shaughnessy (1987), 2595 log10(1 + f / 700).
    """
    window, step = round(WINDOW_SECONDS * rate), round(STEP_SECONDS * rate)
    samples = np.pad(samples, (0, max(0, window - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[::step]
    fft_size = 2 ** int(np.ceil(np.log2(window)))
    power = np.abs(np.fft.rfft(frames * np.hanning(window), fft_size)) ** 2
    return np.log(power @ mel_filters(rate, fft_size) + FLOOR)


def mel_filters(rate, fft_size):
    """Return the weights (fft_size // 2 + 1, 40) of each frequency in each triangular mel band."""
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, MEL_BANDS + 2) / 2595) - 1)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    frequency = np.fft.rfftfreq(fft_size, 1 / rate)[:, None]
    return np.maximum(0, np.minimum((frequency - low) / (centre - low), (high - frequency) / (high - centre)))
