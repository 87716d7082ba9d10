"""Recordings that several tests write."""

import numpy as np
from scipy.io import wavfile


def tone(rate, seconds=0.3, hertz=440.0):
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


def write_recordings(folder, names, rate=8000):
    folder.mkdir(exist_ok=True)
    for i, name in enumerate(names):
        pitch = 300 if name[0] == "0" else 1200
        sound = tone(rate, 0.1 + 0.01 * (i % 3), pitch + 5 * i)
        wavfile.write(folder / name, rate, (sound * 2**15).astype(np.int16))
    return folder


NAMES = [f"{label}_{speaker}_{i}.wav" for label in "01" for speaker in ("ann", "bob", "eve", "dan") for i in range(4)]
