"""`dcgan paper-table`: the paper's tables with your own figures beside."""

from inspect import signature
from pathlib import Path
from typing import Literal

from dcgan.cli.console import answer, as_flags, progress_bar, warn
from dcgan.cli.flags import AsJson, Device
from dcgan.cli.outputs import check_files, open_model
from dcgan.cli.probe_flags import RESULTS, Baselines, ValuesOfC, c_values_of, names_of, tell_where_it_goes_on
from dcgan.cli.sources import open_pictures
from dcgan.errors import UsageError


def paper_table(
    table: Literal["table-1", "table-2"],
    model: Path | None = None,
    /,
    *,
    data: str | None = None,
    test: str | None = None,
    out: Path | None = None,
    baselines: Baselines = "none",
    repeats: int = 100,
    C: ValuesOfC = None,
    centroids: int = 1600,
    trials: int = 64,
    trainings: int = 1,
    validation: float = 0.1,
    seed: int = 0,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Print a table of the paper beside your own figures: table-1 (CIFAR-10) or table-2 (SVHN, 1000 labels).

    With MODEL, --data and --test, it first measures what --out does not have yet. Without MODEL it prints what is in
    --out, or the paper's figures alone. Cells that were not measured stay empty.

    For example:

    - `dcgan paper-table table-1`
    - `dcgan paper-table table-1 runs/imagenet --data cifar10/train --test cifar10/test --out t1.json`
    - `dcgan paper-table table-2 svhn --data train_32x32.mat --test test_32x32.mat --baselines supervised`
    - `dcgan paper-table table-1 --out t1.json`

    Args:
        table: table-1 or table-2.
        model: A run, one of its checkpoints, or a model folder.
        data: Labeled pictures of the table's set to learn from.
        test: Labeled pictures of the table's set to score on.
        out: JSON to keep results in as they come, as for `dcgan probe`.
        repeats: Number of random subsets of labels to score.
        centroids: Number of centroids of kmeans, and of each layer of learned-rf.
        trials: Number of trials of the random search for supervised and finetuned.
        trainings: Number of subsets of labels on which the best trial is trained and scored.
        validation: Share of the data that is held out to choose C and the best trial.
        seed: Seed of the splits and of the subsets of labels.
    """
    measuring = {
        "data": data,
        "test": test,
        "baselines": baselines,
        "repeats": repeats,
        "C": C,
        "centroids": centroids,
        "trials": trials,
        "trainings": trainings,
        "validation": validation,
        "seed": seed,
        "device": device,
    }
    defaults = signature(paper_table).parameters
    names, values = names_of(baselines), c_values_of(C)
    if model is not None:
        check_files({"--out": (out, RESULTS)}, overwrite=True)  # it is added to

    from dcgan.features.extract import nets_with_features
    from dcgan.probing.comparison import probe
    from dcgan.probing.paper_tables import TABLES
    from dcgan.probing.results import ProbeResults
    from dcgan.probing.results_file import read_results

    chosen = TABLES[table]
    if model is None:
        if useless := [f"`{name}`" for name, value in measuring.items() if value != defaults[name].default]:
            raise UsageError(f"name a MODEL to measure with, or leave {', '.join(useless)} out")
        results = read_results(out) if out is not None else ProbeResults({})
    else:
        if data is None or test is None:
            raise UsageError("with a MODEL, --data and --test are needed: the pictures to learn from and to score on")
        loaded = open_model(model, device)
        nets_with_features(loaded)  # refused before any work, if it has none
        train, scored = open_pictures(data, loaded), open_pictures(test, loaded)
        with tell_where_it_goes_on(out), progress_bar("probing") as bar:
            results = probe(
                loaded,
                train,
                test=scored,
                baselines=names,
                labels_per_class=chosen.labels_per_class,
                C=values,
                repeats=repeats,
                validation=validation,
                centroids=centroids,
                trials=trials,
                trainings=trainings,
                seed=seed,
                file=out,
                device=device,
                on_progress=bar,
                on_phase=bar.phase,
            )
    for text in (*chosen.warnings(results), *results.warnings()):
        warn(as_flags(text))
    facts = {"table": table, "published": chosen.published(), "results": results.rows()}
    answer(chosen.text(results), facts, as_json)
