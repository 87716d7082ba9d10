"""python benchmarks/screenshots.py DATASETS

Train and evaluate runs of six kinds and photograph the top of their pages as Chromium shows them: docs/page_*.png, and
docs/report.png, the beginning of the first. DATASETS is a folder that holds rt_polarity/rt-polarity.pos and .neg,
m4_hourly/Hourly-train.csv and -test.csv, and fsdd/recordings; runs whose data are missing are left out. Needs Chromium
and requirements-dev.txt.
"""

import base64
import io
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from language import CONSTANTS, digit_strings, rt_polarity
from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

import evaluate_model
import train_model
from core.constants import constants_with
from core.files import PROJECT, write_atomically
from core.script import run_script

WIDTH, HEIGHT, BEGINNING = 1000, 2400, 1240  # pixels
RUNS = {
    "motifs": {"DATASET": "motifs"},
    "airline": {
        **{"DATASET": "data/airline-passengers.csv", "TARGET": "Passengers", "WINDOW": 24, "HORIZON": 12},
        **{"SEASON": 12, "EPOCHS": 78},
    },
    "m4_hourly": {
        **{"SEQUENCE": "row", "TASK": "forecasting", "WINDOW": 192, "HORIZON": 48, "SEASON": 24, "STRIDE": 24},
        **{"STANDARDISE": "sequence", "EPOCHS": 2},
    },
    "texts": CONSTANTS["rt_polarity"],
    "transcription": CONSTANTS["digit strings"] | {"EPOCHS": 3},  # so that there are mistakes to see
    "video": {"DATASET": "moving_digits"},
}


def main(datasets):
    """Make the runs, one after the other, and their pictures."""
    browser = open_browser()
    try:
        for name, constants in RUNS.items():
            with tempfile.TemporaryDirectory() as folder:
                found = data_of(name, Path(datasets).expanduser().resolve(), Path(folder))
                if found is None:
                    print(f"{name}: its data are missing")
                    continue
                c = constants_with({**constants, **found, "RUN_DIR": f"{folder}/runs/{name}"}, "screenshots")
                train_model.main(c)
                evaluate_model.main(c)
                picture = photograph(browser, Path(c.RUN_DIR) / "report.html")
                write(f"page_{name}.png", picture)
                if name == "motifs":
                    write("report.png", picture.crop((0, 0, WIDTH, BEGINNING)))
    finally:
        browser.quit()


def data_of(name, datasets, folder):
    """Return the constants that read the data of a run, made in `folder` where need be; None where they are missing."""
    if name == "m4_hourly":
        table = datasets / "m4_hourly" / "Hourly-train.csv"
        return {"DATASET": str(table)} if table.is_file() else None
    if name == "texts":
        return rt_polarity(datasets, folder)
    if name == "transcription":
        own = folder / "spoken_digits"
        own.mkdir()
        return digit_strings(datasets, own)
    return {}


def open_browser():
    """Return Chromium without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome")
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(flag)
    return webdriver.Chrome(options, Service(shutil.which("chromedriver")))


def photograph(browser, page):
    """Return a picture of the top of a page."""
    window = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", window)
    browser.get(page.as_uri())
    shot = base64.b64decode(browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"])
    return Image.open(io.BytesIO(shot)).convert("RGB")


def write(name, picture):
    """Write a picture into docs/, with 256 colours, which its few saturated ones survive."""
    file, few = io.BytesIO(), picture.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(file, "PNG", optimize=True)
    write_atomically(PROJECT / "docs" / name, file.getvalue())
    print(f"Wrote docs/{name}, {len(file.getvalue()) / 1000:.0f} kB")


if __name__ == "__main__":
    run_script(main, __doc__, arguments=1)
