"""python benchmarks/growth.py

Train epochs of the network as shipped on more and more sequences, and on longer and longer ones: time and memory.
Each size has a process of its own. Prints the table, and writes benchmarks/growth.png and benchmarks/growth.csv, which
keeps what is measured: a run that was stopped goes on, and one without that file begins anew.
"""

import csv
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import measures
import pictures
from peers import epoch, peak_memory

from core.files import PROJECT, write_atomically, write_csv
from core.script import run_script

STEPS, SEQUENCES = 50, 320  # time steps while sequences become more, and sequences while they become longer
MORE = [1_000, 10_000, 100_000, 1_000_000]  # sequences
LONGER = [50, 100, 500, 1_000, 5_000, 10_000]  # time steps
BATCH = 32
EPOCHS = 3  # that count, after one that traces; of more than MOST_VALUES one alone
MOST_VALUES = 2e7
QUICK = False  # True: tiny sizes that only show whether everything runs
RESULTS = PROJECT / "benchmarks"
HEADER = ["sequences", "time_steps", "seconds", "cpu_seconds", "peak_bytes", "bytes_before"]

if QUICK:
    MORE, LONGER, SEQUENCES, EPOCHS = [32, 64], [50, 60], 32, 1


def main():
    """Measure the sizes that growth.csv lacks, then draw all."""
    path = RESULTS / "growth.csv"
    rows = list(csv.reader(path.open(encoding="utf-8")))[1:] if path.exists() else []
    done = {(int(n), int(steps)): list(map(float, values)) for n, steps, *values in rows}
    for size in [*((n, STEPS) for n in MORE), *((SEQUENCES, steps) for steps in LONGER)]:
        if size not in done:
            with measures.worker() as process:
                done[size] = process.submit(measure, *size).result()
            write_csv(path, HEADER, ([*size, *values] for size, values in done.items()))
        n, steps, (seconds, cpu, peak, before) = *size, done[size]
        costs = [f"{time / n / steps * 1e6:.2f} µs" for time in (seconds, cpu)]
        print(f"| {n:,} | {steps:,} | {' | '.join(costs)} | {(peak - before) / 1e6:,.0f} MB |", flush=True)
    more = [[n, *done[n, STEPS]] for n in MORE]
    longer = [[steps, *done[SEQUENCES, steps]] for steps in LONGER]
    curves = {f"sequences of {STEPS} time steps": more, f"time steps of {SEQUENCES} sequences": longer}
    write_atomically(RESULTS / "growth.png", pictures.growth({name: np.array(rows) for name, rows in curves.items()}))


def measure(n, steps):
    """Train epochs. Returns: (median of their seconds, of their CPU seconds, peak memory, memory before, in bytes)."""
    import core.quiet_tensorflow  # noqa: F401 (what is measured is the training)

    before, timed = peak_memory(), []
    epochs = 1 if n * steps > MOST_VALUES else 1 + EPOCHS
    for _ in range(epochs):
        cpu = time.process_time()
        seconds = epoch("project", n, BATCH, steps, 1)
        timed.append((seconds, time.process_time() - cpu))
    return *np.median(timed[epochs > 1 :], axis=0).tolist(), peak_memory(), before


if __name__ == "__main__":
    run_script(main, __doc__)
