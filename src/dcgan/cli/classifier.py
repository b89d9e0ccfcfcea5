"""`dcgan learn` and `dcgan classify`: a classifier of one's own pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import need
from dcgan.cli.outputs import check_files, chosen_theme, open_model, writing
from dcgan.cli.sources import open_pictures
from dcgan.errors import DcganError
from dcgan.files import check_writable

if TYPE_CHECKING:
    import pyarrow as pa

    from dcgan.data.packed import PackedSet

AsJson = Annotated[bool, Parameter(name="--json", negative="")]

CHUNK = 512  # pictures judged at once
TABLES = (".csv", ".parquet")


def learn(
    model: Path,
    source: str,
    /,
    *,
    out: Path,
    layers: str | None = None,
    grid: int = 4,
    seed: int = 0,
    device: str = "cpu",
    as_json: AsJson = False,
) -> None:
    """Learn to classify from labeled pictures, by a linear machine on the discriminator's features.

    For example:

    - `dcgan learn runs/photos labeled/ --out classifier`
    - `dcgan learn faces drawn-faces:2000 --out glasses`

    Args:
        model: A run, one of its checkpoints, a model folder, or a model that comes with dcgan: faces.
        source: Labeled pictures: a folder of folders, a packed set, drawn-faces.
        out: Classifier folder to make: safetensors and JSON.
        layers: Convolutional layers, from 0, such as 1,2. Default: all.
        grid: Side of the grid that each map is max-pooled to.
        seed: Of the fifth that is held out to choose C.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    from dcgan.cli.extract_features import layers_of
    from dcgan.probing.classifier import learn as fit

    if out.exists():
        raise DcganError(f"--out {out} exists; name another folder")
    need(seed >= 0, "--seed", "0 or more", seed)
    chosen = layers_of(layers)
    with writing("--out", out):
        check_writable(out)
    loaded = open_model(model, device)
    data = open_pictures(source, loaded)
    try:
        classifier = fit(loaded, data, progress_bar, chosen, grid, seed=seed)
    except ValueError as error:
        raise DcganError(f"{source}: {error}") from error
    with writing("--out", out):
        classifier.save(out)
    facts = {
        "out": out,
        "labels": classifier.names,
        "pictures": len(data),
        "skipped": data.skipped,
        "penalty": classifier.penalty,
        "accuracy": classifier.accuracy,
    }
    text = f"learned {len(classifier.names)} classes from {len(data):,} pictures: {out}"
    chosen_by = f"accuracy on a held-out fifth, with C = {classifier.penalty:g}: {classifier.accuracy:.1%}"
    answer(f"{text}\n{chosen_by}", facts, as_json)


def classify(
    classifier: Path,
    source: str,
    /,
    *,
    out: Path = Path("labels.csv"),
    review: Path | None = None,
    theme: str = "light",
    device: str = "cpu",
    as_json: AsJson = False,
) -> None:
    """Label pictures, and show those that it is least sure of.

    Of pictures that come with labels, as folders named after them, it is told how many got theirs again.

    For example:

    - `dcgan classify classifier photos/ --out labels.csv`
    - `dcgan classify classifier photos/ --out labels.parquet --review unsure.png`

    Args:
        classifier: A folder that `dcgan learn` made.
        source: Pictures, as for `dcgan train`.
        out: New file, .csv or .parquet: name, label, score, the second best label, and the margin between the two.
        review: Sheet to make of the 100 pictures with the least margin.
        theme: light or dark.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    from dcgan.figures.sheets import FORMATS

    check_files({"--out": (out, TABLES), "--review": (review, FORMATS)})
    if out.exists():
        raise DcganError(f"--out {out} exists, perhaps with labels corrected by hand; name another file, or remove it")
    colors = chosen_theme(theme)

    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from dcgan.device import resolve_device
    from dcgan.probing.classifier import load_classifier

    loaded = load_classifier(classifier, resolve_device(device))
    data = open_pictures(source, loaded.model)
    parts = []
    with progress_bar("classifying") as bar:
        for start in range(0, len(data), CHUNK):
            parts.append(loaded.scores(data.pixels[start : start + CHUNK]))
            bar(min(start + CHUNK, len(data)), len(data))
    scores = np.concatenate(parts)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :2]
    best, second = np.take_along_axis(scores, order, axis=1).T
    index = data.index()
    names = np.array(loaded.names, object)
    columns = {
        "name": index.filter(pc.greater_equal(index["row"], 0))["name"].to_pylist(),
        "label": names[order[:, 0]].tolist(),
        "score": best.tolist(),
        "second": names[order[:, 1]].tolist(),
        "margin": (best - second).tolist(),
    }
    _write(pa.table(columns), out)
    if review is not None:
        from dcgan.figures.labeled_grid import numbered
        from dcgan.figures.sheets import save_picture

        unsure = np.argsort(best - second, kind="stable")[:100]
        captions = [f"{columns['label'][row]}?" for row in unsure]
        save_picture(numbered(data.pixels[np.sort(unsure)][np.argsort(np.argsort(unsure))], captions, colors), review)
    counts = {name: int((order[:, 0] == place).sum()) for place, name in enumerate(loaded.names)}
    listed = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    text = f"labeled {len(data):,} pictures ({listed}): {out}"
    known, right = _compared(data, columns["label"], loaded.names)
    if known:
        text += f"\n{right / known:.1%} of the {known:,} pictures that came with one of these labels got it again"
    facts = {"out": out, "labels": counts, "skipped": data.skipped, "known": known, "right": right}
    answer(text, facts, as_json)


def _compared(data: "PackedSet", given: list[str], names: tuple[str, ...]) -> tuple[int, int]:
    """How many pictures have one of the names as their label in the source, and how many of those were given it."""
    own = [data.label_names[place] if place >= 0 else None for place in data.labels]
    known = [label == new for label, new in zip(own, given, strict=True) if label in names]
    return len(known), sum(known)


def _write(table: "pa.Table", out: Path) -> None:
    import io

    import pyarrow.csv
    import pyarrow.parquet

    from dcgan.files import write_atomic

    content = io.BytesIO()
    if out.suffix.lower() == ".csv":
        pyarrow.csv.write_csv(table, content)
    else:
        pyarrow.parquet.write_table(table, content)
    with writing("--out", out):
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(out, content.getvalue())
