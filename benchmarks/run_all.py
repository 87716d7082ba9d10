"""python benchmarks/run_all.py PATH

Run every benchmark of accuracy on the data sets in PATH, a folder each, one after the other; then their tables in docs/
are new. A run that was stopped goes on where it was: rows of a CSV file in benchmarks/ are not measured again (delete
it to start anew), nor is what benchmarks/results/ holds of the same code and data. benchmarks/speed.py, gpu.py and
word_vectors.py need more than data, and run by themselves.
"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.files import PROJECT
from core.script import run_script

WITH_DATA = ["accuracy", "few_labels", "transfer", "forecasts", "network_share", "long_horizons", "language", "anomaly"]
WITHOUT = ["published"]  # after accuracy: it reads what that wrote


def main(path):
    """Run them; one that fails ends it with its exit status."""
    for name in WITH_DATA + WITHOUT:
        print(f"\n== benchmarks/{name}.py", flush=True)
        command = [sys.executable, PROJECT / "benchmarks" / f"{name}.py", *([path] if name in WITH_DATA else [])]
        status = subprocess.run(command).returncode
        if status:
            raise SystemExit(status)


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
