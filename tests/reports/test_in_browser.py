"""The pages in a real browser: narrow and wide, light and dark, printed, by keys, and with names that are markup."""

import base64
import io
import json
import re
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import evaluate_model
import train_model
from core import files, ledger
from experiments.index import write_index
from reports.folds_page import FoldsPage, folds_page
from reports.search_page import SearchPage, search_page

BROWSER, DRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
if not (BROWSER and DRIVER):
    pytest.skip("these need Chromium and its driver: apt install chromium chromium-driver", allow_module_level=True)
webdriver = pytest.importorskip("selenium.webdriver", reason="pip install -r requirements-dev.txt")
html5lib = pytest.importorskip("html5lib", reason="pip install -r requirements-dev.txt")
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select  # noqa: E402

EVIL, ARABIC, LONG = "<script>alert('1')</script>\"'&amp;", "تصنيف الإشارات", "w" * 300
NAMES = [EVIL, ARABIC, LONG]
PAGES = ["run", "index", "search", "folds"]
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"]  # fmt: skip
# Each pair of a text's colour and that of the ground behind it, as dimmed by opacity, with a text that has it.
TEXTS = """
const found = new Map(), colours = new Map()
const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true})
const read = colour => {
  canvas.clearRect(0, 0, 1, 1)
  canvas.fillStyle = colour
  canvas.fillRect(0, 0, 1, 1)
  return [...canvas.getImageData(0, 0, 1, 1).data]
}
const rgba = colour => colours.get(colour) ?? colours.set(colour, read(colour)).get(colour)
const behind = new Map([[null, [null, 1]]])
const ground = element => {
  if (!behind.has(element)) {
    const style = getComputedStyle(element), own = rgba(style.backgroundColor)
    const [outer, clear] = ground(element.parentElement)
    behind.set(element, [own[3] === 255 ? own : outer, clear * style.opacity])
  }
  return behind.get(element)
}
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
while (walk.nextNode()) {
  const own = walk.currentNode.parentElement, text = walk.currentNode.textContent.trim()
  if (!text || own.closest("script, style, title, option") || !own.checkVisibility()) continue
  const drawn = own.closest("svg"), style = getComputedStyle(own)
  if (drawn && drawn.querySelector("image")) continue  // numbers on the coloured cells of a matrix
  const pair = [rgba(drawn ? style.fill : style.color), ...ground(own)]
  found.set(JSON.stringify(pair), [text.slice(0, 40), ...pair])
}
return [...found.values()]
"""
UNNAMED = """
return [...document.querySelectorAll("img, svg")].filter(e => e.tagName === "img" ? !e.alt :
  e.getAttribute("role") !== "img" || !(e.getAttribute("aria-label") || e.querySelector("title")?.textContent)).length
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The four pages as files, {name: path}: of a real run, and of made-up results with names of every kind."""
    from core.constants import read_constants

    root, rng = tmp_path_factory.mktemp("pages"), np.random.default_rng(0)
    data = root / "a<b onclick=x>&\"'.npz"
    np.savez(data, X=rng.normal(size=(45, 12, 2)), y=np.array(NAMES)[np.arange(45) % 3])
    c = read_constants().changed(DATASET=str(data), EPOCHS=1, VALIDATION_SIZE=0.2, RUN_DIR=str(root / "run <i>"))
    train_model.main(c)
    evaluate_model.main(c)
    return {
        "run": root / "run <i>" / "report.html",
        "search": write(root / "tune" / "report.html", search_page(made_up_search(rng))),
        "folds": write(root / "folds" / "report.html", folds_page(made_up_folds(rng))),
        "index": write_ledger(root, rng),
    }


def write(path, text):
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return path


def write_ledger(root, rng):
    """Write a ledger of 200 rows more, a third of them of another data set, and its page. Returns: the page's path."""
    rows = ledger.read_rows(root / "run")
    for k in range(200):
        row = dict(zip(ledger.COLUMNS, rows[k % 2]))
        own = json.loads(row[ledger.ALL])
        own |= {"FILTERS": int(rng.integers(2, 99)), "PRETRAINED_RUN": NAMES[k % 3], "SEED": k % 3 and 42}
        own["DATASET"] = "digits" if k % 3 else own["DATASET"]
        row |= {"run": f"{NAMES[k % 3]}{k}", "value": f"{rng.random():.4f}", ledger.ALL: json.dumps(own)}
        rows.append(list(row.values()))
    files.write_csv(root / "ledger.csv", ledger.COLUMNS, rows)
    write_index(root / "run")
    return root / "index.html"


