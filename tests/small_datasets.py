"""Small data of every kind that can be learned, for tests of what must hold of all of them."""

import csv

import numpy as np
from PIL import Image
from scipy.io import wavfile


def write_classes(folder, rng):
    np.savez(folder / "classes.npz", X=rng.normal(size=(1000, 12, 2)), y=np.arange(1000) % 3)


def write_numbers(folder, rng):
    np.savez(folder / "d.npz", X=rng.normal(size=(300, 30, 2)), y=rng.normal(size=300))


def write_texts(folder, rng):
    with open(folder / "texts.csv", "w", newline="") as file:
        rows = [["label", "text"]] + [[k % 2, " ".join(rng.choice([*"abcdefgh"], 12))] for k in range(300)]
        csv.writer(file).writerows(rows)


def write_recordings(folder, rng):
    (folder / "sounds").mkdir()
    rows = [["file_name", "text"]]
    for k in range(24):
        wavfile.write(folder / "sounds" / f"{k}.wav", 8000, (rng.normal(size=4000 + 100 * k) * 2**12).astype(np.int16))
        rows.append([f"{k}.wav", "".join(rng.choice([*"ab"], 4))])
    with open(folder / "sounds" / "metadata.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)


def write_clips(folder, rng):
    for k in range(24):
        frames = [Image.fromarray(rng.integers(0, 255, (12, 12), np.uint8)) for _ in range(4)]
        (folder / "clips" / "xy"[k % 2]).mkdir(parents=True, exist_ok=True)
        frames[0].save(folder / "clips" / "xy"[k % 2] / f"{k}.gif", save_all=True, append_images=frames[1:])


def write_series(folder, rng):
    rows = [f"{t},{name},{rng.normal():.3f}" for t in range(150) for name in "abc"]
    (folder / "series.csv").write_text("\n".join(["t,name,v", *rows]) + "\n")


# What it is: what writes it into a folder, and the constants that describe it.
KINDS = {
    "classes": (write_classes, {"DATASET": "classes.npz"}),
    "regression": (write_numbers, {"DATASET": "d.npz"}),
    "several series": (write_series, {"DATASET": "series.csv", "SEQUENCE": "name", "TARGET": "v"}),
    "texts": (write_texts, {"DATASET": "texts.csv", "TEXT": "text", "LABEL": "label"}),
    "transcription": (write_recordings, {"DATASET": "sounds", "BIDIRECTIONAL": True}),
    "video": (write_clips, {"DATASET": "clips", "FRAMES": 4, "FRAME_SIZE": 12}),
}
