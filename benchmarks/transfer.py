"""python benchmarks/transfer.py PATH

Does a run on one archive help on a smaller one of the same kind? Networks trained from scratch and from PRETRAINED_RUN,
beside ridge regression. PATH is that of benchmarks/accuracy.py; pairs that are not there are left out.
Epochs and constants are the same for all, chosen on none of them. Writes benchmarks/transfer.md.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy import given
from accuracy_tables import markdown
from documents import put_table
from trials import run

from baselines import LINEAR
from core.constants import read_constants
from core.errors import InputError
from core.files import PROJECT, write_atomically
from core.script import run_script

PAIRS = [("GunPointAgeSpan", "GunPoint"), ("ECG200", "TwoLeadECG"), ("SwedishLeaf", "FaceFour")]  # from, to
NETWORKS = {  # how each is trained
    "cnn_lstm": {},
    "deep_cnn_lstm, alone": {"ARCHITECTURE": "deep_cnn_lstm", "LINEAR_START": False},
    "deep_cnn_lstm": {"ARCHITECTURE": "deep_cnn_lstm"},
}
CONSTANTS = {"EPOCHS": 150, "BATCH_SIZE": 16, "DROPOUT": 0.2, "PLATEAU": 10, "AVERAGE_WEIGHTS": True}
SEEDS = [0, 1, 2]
HEADER = ["trained before on", "then on", "network", "from scratch", "pretrained", "difference, each seed", "ridge"]


def main(path):
    """Measure the pairs that are there, print the table and write it."""
    found, rows = given(path), []
    for pair in PAIRS:
        for network, constants in NETWORKS.items() if set(pair) <= found.keys() else ():
            c = read_constants().changed(**CONSTANTS | constants)
            rows.append([*pair, network, *compare(c, *(found[name][0]["DATASET"] for name in pair))])
            print(" | ".join(rows[-1]), flush=True)
    if not rows:
        raise InputError(f"{path} holds none of the pairs: see python benchmarks/transfer.py --help")
    table = markdown(HEADER, rows)
    put_table("evidence.md", "transfer", table)
    write_atomically(PROJECT / "benchmarks" / "transfer.md", table + "\n")
    print(f"\n{table}\nWrote benchmarks/transfer.md")


def compare(c, source, target):
    """Train each seed on `source`, then on `target` from that run and from scratch. Returns: cells of the table."""
    scores = {"scratch": [], "pretrained": []}
    for seed in SEEDS:
        first, own = (c.changed(SEED=seed, DATASET=path) for path in (source, target))
        for how, before in (("scratch", None), ("pretrained", first)):
            _, result, _ = run(own, before)
            scores[how].append(100 * result["accuracy"])
    differences = np.subtract(scores["pretrained"], scores["scratch"])
    return [
        *(f"{np.mean(own):.1f} ± {np.std(own, ddof=1):.1f}" for own in scores.values()),
        " ".join(f"{difference:+.1f}" for difference in differences),
        f"{100 * result['baselines'][LINEAR]:.1f}",
    ]


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
