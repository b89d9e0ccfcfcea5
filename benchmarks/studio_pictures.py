"""The pictures of the studio in the docs: the page in a headless Chromium, with the model `faces`.

    python -m benchmarks.studio_pictures docs/pictures
    python -m benchmarks.studio_pictures docs/pictures --only draw map

What a picture shows is put into the storage in which the page keeps what a user has chosen; then the buttons are
pressed. Nothing on a picture is drawn by hand: boxes are those of the detector of glasses, labels those of the faces.
"""

import argparse
import io
import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
from benchmarks.export import browser
from PIL import Image, ImageDraw
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

import dcgan
from dcgan.data.packed import PackedSet
from dcgan.dissection.detector import detect
from dcgan.figures.enlarge import enlarge
from dcgan.files import parse_json
from dcgan.latent.concepts import own_concepts, read_concepts
from dcgan.studio.contents import DRAWN_FACES
from dcgan.studio.host import Studio

PATIENCE = 600  # seconds for anything that the page does
ZOOM = 0.75  # of a pixel of the page
FAVORITES = (2, 5, 8, 13, 16, 21)
CORNERS = (15, 5, 1, 3)
BOXED = 24  # samples that are looked at for glasses
LABELED = 20  # of each class
SCRATCH = [(150, 60), (230, 190), (330, 290), (380, 430)]  # on a photograph of 512 x 512


class Page:
    """The studio in a browser.

    Args:
        driver: The browser.
        address: What lets it in.
        folder: The studio's.
    """

    def __init__(self, driver: Chrome, address: str, folder: Path) -> None:
        self.driver, self.folder = driver, folder
        driver.get(address)
        self.until(lambda: "/enter/" not in driver.current_url)
        self._home = driver.current_url.partition("#")[0]
        self.resize(1200, 1300)

    def keep(self, storage: str, key: str, value: object) -> None:
        """Put what a user has chosen where the page keeps it: "localStorage" or "sessionStorage"."""
        self.driver.execute_script(f"{storage}[arguments[0]] = arguments[1]", key, json.dumps(value))

    def open(self, tab: str) -> None:
        """A tab, anew."""
        self.driver.get(f"{self._home}#{tab}")
        self.driver.refresh()

    def ask(self, method: str, path: str, content: object = None) -> dict[str, Any]:
        """What the studio answers to a request."""
        script = """const [method, path, content, done] = arguments;
            const body = content === null ? undefined : JSON.stringify(content);
            fetch(path, { method, body }).then((answer) => answer.json()).then(done);"""
        found: dict[str, Any] = self.driver.execute_async_script(script, method, path, content)
        if found.get("error"):
            raise SystemExit(f"{method} {path}: {found['error']}")
        return found

    def until(self, true: Callable[[], object]) -> None:
        """Wait for the page."""
        end = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > end:
                raise SystemExit("the page did not come to what the picture shows")
            time.sleep(0.1)

    def count(self, selector: str) -> int:
        """How many elements of the page match."""
        return len(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def click(self, selector: str) -> None:
        """Press a button once it can be."""
        self.until(lambda: self.count(selector) and self.driver.find_element(By.CSS_SELECTOR, selector).is_enabled())
        self.driver.execute_script("document.querySelector(arguments[0]).click()", selector)

    def choose(self, field: str, value: str) -> None:
        """Choose from a list, or move a slider."""
        self.until(lambda: self.count(f"#{field}"))
        script = """const field = document.getElementById(arguments[0]);
            field.value = arguments[1];
            for (const type of ["input", "change"]) field.dispatchEvent(new Event(type));"""
        self.driver.execute_script(script, field, value)

    def resize(self, width: int, height: int) -> None:
        """Make the window as large as so many pixels of the page."""
        window = {"width": width, "height": height, "deviceScaleFactor": ZOOM, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", window)
        self.driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})

    def picture(self, width: int, height: int, top: str = "body") -> Image.Image:
        """The page in a window of so many pixels, scrolled to an element."""
        self.resize(width, height)
        self.driver.execute_script("document.querySelector(arguments[0]).scrollIntoView()", top)
        time.sleep(1)
        return Image.open(io.BytesIO(self.driver.get_screenshot_as_png())).convert("RGB")