def made_up_search(rng):
    n, scores = 200, np.full((200, 3), np.nan)
    scores[:, 0], scores[:67, 1], scores[:23, 2] = rng.random(n), rng.random(67), rng.random(23)
    trials = [
        {
            "LEARNING_RATE": float(10 ** rng.uniform(-5, -2)),
            "DROPOUT": [0.0, 0.2][k % 2],
            "PLATEAU": [None, 10][k % 2],
            "PRETRAINED_RUN": NAMES[k % 3],
        }
        for k in range(n)
    ]
    return SearchPage(
        EVIL, "accuracy", "higher", trials, [11, 33, 100], scores, 1 - scores, np.ones(n), rng.random((n, 3)),
        list(range(n)), f"The model beats {ARABIC}.", 0.9, [f"PRETRAINED_RUN = {LONG!r}"], {EVIL: "../index.html"},
    )  # fmt: skip


def made_up_folds(rng):
    folds = [SimpleNamespace(fold=name, test=9, seconds=1.0) for name in [*NAMES, "4", "5"]]
    names, lines = ["accuracy", "majority", "linear"], [EVIL, LONG]
    return FoldsPage(
        LONG, "accuracy", "higher", "network", False, folds, names, rng.random((5, 3)), "linear", lines, [],
        {"TARGET": EVIL}, {ARABIC: "../index.html"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One Chromium for all tests."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, Service(DRIVER))
    yield driver
    driver.quit()


def show(browser, path, width=1400, scheme="light", media="screen"):
    """Open a page in a window of that width."""
    window = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", window)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
    browser.get(path.as_uri())
    browser.execute_script("document.querySelectorAll('details').forEach(e => e.open = true)")


def column(browser, name):
    """Return the texts of a column in the rows that are shown, and the heading."""
    script = """const head = [...document.querySelectorAll(".sortable th")].find(th => th.textContent === arguments[0])
                const rows = [...document.querySelectorAll(".sortable tbody tr")].filter(row => !row.hidden)
                return [rows.map(row => row.cells[head.cellIndex].textContent), head]"""
    return browser.execute_script(script, name)


def headings(browser):
    """Return the names of the columns that are shown."""
    script = "return [...document.querySelectorAll('.sortable th')].filter(e => !e.hidden).map(e => e.textContent)"
    return browser.execute_script(script)


def test_nothing_is_cut_at_any_width_or_in_print_and_nothing_is_logged_or_loaded(browser, pages):
    for name in PAGES:
        for width in (360, 1400):
            show(browser, pages[name], width)
            assert browser.execute_script("return document.scrollingElement.scrollWidth <= innerWidth"), (name, width)
            wide = "return [...document.querySelectorAll('td')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
            assert browser.execute_script(wide) == 0, (name, width)  # else it lies over its neighbour
        show(browser, pages[name], 680, media="print")  # A4 less its margins
        edges = "return [...document.querySelectorAll('table, svg, pre')].map(e => e.getBoundingClientRect().right)"
        assert max(browser.execute_script(edges)) <= 681, name
        assert browser.execute_script("return performance.getEntriesByType('resource').map(e => e.name)") == []
        assert browser.get_log("browser") == [], name


def test_light_and_dark_differ_without_a_white_box_and_every_text_can_be_read(browser, pages):
    for name in PAGES:
        corners = []
        for scheme in ("light", "dark"):
            show(browser, pages[name], scheme=scheme)
            faint = [text for text in browser.execute_script(TEXTS) if contrast(*text[1:]) < 4.5]
            assert not faint, (name, scheme, faint[:5])
            size = browser.execute_script("return [innerWidth, document.body.scrollHeight]")
            clip = {"x": 0, "y": 0, "width": size[0], "height": size[1] if scheme == "dark" else 99, "scale": 0.5}
            shot = {"clip": clip, "captureBeyondViewport": True}
            picture = browser.execute_cdp_cmd("Page.captureScreenshot", shot)["data"]
            pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB"))
            corners.append(pixels[2, 2].tolist())
        assert corners[0] == [255] * 3 and max(corners[1]) < 50, name
        height, width = (length // 6 for length in pixels.shape[:2])
        white = pixels[: 6 * height, : 6 * width].min(axis=2) > 245
        blocks = white.reshape(height, 6, width, 6).all(axis=(1, 3))
        assert not blocks.any(), f"a white box in the dark on the page {name}"


def contrast(colour, ground, opacity):
    """Return the contrast of a text to its ground as WCAG 2 defines it, of colours (4,) from 0 to 255."""
    share = opacity * colour[3] / 255
    mixed = share * np.array(colour[:3]) + (1 - share) * np.array(ground[:3])
    lights = []
    for own in (mixed, np.array(ground[:3])):
        own = own / 255
        linear = np.where(own <= 0.04045, own / 12.92, ((own + 0.055) / 1.055) ** 2.4)
        lights.append(linear @ [0.2126, 0.7152, 0.0722] + 0.05)
    return max(lights) / min(lights)


def test_the_pages_are_valid_named_and_small(browser, pages):
    for name in PAGES:
        text = pages[name].read_text(encoding="utf-8")
        html5lib.HTMLParser(strict=True).parse(text)
        assert len(text.encode()) < 2_000_000
        show(browser, pages[name])
        assert browser.execute_script(UNNAMED) == 0, name
        levels = browser.execute_script("return [...document.querySelectorAll('h1,h2,h3')].map(e => +e.tagName[1])")
        assert levels[0] == 1 and levels.count(1) == 1 and max(np.diff(levels), default=0) <= 1, name
        assert browser.execute_script("return document.scripts.length") == (name != "run")
        shown = browser.execute_script("return document.body.innerText")
        assert EVIL[:25] in shown and ARABIC[:5] in shown, name
        addresses = "return [...document.querySelectorAll('[href], [src]')].map(e => e.getAttribute('href') ?? e.src)"
        elsewhere = [own for own in browser.execute_script(addresses) if re.match(r"(?!data:)\w+:|//", own)]
        assert not elsewhere, name


def test_tables_sort_by_click_and_by_key(browser, pages):
    for page, name in (("index", "value"), ("search", "LEARNING_RATE"), ("folds", "linear")):
        show(browser, pages[page])
        before, head = column(browser, name)
        assert sorted(before, key=float) != before
        head.find_element("tag name", "button").click()
        assert column(browser, name)[0] == sorted(before, key=float)
        assert head.get_attribute("aria-sort") == "ascending"
        browser.get(pages[page].as_uri())
        browser.execute_script("document.querySelector('.sortable th button').focus()")
        while (focused := browser.switch_to.active_element).text != name:
            assert focused.tag_name == "button"
            focused.send_keys(Keys.TAB)
        focused.send_keys(Keys.ENTER)
        focused.send_keys(Keys.SPACE)
        values, head = column(browser, name)
        assert values == sorted(before, key=float, reverse=True)
        assert head.get_attribute("aria-sort") == "descending"
        assert len(browser.find_elements("css selector", "[aria-sort]")) == 1


def test_the_index_shows_the_rows_of_a_data_set_and_what_varies_in_them(browser, pages):
    show(browser, pages["index"])
    assert {"FILTERS", "SEED"} <= {*headings(browser)}
    lists = [Select(found) for found in browser.find_elements("tag name", "select")]
    lists[0].select_by_visible_text("digits")
    values, _ = column(browser, "FILTERS")
    assert len(values) == 133 and set(column(browser, "data set")[0]) == {"digits"}
    assert "SEED" not in headings(browser)
    lists[1].select_by_visible_text("test")
    assert set(column(browser, "part")[0]) == {"test"}
    assert browser.find_element("tag name", "output").text == f"{len(column(browser, 'part')[0])} of 202 rows"


def test_the_run_and_the_index_lead_to_each_other(browser, pages):
    show(browser, pages["index"])
    links = browser.find_elements("css selector", ".sortable td a")
    assert len(links) == 2 and len(browser.find_elements("css selector", "tr.gone")) == 200
    links[0].click()
    assert browser.current_url == pages["run"].as_uri()
    browser.find_element("link text", "all runs").click()
    assert browser.current_url == pages["index"].as_uri()
