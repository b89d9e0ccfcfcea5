"""`dcgan probe`: what a model's features are worth to a classifier, beside baselines."""

from pathlib import Path
from typing import Annotated

from dcgan.cli.console import answer, as_flags, progress_bar, warn
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, Switch, ThemeName
from dcgan.cli.outputs import check_files, chosen_theme, open_model, writing
from dcgan.cli.probe_flags import (
    RESULTS,
    Baselines,
    Grid,
    HorizontalFlip,
    Layers,
    ValuesOfC,
    c_values_of,
    counts_of,
    layers_of,
    names_of,
    tell_where_it_goes_on,
)
from dcgan.cli.sources import open_pictures

CURVES = (".svg",)


def probe(
    model: ModelPath,
    source: str,
    /,
    *,
    test: str | None = None,
    labels_per_class: str = "all",
    baselines: Baselines = "random,pixels",
    out: Path | None = None,
    repeats: int = 100,
    C: ValuesOfC = None,
    layers: Layers = None,
    grid: Grid = 4,
    standardize: Annotated[bool, Switch] = False,
    horizontal_flip: HorizontalFlip = False,
    centroids: int = 1600,
    trials: int = 64,
    trainings: int = 1,
    validation: float = 0.1,
    confusion: Path | None = None,
    curve: Path | None = None,
    seed: int = 0,
    theme: ThemeName = "light",
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Probe the discriminator's features by a linear SVM, as the paper does, beside baselines on the same splits.

    With all labels, a tenth of the pictures is held out to choose C, and the SVM is scored on the test pictures. With a
    number of labels of each class, ten random subsets of labels choose C, and 100 others are scored: mean ± 1.96
    standard deviations. Each baseline has its own C. With a model that predicts frames, a picture is a clip of a
    labeled film, and whole films are held out.

    For example:

    - `dcgan probe runs/photos labeled/ --labels-per-class 10,100,all --curve curve.svg`
    - `dcgan probe faces drawn-faces:2000 --labels-per-class 5,50 --repeats 20 --baselines random,pixels`
    - `dcgan probe runs/waves labeled-videos/ --test other-videos/ --labels-per-class 1,4,16`
    - `dcgan probe runs/imagenet cifar10/train --test cifar10/test --labels-per-class 400 --out p.json`

    Args:
        source: Labeled pictures: a folder of folders, a packed set, drawn-faces.
        test: Labeled pictures to score on. Default: a fifth of the source, or a fifth of its films.
        labels_per_class: Number of labels of each class to learn from, or all; several separated by commas.
        out: JSON to keep results in as they come. Results that it has already are not measured again.
        repeats: Number of random subsets of labels to score.
        standardize: Bring each feature to mean 0 and variance 1; the paper does not do this.
        centroids: Number of centroids of kmeans, and of each layer of learned-rf.
        trials: Number of trials of the random search for supervised and finetuned; the best on the validation pictures
            is scored.
        trainings: Number of subsets of labels on which the best trial is trained and scored.
        validation: Share of the source that is held out to choose C and the best trial.
        confusion: Figure to make of which class was taken for which, by the model's features with the most labels:
            .png, .jpg or .webp.
        curve: Figure to make of accuracy over the number of labels, with bands of ±: .svg.
        seed: Seed of the splits and of the subsets of labels.
        overwrite: Replace --confusion and --curve if they are there already; --out is added to.
    """
    from dcgan.figures.sheets import FORMATS

    counts, values, chosen = counts_of(labels_per_class), c_values_of(C), layers_of(layers)
    check_files({"--out": (out, RESULTS)}, overwrite=True)  # it is added to
    check_files({"--confusion": (confusion, FORMATS), "--curve": (curve, CURVES)}, overwrite=overwrite)
    colors = chosen_theme(theme)

    from dcgan.features.extract import nets_with_features
    from dcgan.probing.comparison import probe as judge

    loaded = open_model(model, device)
    nets_with_features(loaded)  # refused before any work, if it has none
    data = open_pictures(source, loaded)
    with tell_where_it_goes_on(out), progress_bar("probing") as bar:
        results = judge(
            loaded,
            data,
            test=None if test is None else open_pictures(test, loaded),
            baselines=names_of(baselines),
            labels_per_class=counts,
            C=values,
            repeats=repeats,
            validation=validation,
            layers=chosen,
            grid=grid,
            standardize=standardize,
            horizontal_flip=horizontal_flip,
            centroids=centroids,
            trials=trials,
            trainings=trainings,
            seed=seed,
            file=out,
            device=device,
            on_progress=bar,
            on_phase=bar.phase,
        )
    for text in results.warnings():
        warn(as_flags(text))
    lines = [results.text()]
    lines += [f"{what}: {file}" for what, file in (("confusion", confusion), ("learning curve", curve)) if file]
    facts = {"model": model, "source": source, "test": test, "labels": results.label_names}
    answer("\n".join(lines), {**facts, "settings": results.settings, "results": results.rows()}, as_json)
    if confusion is not None:
        from dcgan.figures.confusion import confusion_figure
        from dcgan.figures.sheets import save_picture

        save_picture(confusion_figure(results.most_labels("dcgan").confusion, results.label_names, colors), confusion)
    if curve is not None:
        from dcgan.atomic_files import write_atomic
        from dcgan.figures.curves import page

        with writing("--curve", curve):
            write_atomic(curve, page([results.curve()], colors))
