"""How long one picture and 64 take by torch, onnxruntime and the exported page, and how large the files are.

    python -m benchmarks.export
    npm pack onnxruntime-web && tar xzf onnxruntime-web-*.tgz
    python -m benchmarks.export --onnxruntime-web package/
    python -m benchmarks.export --picture docs/pictures/export-page.png      # what the page looks like

One thread each; the page is opened from disk in headless Chromium (chromium and chromedriver must be installed). The
rows take turns, and each time is the median. The last row of each net runs the ONNX file in the same browser by the
runtime of that npm package, with one thread, too: what the page could have been built on.
"""

import argparse
import functools
import http.server
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import onnxruntime
import torch
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from dcgan.export.onnx_files import export_onnx
from dcgan.export.web import export_page
from dcgan.loading import load
from dcgan.model import Model
from dcgan.networks.initialize import untrained_discriminator, untrained_generator
from dcgan.training.presets import preset
from dcgan.training.recipe import Recipe

COUNTS = (1, 64)
WAYS = ("torch", "onnxruntime", "the page, WebAssembly", "the page, JavaScript alone", "onnxruntime-web")
PAGE = """
const [code, counts, done] = arguments;
(async () => {
  if (!globalThis.Own) Own = new Function(WORKER + "; return Net")();
  const key = `net ${code}`;
  const before = performance.now();
  globalThis[key] ??= new Own(structuredClone(MODEL), bytes(WEIGHTS).buffer, code ? bytes(CODE) : new Uint8Array());
  const ready = performance.now() - before;
  const times = [];
  for (const count of counts) {
    const start = performance.now();
    for (let seed = 0; seed < count; seed += 1) globalThis[key].draw(latents(seed, MODEL));
    times.push((performance.now() - start) / 1000);
  }
  done([...times, ready / 1000]);
})();
"""
RUNTIME = """
const [counts, size, done] = arguments;
(async () => {
  ort.env.wasm.numThreads = 1;
  const before = performance.now();
  globalThis.session ??= await ort.InferenceSession.create("generator.onnx", { executionProviders: ["wasm"] });
  const ready = performance.now() - before;
  const times = [];
  for (const count of counts) {
    const z = new ort.Tensor("float32", new Float32Array(count * size).map(() => Math.random() - 0.5), [count, size]);
    const start = performance.now();
    await session.run({ z });
    times.push((performance.now() - start) / 1000);
  }
  done([...times, ready / 1000]);
})();
"""


def models() -> dict[str, Model]:
    """What is exported; untrained nets are as fast as trained ones."""
    return {
        "faces, 32x32": load("faces", "cpu"),
        "strided, 64x64": untrained(Recipe(size=64, channels=3, layout="strided")),
        "paper-64": untrained(preset("paper-64")),
    }


def untrained(recipe: Recipe) -> Model:
    """The nets that a training of this recipe begins with."""
    architecture = recipe.architecture()
    nets = untrained_generator(architecture, 0).eval(), untrained_discriminator(architecture, 0).eval()
    return Model(architecture, *nets)


@contextmanager
def browser() -> Iterator[Chrome]:
    """Headless Chromium."""
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for word in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu"):
        options.add_argument(f"--{word}")
    driver = Chrome(options, ChromeService(shutil.which("chromedriver")))
    driver.set_script_timeout(600)
    try:
        yield driver
    finally:
        driver.quit()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder, which that runtime cannot read from disk."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def by_torch(model: Model) -> list[float]:
    """Seconds of each count."""
    times = []
    for count in COUNTS:
        z = torch.from_numpy(model.latents(range(count)))
        start = time.perf_counter()
        with torch.inference_mode():
            model.generator(z)
        times.append(time.perf_counter() - start)
    return times


def by_onnxruntime(model: Model, session: onnxruntime.InferenceSession) -> list[float]:
    """Seconds of each count."""
    times = []
    for count in COUNTS:
        z = model.latents(range(count))
        start = time.perf_counter()
        session.run(None, {"z": z})
        times.append(time.perf_counter() - start)
    return times


