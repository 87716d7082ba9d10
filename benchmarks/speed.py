"""python benchmarks/speed.py

Measure the project against stock Keras, against what requirements-bench.txt installs (PyTorch, JAX, pandas, aeon,
soundfile, PyAV), and against itself at other sizes.
Prints a table, and writes it as benchmarks/speed.md and its ratios as the picture benchmarks/speed.png.

Only ratios count: the variants of a row take turns in one run, each in a process of its own with the settings that it
has by itself. Run it on an idle machine. The large file lies in the system's temporary folder (TMPDIR names another).
"""

import importlib.util
import os
import platform
import sys
from contextlib import ExitStack
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import measures
import pictures
import whole_runs

from core.files import PROJECT, write_atomically
from core.script import run_script
from reports.formatting import aligned

MEASURES = [
    whole_runs.processes,
    measures.training_steps,
    measures.other_tasks,
    measures.predictions,
    measures.readers,
    measures.growth,
    measures.large_file,
    whole_runs.importance,
    whole_runs.searches,
    whole_runs.memory,
]
RESULTS = PROJECT / "benchmarks"
GPU = "## On a GPU"  # from here on speed.md is written by gpu.py
HEADER = ["measured", "against", "its time", "the other's", "ratio", "lowest", "highest", "goal"]
GOALS = {  # the ratio not to be exceeded, by what is measured and against what
    ("train_model.py, whole process", "reference snippet"): 0.7,
    ("evaluate_model.py, whole process", "import tensorflow"): 1.2,
    **{
        (f"training step, batch {batch}, {steps} time steps", peer): 1.0
        for batch, steps in ((32, 50), (256, 50), (32, 1000))
        for peer in ("stock Keras", "Keras, 25 steps a call", "PyTorch", "PyTorch, compiled", "JAX, epochs compiled")
    },
    ("training step of deep_cnn_lstm, batch 16, 427 time steps", "stock Keras"): 0.8,
    ("training step, texts, batch 32", "stock Keras"): 0.6,
    ("training step, transcription, batch 32", "stock Keras"): 0.6,
    ("prediction of 20,000 sequences, each", "stock predict, batch 1024"): 1.0,
    ("training per sequence, 100,000 sequences", "10,000 sequences"): 1.1,
    ("peak memory, one epoch from disk", "size of the file"): 0.3,
    ("training per time step, 5,000 time steps", "500 time steps"): 1.05,
    ("reading a table of 420,000 rows × 15 columns", "pandas"): 2.0,
    ("reading an archive (.ts) of 1,000 sequences", "aeon"): 0.9,
    ("reading 1,000 recordings of a second", "soundfile, log-mel by TensorFlow"): 1.0,
    ("reading 1,000 recordings of a second", "soundfile, log-mel by librosa"): 1.0,
    ("reading 100 clips of 60 frames", "PyAV"): 1.0,
    ("importance of deep_cnn_lstm, 150 test sequences", "their prediction"): 3.0,
    ("search of 12 trials, 2 processes (3 rounds)", "1 process"): 0.6,
    ("peak memory beyond a small table's, a table of 300,000 texts", "size of the file"): 3.0,
}


def main():
    """Measure everything, then write the table and the picture."""
    rows = []
    with ExitStack() as stack:
        libraries = measures.libraries()
        workers = {name: stack.enter_context(measures.worker()) for name in libraries[: 1 if measures.QUICK else None]}
        workers |= {name: workers["project"] for name in libraries if name not in workers}  # QUICK
        for measure in MEASURES:
            for row in measure(workers):
                rows.append(row | {"goal": GOALS.get((row["measured"], row["against"]))})
                print(f"{row['measured']}, against {row['against']}: {np.median(row['ratios']):.2f}", flush=True)
    print("\n" + aligned(HEADER, [cells(row) for row in rows]))
    note = (
        "Ratio: the project's time (or memory) divided by the other's; below 1 means that the project is faster. "
        f"Median, lowest and highest of {measures.REPETITIONS} rounds in which all variants took turns, after "
        f"{measures.WARM_UP} uncounted warm-up. "
        f"{machine()}."
    )
    path = RESULTS / "speed.md"
    _, heading, of_gpu = path.read_text(encoding="utf-8").partition(GPU) if path.exists() else ("", "", "")
    after = f"\n\n{heading}{of_gpu}" if heading else "\n"
    write_atomically(path, f"{markdown(HEADER, map(cells, rows))}\n\n{note}{after}")
    names = [f"{row['measured']}\nagainst {row['against']}" for row in rows]
    ratios, goals = [float(np.median(row["ratios"])) for row in rows], [row["goal"] for row in rows]
    picture = pictures.bars(names, ratios, goals, "time divided by the other's: below 1 is faster")
    write_atomically(RESULTS / "speed.png", picture)
    print(f"{note}\nWrote benchmarks/speed.md and benchmarks/speed.png")


# The table.


def markdown(header, rows):
    """Return a table in Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *rows])


def cells(row):
    """Return the cells of a row of the table, strings."""
    ratios = [np.median(row["ratios"]), row["ratios"].min(), row["ratios"].max()]
    values = [f"{v:.2f} {row['unit']}" if row["unit"] else duration(v) for v in row["medians"]]
    goal = "" if row["goal"] is None else f"≤ {row['goal']:.2f}"
    return [row["measured"], row["against"], *values, *(f"{r:.2f}" for r in ratios), goal]


def duration(seconds):
    """Write seconds with a unit that suits them."""
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def machine():
    """Say on what was measured."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].split(":")[1].strip() if names else cpu
    packages = {"TensorFlow": "tensorflow", "Keras": "keras", "PyTorch": "torch", "JAX": "jax", "pandas": "pandas"}
    installed = [f"{name} {version(p)}" for name, p in packages.items() if importlib.util.find_spec(p)]
    parts = [f"{cpu}, {os.cpu_count()} cores", f"Python {platform.python_version()}", *installed]
    return ", ".join([*parts, date.today().isoformat()])


if __name__ == "__main__":
    run_script(main, __doc__)
