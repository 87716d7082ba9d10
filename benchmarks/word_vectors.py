"""python benchmarks/word_vectors.py DATASETS VECTORS

What pre-trained word vectors bring with few texts.

DATASETS holds sms_spam/SMSSpamCollection and rt_polarity/rt-polarity.pos and .neg, VECTORS is a file for WORD_VECTORS.
100 or 500 texts for training, 1,000 others for the test, three draws; the network alone (LINEAR_START = False) and with
the linear model. Writes benchmarks/word_vectors.md.
"""

import itertools
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy_tables import markdown
from documents import put_table
from language import write_table
from trials import run

from core.constants import read_constants
from core.files import PROJECT, write_atomically
from core.script import run_script

TEST, SEEDS = 1000, (0, 1, 2)
CONSTANTS = {"EPOCHS": 20, "FILTERS": 64, "DROPOUT": 0.5, "TEST_SIZE": TEST}
HEADER = ["data set", "texts", "network", "without vectors", "with vectors", "TF-IDF ridge"]


def read_texts(datasets):
    """Return {name: (texts, labels)}."""
    lines = (datasets / "sms_spam" / "SMSSpamCollection").read_text(encoding="utf-8").splitlines()
    labels, texts = zip(*(line.split("\t", 1) for line in lines))
    found = {"sms_spam": (list(texts), list(labels))}
    reviews = {
        name: (datasets / "rt_polarity" / f"rt-polarity.{name}").read_text(encoding="cp1252").split("\n")[:-1]
        for name in ("pos", "neg")
    }
    texts = [text for own in reviews.values() for text in own]
    return found | {"rt_polarity": (texts, [name for name, own in reviews.items() for _ in own])}


def score(texts, labels, n, seed, **constants):
    """Train on n texts. Returns: (accuracy, that of the linear model) on TEST others."""
    drawn = np.random.default_rng(seed).permutation(len(texts))[: n + TEST]
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "texts.csv"
        write_table(table, ["text", "label"], [(texts[k], labels[k]) for k in drawn])
        c = read_constants().changed(
            DATASET=str(table), TEXT="text", LABEL="label", SEED=seed, **CONSTANTS, **constants
        )
        _, figures, _ = run(c)
    return figures["accuracy"], figures["baselines"]["linear"]


def main(datasets, vectors):
    """Measure both data sets, print the table and write it."""
    rows = []
    for (name, (texts, labels)), n in itertools.product(read_texts(Path(datasets)).items(), (100, 500)):
        for start in (False, True):
            found = {
                path: np.array([score(texts, labels, n, seed, LINEAR_START=start, WORD_VECTORS=path) for seed in SEEDS])
                for path in (None, str(Path(vectors).resolve()))
            }
            scores = [f"{own[:, 0].mean():.3f} ({' '.join(f'{a:.3f}' for a in own[:, 0])})" for own in found.values()]
            kind = "with linear model" if start else "alone"
            rows.append([name, str(n), kind, *scores, f"{found[None][:, 1].mean():.3f}"])
            print(" | ".join(rows[-1]), flush=True)
    put_table("choices.md", "word vectors", markdown(HEADER, rows))
    write_atomically(PROJECT / "benchmarks" / "word_vectors.md", markdown(HEADER, rows) + "\n")


if __name__ == "__main__":
    run_script(main, __doc__, arguments=2)
