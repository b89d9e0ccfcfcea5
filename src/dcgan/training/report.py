"""The end of a session: the film of the sheets, and the one-page report."""

from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from dcgan.atomic_files import write_atomic
from dcgan.data.packed import PackedSet
from dcgan.errors import command
from dcgan.figures.films import evenly, film
from dcgan.figures.html_page import duration
from dcgan.figures.report import ReportFacts, report
from dcgan.figures.sheets import first_row, picture_bytes, sheet
from dcgan.files import DATASET_FILE, parse_json
from dcgan.pixels import split_frames
from dcgan.randomness import Stream, rng
from dcgan.sound.spectrogram import sounds_of
from dcgan.sound.wav import wav_bytes
from dcgan.training.checkpoint import parse_moment
from dcgan.training.logger import EVENTS, METRICS, SHEETS, read_events, read_records
from dcgan.training.recipe import Recipe
from dcgan.training.snapshots import SHEET_CLIPS, SHEET_SEEDS

FILM = "film.webp"
REPORT = "report.html"
MOMENTS = 6  # shown in the report
PLAYED = 8  # sounds in the report, and as many real ones
MOMENT_SIDE = 260  # pixels; the corner of a sheet that stands for a moment


def list_sheets(run: Path) -> list[Path]:
    """The run's sheets in the order of training: by roll-backs, then by images seen."""
    moments = {path: parse_moment(path.stem) for path in (run / SHEETS).glob("[0-9]*.png")}
    return [path for _, path in sorted((moment, path) for path, moment in moments.items() if moment)]


def write_film(run: Path) -> None:
    """Animate the run's sheets into film.webp; a run that has none yet gets none."""
    sheets = list_sheets(run)
    if sheets:
        film(sheets, run / FILM, captions=[_caption(path) for path in sheets], max_frames=60)


def write_report(run: Path, recipe: Recipe, data: PackedSet, card: Mapping[str, object]) -> None:
    """Write report.html from what the run has written down."""
    sheets = list_sheets(run)
    records = read_records(run / METRICS)
    seconds = records[-1].get("seconds") if records else None
    images = f"{records[-1]['images']:,.0f} images in {duration(seconds)}" if records and seconds else "no images yet"
    machine, start = card.get("machine"), card.get("start")
    facts = ReportFacts(
        title=run.resolve().name,
        summary=f"{_kind(data, '' if card.get('own_nets') else recipe.nets)}: {images}.",
        sheet=sheets[-1].read_bytes() if sheets else None,
        real=picture_bytes(_real(data, recipe.seed), ".png"),
        predicts=data.frames > 1,
        snapshots=[(_caption(path), _corner(path, at_right=data.frames > 1)) for path in evenly(sheets, MOMENTS)],
        sounds=_sounds(sheets[-1] if sheets else None, data),
        film=(run / FILM).read_bytes() if (run / FILM).is_file() else None,
        metrics=records,
        events=read_events(run / EVENTS),
        recipe=recipe.values(),
        data=_data_facts(data) | ({"begins_with": start.get("model")} if isinstance(start, dict) else {}),
        environment=machine if isinstance(machine, dict) else {},
        commands=(
            _first_command(run, data),
            ("Go on after a stop", command("train", "--resume", run)),
            ("Train for longer", command("train", "--resume", run, "--images", _twice(records))),
            ("Keep this state for good", command("keep", run, "--name", "good")),
        ),
    )
    write_atomic(run / REPORT, report(facts))


def _caption(path: Path) -> str:
    rollbacks, images = parse_moment(path.stem) or (0, 0)
    return f"{images:,} images" + (f", roll-back {rollbacks}" if rollbacks else "")


def _corner(path: Path, *, at_right: bool) -> bytes:
    """The upper left of a sheet; of one with predicted frames, which are its last column, the upper right."""
    with Image.open(path) as image:
        width, height = min(MOMENT_SIDE, image.width), min(MOMENT_SIDE, image.height)
        left = image.width - width if at_right else 0
        return picture_bytes(image.crop((left, 0, left + width, height)), ".png")


def _sounds(sheet_file: Path | None, data: PackedSet) -> list[tuple[str, bytes]]:
    """WAV files of the first generated and of some real sounds, if the pictures are spectrograms."""
    if data.sound is None or sheet_file is None:
        return []
    with Image.open(sheet_file) as image:
        generated = first_row(image, data.size)[:PLAYED]
    real = data.pixels[_some_real(data, 0)[:PLAYED]]
    sounds = [(f"Generated, seed {seed}", pixels) for seed, pixels in enumerate(generated)]
    sounds += [("Real", pixels) for pixels in real]
    return [(caption, wav_bytes(sounds_of(pixels[None], data.sound), data.sound)) for caption, pixels in sounds]


def _first_command(run: Path, data: PackedSet) -> tuple[str, str]:
    if data.frames == 1:
        return "Generate new pictures", command("sample", run, "--out", "sheet.png")
    return "Predict frames", command("predict-frames", run, "VIDEOS", "--out", "film.gif")


def _kind(data: PackedSet, nets: str) -> str:
    """What is trained: "A DCGAN for 64×64 pictures, trained on 5,000 of them"; `nets` is empty for nets of your own."""
    size = f"{data.size}×{data.size}"
    if data.frames == 1:
        who = {"dcgan": "A DCGAN", "": "Nets of your own"}.get(nets, f"The nets {nets}")
        return f"{who} for {size} {'spectrograms' if data.sound else 'pictures'}, trained on {len(data):,} of them"
    return f"A predictor of {size} frames, trained on {len(data):,} clips of {data.frames} frames"


def _real(data: PackedSet, seed: int) -> Image.Image:
    """Some real pictures; of clips a row of frames each."""
    pixels = data.pixels[_some_real(data, seed)]
    if data.frames == 1:
        return sheet(pixels)
    frames = split_frames(pixels[:SHEET_CLIPS], data.frames)
    return sheet(frames.reshape(-1, *frames.shape[2:]), data.frames)


def _some_real(data: PackedSet, seed: int) -> list[int]:
    count = min(len(SHEET_SEEDS), len(data))
    return sorted(rng(Stream.REPORT_IMAGES, seed).choice(len(data), count, replace=False).tolist())


def _data_facts(data: PackedSet) -> dict[str, object]:
    facts = parse_json((data.path / DATASET_FILE).read_text("utf-8"))
    return {
        name: facts[name] for name in ("source", "count", "size", "channels", "skipped", "ignored") if name in facts
    }


def _twice(records: list[dict[str, float | None]]) -> int:
    return 2 * int((records[-1]["images"] if records else None) or 500_000)