def draw(page: Page) -> Image.Image:
    """The tab Draw, with favorites."""
    page.keep("localStorage", "dcgan-favorites", {"faces": FAVORITES})
    page.open("draw/faces")
    page.until(lambda: page.count("#kept .tile") == len(FAVORITES) and page.count("#sheet .tile"))
    return page.picture(1200, 844)


def map_(page: Page) -> Image.Image:
    """The tab Explore: a map between four faces."""
    state = {"view": "map", "corners": CORNERS, "x": 0.66, "y": 0.42, "added": [10, 14, 18, 20]}
    page.keep("sessionStorage", "dcgan-explore", {"faces": state})
    page.open("explore/faces/map")
    page.until(lambda: page.count("#map"))
    return page.picture(1200, 984)


def arithmetic(page: Page) -> Image.Image:
    """The tab Explore: long hair with glasses, minus long hair, plus short hair."""
    model = dcgan.load("faces", "cpu")
    file = own_concepts(model)
    assert file is not None
    seeds = read_concepts(file, model)["short"].entry["seeds"]
    assert isinstance(seeds, list)
    short = seeds[:3]
    terms = [(1, [{"concept": "long-glasses"}]), (-1, [{"concept": "long"}]), (1, [{"seed": seed} for seed in short])]
    state = {"view": "sum", "sum": [{"factor": factor, "items": items} for factor, items in terms], "added": short}
    page.keep("sessionStorage", "dcgan-explore", {"faces": state})
    page.open("explore/faces/sum")
    page.until(lambda: page.count("#results .tile") == 9)
    return page.picture(1200, 1300)


def edit(page: Page) -> Image.Image:
    """The tab Edit: glasses are forgotten."""
    found = detect(dcgan.load("faces", "cpu"), "glasses", range(BOXED))
    rows: dict[int, list[list[float]]] = {}
    for box in found.boxes:
        rows.setdefault(box.seed, []).append([box.left, box.top, box.right, box.bottom])
    identity = page.ask("POST", "/api/objects", {"model": "faces"})["identity"]
    kept = {"object": rows, "place": {}, "seen": list(range(BOXED))}
    page.keep("localStorage", "dcgan-boxes", {identity: kept})
    page.open("edit/forget")
    page.choose("layer", "0")
    page.click("#forget")
    page.until(lambda: page.count("[data-pairs=others] figure"))
    page.choose("channels", "30")
    page.choose("strength", "150")
    return page.picture(1333, 1621, "#panel section")


