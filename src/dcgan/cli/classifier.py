"""`dcgan fit-classifier` and `dcgan classify`: a classifier of one's own pictures."""

from collections import Counter
from pathlib import Path

from dcgan.cli.console import answer, as_flags, progress_bar, warn
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, Source, ThemeName
from dcgan.cli.outputs import check_files, check_folder, chosen_theme, open_model, writing
from dcgan.cli.probe_flags import Grid, HorizontalFlip, Layers, ValuesOfC, c_values_of, layers_of
from dcgan.cli.sources import open_pictures
from dcgan.words import counted


def fit_classifier(
    model: ModelPath,
    source: str,
    /,
    *,
    out: Path,
    layers: Layers = None,
    grid: Grid = 4,
    horizontal_flip: HorizontalFlip = False,
    C: ValuesOfC = None,
    seed: int = 0,
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Fit a classifier to labeled pictures: a linear SVM on the discriminator's features.

    With a model that predicts frames, the classifier learns from clips of labeled films and so recognizes motions;
    whole films are held out to choose C.

    For example:

    - `dcgan fit-classifier runs/photos labeled/ --out classifier --horizontal-flip`
    - `dcgan fit-classifier faces drawn-faces:2000 --out glasses`
    - `dcgan fit-classifier runs/waves labeled-videos/ --out motions`

    Args:
        source: Labeled pictures: a folder of folders, a packed set, drawn-faces. Or labeled films.
        out: Classifier folder to make: safetensors and JSON.
        seed: Seed that picks the fifth of the pictures that is held out to choose C.
    """
    from dcgan.features.extract import nets_with_features
    from dcgan.probing.classifier import CARD
    from dcgan.probing.classifier import fit_classifier as fit

    check_folder("--out", out, CARD, "a classifier", overwrite=overwrite)
    chosen, values = layers_of(layers), c_values_of(C)

    loaded = open_model(model, device)
    nets_with_features(loaded)  # refused before any work, if it has none
    data = open_pictures(source, loaded)
    with progress_bar("fitting") as bar:
        classifier = fit(
            loaded,
            data,
            layers=chosen,
            grid=grid,
            horizontal_flip=horizontal_flip,
            C=values,
            seed=seed,
            device=device,
            on_progress=bar,
            on_phase=bar.phase,
        )
    with writing("--out", out):
        classifier.save(out, overwrite=overwrite)
    for text in classifier.warnings():
        warn(as_flags(text))
    facts = {
        "out": out,
        "labels": classifier.names,
        "pictures": len(data),
        "skipped": data.skipped,
        "C": classifier.C,
        "accuracy": classifier.accuracy,
    }
    text = f"fitted to {counted(len(data), data.noun)} of {counted(len(classifier.names), 'class')}: {out}"
    chosen_by = f"accuracy on a held-out fifth, with C = {classifier.C:g}: {classifier.accuracy:.1%}"
    answer(f"{text}\n{chosen_by}", facts, as_json)


def classify(
    classifier: Path,
    source: Source,
    /,
    *,
    out: Path = Path("labels.csv"),
    review: Path | None = None,
    theme: ThemeName = "light",
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Label pictures, and show those that the classifier is least confident of.

    If the pictures have labels already, as sub-folders named after them, the answer says how many get the same label
    from the classifier.

    For example:

    - `dcgan classify classifier photos/ --out labels.csv`
    - `dcgan classify classifier photos/ --out labels.parquet --review unsure.png`

    Args:
        classifier: A folder that `dcgan fit-classifier` made.
        out: File to make, .csv or .parquet, with name, label, score, the second best label, and the margin between the
            two. For clips it also has the film and the label of the film.
        review: Sheet to make of the 100 pictures with the smallest margin. Clips are shown with their frames in a row.
    """
    from dcgan.figures.sheets import FORMATS

    check_files({"--out": (out, (".csv", ".parquet")), "--review": (review, FORMATS)}, overwrite=overwrite)
    colors = chosen_theme(theme)

    from dcgan.probing.classifier import load_classifier

    loaded = load_classifier(classifier, device)
    data = open_pictures(source, loaded.model)
    with progress_bar("classifying") as bar:
        predictions = loaded.classify(data, on_progress=bar)
    with writing("--out", out):
        predictions.save(out)
    if review is not None:
        from dcgan.figures.labeled_grid import TILE, numbered
        from dcgan.figures.sheets import save_picture
        from dcgan.pixels import strips

        rows = predictions.least_confident(100)
        captions = [f"{predictions.label_names[label]}?" for label in predictions.labels[rows]]
        shown, columns = strips(predictions.pixels_of(rows), data.frames), -(-10 // data.frames)
        save_picture(numbered(shown, captions, colors, columns=columns, tile=data.frames * TILE), review)
    listed = ", ".join(f"{count:,} {name}" for name, count in predictions.counts.items())
    text = f"labeled {counted(len(data), data.noun)} ({listed}): {out}"
    if films := Counter(predictions.film_labels.values()):
        listed = ", ".join(f"{films[name]:,} {name}" for name in predictions.label_names)
        text += f"\nfilms, each by the mean score of its clips: {listed}"
    compared, agreed = predictions.agreement
    if compared:
        known = f"{compared:,} {data.noun}s that came with one of these labels"
        text += f"\n{agreed / compared:.1%} of the {known} got it again"
    facts = {"out": out, "labels": predictions.counts, "skipped": data.skipped, "compared": compared, "agreed": agreed}
    if films:
        facts["films"] = predictions.film_labels
    answer(text, facts, as_json)
