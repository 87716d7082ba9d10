"""What pre-trained word vectors bring with few texts: python benchmarks/word_vectors.py DATASETS VECTORS

DATASETS holds sms_spam/SMSSpamCollection and rt_polarity/rt-polarity.pos and .neg, VECTORS is a file for WORD_VECTORS.
100 or 500 texts for training, 1,000 others for the test, three draws; the network alone (LINEAR_START = False) and with
the linear model. Writes benchmarks/word_vectors.md.
"""

import contextlib
import io
import itertools
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from data_preprocessing import load_data  # noqa: E402
from evaluate_model import evaluate  # noqa: E402
from train_model import train  # noqa: E402

TEST, SEEDS = 1000, (0, 1, 2)
CONSTANTS = {"EPOCHS": 20, "FILTERS": 64, "DROPOUT": 0.5, "TEST_SIZE": TEST}


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
    x, y = [texts[k] for k in drawn], np.array(labels)[drawn]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        run_dir = str(Path(folder) / "run")
        data = load_data(x, y, SEED=seed, RUN_DIR=run_dir, **CONSTANTS, **constants)
        figures = evaluate(train(data))
    return figures["accuracy"], figures["baselines"]["linear"]


def main(datasets, vectors):
    rows = ["| data set | texts | network | without vectors | with vectors | TF-IDF ridge |", "| --- |" + " --- |" * 5]
    for (name, (texts, labels)), n in itertools.product(read_texts(Path(datasets)).items(), (100, 500)):
        for start in (False, True):
            found = {
                path: np.array([score(texts, labels, n, seed, LINEAR_START=start, WORD_VECTORS=path) for seed in SEEDS])
                for path in (None, str(Path(vectors).resolve()))
            }
            cells = [f"{own[:, 0].mean():.3f} ({' '.join(f'{a:.3f}' for a in own[:, 0])})" for own in found.values()]
            kind = "with linear model" if start else "alone"
            rows.append(f"| {name} | {n} | {kind} | {' | '.join(cells)} | {found[None][:, 1].mean():.3f} |")
            print(rows[-1], flush=True)
    (ROOT / "benchmarks" / "word_vectors.md").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
