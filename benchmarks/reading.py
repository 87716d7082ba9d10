"""Files for benchmarks/speed.py to read: by the project, and by the libraries that people use for each kind."""

import functools
import importlib.util
import time

import numpy as np
from scipy.io import wavfile

from core.constants import read_constants

CHANNELS = 14  # of the table, beside its time stamp


def write_table(folder, rows):
    """Write a table of minutes. Returns: its path."""
    rng, path = np.random.default_rng(0), folder / "table.csv"
    times = np.datetime64("2020-01-01T00:00") + np.arange(rows).astype("timedelta64[m]")
    values = rng.normal(size=(rows, CHANNELS)).cumsum(axis=0)
    with open(path, "w") as file:
        file.write(",".join(["date", *(f"c{k}" for k in range(CHANNELS))]) + "\n")
        for start in range(0, rows, 10_000):
            stamps = np.char.replace(np.datetime_as_string(times[start : start + 10_000]), "T", " ")
            lines = [",".join([stamp, *(f"{v:.4f}" for v in row)]) for stamp, row in zip(stamps, values[start:])]
            file.write("\n".join(lines) + "\n")
    return path


def write_archive(folder, sequences):
    """Write a UEA archive of three channels and 200 steps. Returns: its path."""
    rng, path = np.random.default_rng(0), folder / "waves.ts"
    lines = ["@problemName waves", "@univariate false", "@dimensions 3", "@equalLength true", "@seriesLength 200"]
    lines += ["@classLabel true a b", "@data"]
    for k in range(sequences):
        channels = [",".join(f"{v:.4f}" for v in rng.normal(size=200)) for _ in range(3)]
        lines.append(":".join([*channels, "ab"[k % 2]]))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_recordings(folder, count):
    """Write recordings of a second, two words. Returns: their folder."""
    rng, folder = np.random.default_rng(0), folder / "recordings"
    folder.mkdir()
    for k in range(count):
        wavfile.write(folder / f"{'yes' if k % 2 else 'no'}_{k}.wav", 16000, rng.integers(-9999, 9999, 16000, np.int16))
    return folder


def write_clips(folder, count):
    """Write clips of 60 frames, 160 × 120, two classes. Returns: their folder."""
    import av

    rng, folder = np.random.default_rng(0), folder / "clips"
    for k in range(count):
        (folder / "ab"[k % 2]).mkdir(parents=True, exist_ok=True)
        with av.open(folder / "ab"[k % 2] / f"{k}.mp4", "w") as file:
            stream = file.add_stream("mpeg4", rate=25)
            stream.width, stream.height = 160, 120
            for _ in range(60):
                frame = av.VideoFrame.from_ndarray(rng.integers(0, 255, (120, 160, 3), np.uint8), format="rgb24")
                file.mux(stream.encode(frame))
            file.mux(stream.encode())
    return folder


def by_pandas(path):
    """Read the table as its users do."""
    import pandas

    return pandas.read_csv(path, parse_dates=["date"])


def by_aeon(path):
    """Read the archive as its users do."""
    from aeon.datasets import load_from_ts_file

    return load_from_ts_file(str(path))


def by_librosa(path):
    """Read the recordings and make the same log-mel frames of them, as librosa's users do."""
    import librosa
    import soundfile

    frames = {"n_fft": 512, "win_length": 400, "hop_length": 160, "center": False}
    spectrogram = functools.partial(librosa.feature.melspectrogram, n_mels=40, htk=True, norm=None, **frames)
    read = (soundfile.read(file, dtype="float32") for file in sorted(path.iterdir()))
    return [np.log(spectrogram(y=x, sr=rate) + 1e-6) for x, rate in read]


def by_tensorflow(path):
    """Read the recordings and make the same log-mel frames of them in TensorFlow."""
    import soundfile

    read = (soundfile.read(file, dtype="float32") for file in sorted(path.iterdir()))
    return [tensorflow_log_mel(rate)(x).numpy() for x, rate in read]


@functools.cache
def tensorflow_log_mel(rate):
    """Return a traced function that makes log-mel frames of a recording."""
    import tensorflow as tf

    filters = tf.signal.linear_to_mel_weight_matrix(40, 257, rate, 0.0, rate / 2)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def log_mel(samples):
        power = tf.abs(tf.signal.stft(samples, 400, 160, 512)) ** 2
        return tf.math.log(power @ filters + 1e-6)

    return log_mel


def by_av(path):
    """Decode all clips, and keep 16 frames of 64 × 64 pixels of each."""
    import av

    clips = []
    for file in sorted(path.glob("*/*.mp4")):
        with av.open(file) as container:
            frames = list(container.decode(video=0))
        kept = [frames[k] for k in np.linspace(0, len(frames) - 1, 16).round().astype(int)]
        clips.append(np.stack([f.reformat(width=85, height=64).to_ndarray(format="rgb24")[:, 10:74] for f in kept]))
    return np.stack(clips)


KINDS = {  # what is read: (how many, what writes them, constants, {what else reads them: (its package, function)})
    "a table of {:,} rows × 15 columns": (
        420_000,
        write_table,
        {"TASK": "forecasting"},
        {"pandas": ("pandas", by_pandas)},
    ),
    "an archive (.ts) of {:,} sequences": (1_000, write_archive, {}, {"aeon": ("aeon", by_aeon)}),
    "{:,} recordings of a second": (
        1_000,
        write_recordings,
        {},
        {
            "soundfile, log-mel by TensorFlow": ("soundfile", by_tensorflow),
            "soundfile, log-mel by librosa": ("librosa", by_librosa),
        },
    ),
    "{:,} clips of 60 frames": (100, write_clips, {}, {"PyAV": ("av", by_av)}),
}


def peers(kind):
    """Return the names of what is installed that reads a kind as well."""
    return [name for name, (package, _) in KINDS[kind][3].items() if importlib.util.find_spec(package)]


def read(variant, kind, path):
    """Read what lies at a path, by the project or a peer. Returns: seconds."""
    *_, constants, others = KINDS[kind]
    began = time.perf_counter()
    if variant == "project":
        from readers import read_data_set

        read_data_set(path, read_constants().changed(DATASET=str(path), **constants))
    else:
        others[variant][1](path)
    return time.perf_counter() - began