def measure(model: Model, place: Path, runtime: Path | None, rounds: int) -> dict[str, list[float]]:
    """Of each way, seconds of one picture and of 64, and until it is ready where that is measured; medians."""
    onnx = export_onnx(model, place / "onnx").path
    page = export_page(model, place / "page").path
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx / "generator.onnx", options, providers=["CPUExecutionProvider"])
    if runtime:
        for file in (runtime / "dist").glob("ort*"):
            if file.name in ("ort.wasm.min.js", "ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.mjs"):
                shutil.copy(file, onnx)
        (onnx / "index.html").write_text('<!doctype html><script src="ort.wasm.min.js"></script>')
    rows: dict[str, list[list[float]]] = {}
    with browser() as one, browser() as other, served(onnx) as address:
        one.get((page / "index.html").as_uri())
        one.execute_script("pool.waiting = []; fill = () => {};")
        ask: Callable[..., Any] = one.execute_async_script
        ways: dict[str, Callable[[], list[float]]] = {
            WAYS[0]: lambda: by_torch(model),
            WAYS[1]: lambda: by_onnxruntime(model, session),
            WAYS[2]: lambda: ask(PAGE, "wasm", COUNTS),
            WAYS[3]: lambda: ask(PAGE, "", COUNTS if model.size < 64 else COUNTS[:1]),
        }
        if runtime:
            other.get(address)
            ways[WAYS[4]] = lambda: other.execute_async_script(RUNTIME, COUNTS, model.latent_dim)
        for _ in range(rounds):
            for way, run in ways.items():
                rows.setdefault(way, []).append(run())
    first = {way: times[0] for way, times in rows.items()}
    medians = {way: [statistics.median(column) for column in zip(*times, strict=True)] for way, times in rows.items()}
    for way in WAYS[2:]:
        if way in medians:
            medians[way][-1] = first[way][-1]  # it is made once
    return medians


def take_picture(path: Path) -> None:
    """Save a picture of the page of the faces, with a slider moved."""
    with tempfile.TemporaryDirectory() as folder, browser() as driver:
        page = export_page(load("faces", "cpu"), Path(folder) / "Drawn faces").path
        driver.set_window_size(1100, 900)
        driver.get((page / "index.html").as_uri())
        driver.execute_script("choose(4); const s = $('axis-2'); s.value = 1.5; s.dispatchEvent(new Event('input'));")
        while driver.execute_script("return drawing || pool.waiting.length || !document.querySelector('[data-drawn]')"):
            time.sleep(0.1)
        time.sleep(0.5)
        driver.save_screenshot(str(path))


def main() -> None:
    """Measure and print two tables, or take a picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--onnxruntime-web", type=Path, help="the unpacked npm package")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--picture", type=Path, help="save a picture of the page, and measure nothing")
    arguments = parser.parse_args()
    if arguments.picture:
        take_picture(arguments.picture)
        return
    torch.set_num_threads(1)
    print("| generator | by | one picture, ms | 64 pictures, ms | made ready, ms |\n|---|---|---|---|---|")
    sizes = {}
    for name, model in models().items():
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            for way, (one, *rest) in measure(model, place, arguments.onnxruntime_web, arguments.rounds).items():
                ready = rest.pop() if way in WAYS[2:] else None
                cells = [
                    f"{1000 * one:.1f}",
                    f"{1000 * rest[0]:.0f}" if rest else "",
                    f"{1000 * ready:.0f}" if ready else "",
                ]
                print(f"| {name} | {way} | {' | '.join(cells)} |", flush=True)
            sizes[name] = [
                sum(file.stat().st_size for file in (place / form).glob(pattern))
                for form, pattern in (("onnx", "generator.onnx"), ("onnx", "discriminator.onnx"), ("page", "*"))
            ]
    print("\n| generator | generator.onnx, MB | discriminator.onnx, MB | page (float16), MB |\n|---|---|---|---|")
    for name, files in sizes.items():
        print(f"| {name} | {' | '.join(f'{size / 1e6:.2f}' for size in files)} |")
    if arguments.onnxruntime_web:
        dist = arguments.onnxruntime_web / "dist"
        program = sum((dist / name).stat().st_size for name in ("ort.wasm.min.js", "ort-wasm-simd-threaded.wasm"))
        print(f"\nonnxruntime-web's own files: {program / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