def repair(page: Page) -> Image.Image:
    """The tab Edit: a scratched face is repaired."""
    face = dcgan.open_pictures("drawn-faces:1:3", size=32).pixels[:1]
    photograph = Image.fromarray(enlarge(np.asarray(face), 512 // 32)[0])
    ImageDraw.Draw(photograph).line(SCRATCH, "white", 14)
    photograph.save(page.folder / "scratched.png")
    page.open("edit/repair/scratched.png")
    page.until(lambda: page.count("#mask"))
    stroke = """const [points, done] = arguments;
        const stage = document.getElementById("stage"), box = stage.getBoundingClientRect();
        const at = ([x, y], type) => stage.dispatchEvent(new PointerEvent(type, {
          bubbles: true, pointerId: 1, button: 0, buttons: 1,
          clientX: box.left + x * box.width / 512, clientY: box.top + y * box.height / 512 }));
        at(points[0], "pointerdown");
        for (const point of points) at(point, "pointermove");
        at(points.at(-1), "pointerup");
        done();"""
    page.driver.execute_async_script(stroke, SCRATCH)
    page.click("#fill")
    page.until(lambda: page.count("#results .answer") == 4)
    return page.picture(820, 1730, "#panel section")


def sort(page: Page) -> Image.Image:
    """The tab Sort: doubts of a classifier that has learned from a few labels."""
    faces = save_faces(page.folder / "new-faces", "drawn-faces:1000:1")
    begun = {"model": "faces", "source": "new-faces", "classes": list(faces.label_names)}
    sorting = str(page.ask("POST", "/api/sortings", begun)["sorting"])
    page.ask("POST", "/api/sorting/look", {"sorting": sorting})
    page.until(lambda: not page.ask("GET", f"/api/sorting?sorting={sorting}")["looking"])
    for label, kind in enumerate(faces.label_names):
        names = [f"{row:04}.png" for row in np.flatnonzero(faces.labels == label)[:LABELED]]
        asked = {"sorting": sorting, "names": names, "class": kind, "view": "varied"}
        page.ask("POST", "/api/sorting/label", asked)
    page.open(f"sort/{sorting.partition('/')[2]}")
    page.until(lambda: page.count("[data-view=doubts][aria-pressed=true]") and page.count("#sheet .tile"))
    return page.picture(1200, 784)


def inside(page: Page) -> Image.Image:
    """The tab Look inside: channels beside those of random weights."""
    page.open("inside/faces")
    page.choose("source", DRAWN_FACES)
    page.click("#look")
    page.until(lambda: page.count(".atlas .tile"))
    page.click("#beside")
    page.until(lambda: page.count(".atlas[data-net=random] .tile"))
    return page.picture(1333, 1047, ".atlas")


def train(page: Page) -> Image.Image:
    """The tab Train: a run that is paused."""
    save_faces(page.folder / "photos", "drawn-faces:1000")
    asked = {"source": "photos", "size": 32, "minutes": 30, "more": {"preset": "drawings"}}
    run = str(page.ask("POST", "/api/runs", asked)["run"])
    facts = f"/api/run?run={run}"
    page.until(lambda: len(page.ask("GET", facts)["sheets"]) >= 3)
    page.ask("POST", "/api/run/pause", {"run": run})
    page.until(lambda: page.ask("GET", facts)["state"] == "paused")
    page.open(f"train/{run.replace('/', '%2F')}")
    page.until(lambda: page.count("#sheet"))
    return page.picture(1200, 937)


def save_faces(folder: Path, source: str) -> PackedSet:
    """Write drawn faces into a folder, as 0000.png and so on."""
    folder.mkdir()
    faces = dcgan.open_pictures(source, size=32)
    for number, face in enumerate(faces.pixels):
        Image.fromarray(face).save(folder / f"{number:04}.png")
    return faces


PICTURES: dict[str, Callable[[Page], Image.Image]] = {
    "draw": draw,
    "map": map_,
    "arithmetic": arithmetic,
    "edit": edit,
    "repair": repair,
    "sort": sort,
    "inside": inside,
    "train": train,
}


@contextmanager
def running(folder: Path) -> Iterator[Studio]:
    """A studio; what it trains ends with it."""
    with Studio(folder, port=0, device="cpu") as studio:
        thread = Thread(target=studio.run, daemon=True)
        thread.start()
        try:
            yield studio
        finally:
            studio.stop()
            thread.join()
            for record in (folder / ".dcgan-studio").glob("*.json"):
                process = parse_json(record.read_bytes()).get("process")
                with suppress(ProcessLookupError):  # it has ended
                    os.kill(process, signal.SIGTERM)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder for studio-NAME.webp")
    parser.add_argument("--only", nargs="+", choices=PICTURES, default=list(PICTURES))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.only:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "pictures"
            folder.mkdir()
            with running(folder) as studio, browser() as driver:
                picture = PICTURES[name](Page(driver, studio.address, folder))
        picture.save(args.out / f"studio-{name}.webp", quality=85, method=6)
        print(args.out / f"studio-{name}.webp", *picture.size, flush=True)


if __name__ == "__main__":
    main()
