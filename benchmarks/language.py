"""python benchmarks/language.py PATH

Texts and speech, three seeds each, beside the best of the simple rivals. PATH holds the data sets as they are had, a
folder each; those that are missing are left out:

sms_spam/SMSSpamCollection, rt_polarity/rt-polarity.pos and .neg: classes of texts, a fifth held out
fsdd/recordings: strings of 3 to 7 digits, joined from single recordings of one speaker, tested on recordings 0 to 4
yesno/waves_yesno: eight words a recording, the first 31 for training

Writes benchmarks/language.md. The constants were chosen on validation data cut from the training sets.
"""

import csv
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.io import wavfile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy_tables import markdown
from documents import put_table
from trials import run

from baselines import LINEAR
from core.constants import read_constants
from core.errors import InputError
from core.files import PROJECT, write_atomically
from core.script import run_script

SEEDS = [42, 1, 2]
SPEAKER = "jackson"
STRINGS = {"train": 3000, "test": 300}
DEEP = {"ARCHITECTURE": "deep_cnn_lstm", "LEARNING_RATE": 0.003}
CONSTANTS = {
    "sms_spam": {"EPOCHS": 8, "FILTERS": 64, "DROPOUT": 0.5},
    "rt_polarity": {"EPOCHS": 3, "FILTERS": 64, "DROPOUT": 0.7},
    "digit strings": DEEP | {"LSTM_UNITS": 64, "DROPOUT": 0.2, "EPOCHS": 8},
    "yesno": DEEP | {"LSTM_UNITS": 20, "POOL_SIZE": 3, "DROPOUT": 0.4, "EPOCHS": 80, "BATCH_SIZE": 8},
}
HEADER = ["data", "training / test", "constants", "score", "each seed", "word error rate", "best rival"]


def main(path):
    """Measure what is there, print the table and write it."""
    path, rows = Path(path).expanduser().resolve(), []
    makers = {"sms_spam": sms_spam, "rt_polarity": rt_polarity, "digit strings": digit_strings, "yesno": yesno}
    for name, make in makers.items():
        with tempfile.TemporaryDirectory() as folder:
            found = make(path, Path(folder))
            if found:
                rows.append(measure(name, read_constants().changed(**found, **CONSTANTS[name])))
                print(" | ".join(rows[-1]), flush=True)
    if not rows:
        raise InputError(f"{path} holds none of the data sets: see python benchmarks/language.py --help")
    table = markdown(HEADER, rows)
    put_table("evidence.md", "texts and speech", table)
    write_atomically(PROJECT / "benchmarks" / "language.md", table + "\n")
    print(f"\n{table}\nWrote benchmarks/language.md")


# Each makes a data set in `folder` and returns the constants that read it, or None where it is missing.


def sms_spam(path, folder):
    """A message a line, its class before it."""
    source = path / "sms_spam" / "SMSSpamCollection"
    if not source.is_file():
        return None
    shutil.copy(source, folder / "sms.tsv")
    return {"DATASET": str(folder / "sms.tsv"), "TEXT": 1, "LABEL": 0}


def rt_polarity(path, folder):
    """Sentences of film reviews, a file for each class."""
    sources = [path / "rt_polarity" / f"rt-polarity.{label}" for label in ("pos", "neg")]
    if not all(source.is_file() for source in sources):
        return None
    lines = [(line, s.suffix[1:]) for s in sources for line in s.read_text("latin-1").split("\n") if line.strip()]
    write_table(folder / "rt.csv", ["text", "label"], lines)
    return {"DATASET": str(folder / "rt.csv"), "TEXT": "text", "LABEL": "label"}


def digit_strings(path, folder):
    """Join recordings of one speaker, a pause of 50 to 200 ms after each."""
    files = sorted((path / "fsdd" / "recordings").glob(f"?_{SPEAKER}_*.wav"))
    rng, spoken = np.random.default_rng(0), {"train": {}, "test": {}}
    for file in files:
        digit, _, number = file.stem.split("_")
        rate, samples = wavfile.read(file)
        spoken["test" if int(number) < 5 else "train"].setdefault(digit, []).append(samples)
    for part, count in STRINGS.items() if files else ():
        (folder / part).mkdir()
        rows = []
        for place in range(count):
            digits, pieces = rng.integers(0, 10, rng.integers(3, 8)), []
            for digit in map(str, digits):
                own = spoken[part][digit]
                pieces += [own[rng.integers(len(own))], np.zeros(rng.integers(rate // 20, rate // 5), np.int16)]
            wavfile.write(folder / part / f"{place}.wav", rate, np.concatenate(pieces))
            rows.append((f"{place}.wav", "".join(map(str, digits))))
        write_table(folder / part / "metadata.csv", ["file_name", "transcription"], rows)
    return {"DATASET": str(folder)} if files else None


def yesno(path, folder):
    """Write beside the recordings what is said: their names tell it."""
    files, words = sorted((path / "yesno" / "waves_yesno").glob("*.wav")), {"0": "no", "1": "yes"}
    for part, own in (("train", files[:31]), ("test", files[31:])) if files else ():
        (folder / part).mkdir()
        for file in own:
            shutil.copy(file, folder / part)
        rows = [(file.name, " ".join(words[mark] for mark in file.stem.split("_"))) for file in own]
        write_table(folder / part / "metadata.csv", ["file_name", "transcription"], rows)
    return {"DATASET": str(folder)} if files else None


def write_table(path, header, rows):
    """Write a CSV file."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def measure(name, c):
    """Train and evaluate each seed. Returns: a row of the table."""
    _, results, records = zip(*(run(c.changed(SEED=seed)) for seed in SEEDS))
    score = "cer" if "cer" in results[0] else "accuracy"
    scores = [result[score] for result in results]
    rivals = [result["baselines"] for result in results]
    best = LINEAR if LINEAR in rivals[0] else next(iter(rivals[0]))
    theirs, words = [rival[best] for rival in rivals], [result["wer"] for result in results if "wer" in result]
    sizes = " / ".join(str(records[0]["sequences"][part]) for part in ("training", "test"))
    assigned = ", ".join(f"`{key} = {value!r}`" for key, value in CONSTANTS[name].items()).replace("'", '"')
    return [
        name,
        sizes,
        assigned,
        f"{score} {np.mean(scores):.3f}",
        each(scores),
        f"{np.mean(words):.3f} ({each(words)})" if words else "–",
        f"{best} {np.mean(theirs):.3f} ({each(theirs)})",
    ]


def each(values):
    """Write values, three decimals each."""
    return " ".join(f"{value:.3f}" for value in values)


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
