"""`dcgan paper`: the paper's tables with your own figures beside."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from dcgan.cli.console import answer, warn
from dcgan.cli.outputs import check_files
from dcgan.cli.probe import RESULTS, gather_results, open_labeled, probing_of, ways_of
from dcgan.errors import DcganError

if TYPE_CHECKING:
    from dcgan.probing.paper_tables import PaperTable
    from dcgan.probing.results import Results

CLASSES = 10  # of CIFAR-10, and of SVHN


def paper(
    table: Literal["table-1", "table-2"],
    model: Path | None = None,
    /,
    *,
    data: str | None = None,
    test: str | None = None,
    out: Path | None = None,
    against: str | None = None,
    draws: int = 100,
    penalties: str | None = None,
    centroids: int = 1600,
    trials: int = 64,
    trainings: int = 1,
    validation: float = 0.1,
    seed: int = 0,
    device: str = "cpu",
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Print a table of the paper with your own figures beside: table-1 (CIFAR-10) or table-2 (SVHN, 1000 labels).

    With MODEL, --data and --test it measures first what --out does not have yet. Without a model it prints what is in
    --out, or the paper's figures alone. What was not measured stays empty.

    For example:

    - `dcgan paper table-1`
    - `dcgan paper table-1 runs/imagenet --data cifar10/train --test cifar10/test --against kmeans,random --out t1.json`
    - `dcgan paper table-2 svhn --data train_32x32.mat --test test_32x32.mat --against supervised`
    - `dcgan paper table-1 --out t1.json`

    Args:
        table: table-1 or table-2.
        model: A run, one of its checkpoints, or a model folder.
        data: The labeled pictures of the table's set to learn from.
        test: Those to score on.
        out: JSON to keep results in as they come, as for `dcgan probe`.
        against: Other ways, as for `dcgan probe`. Default: none.
        draws: Draws to score for each number of labels.
        penalties: Values of C to choose from, with commas. Default: those of the released code, 1e-4 to 1e-2.
        centroids: Of kmeans, and of each layer of learned-rf.
        trials: Of the random search for supervised and finetuned.
        trainings: Draws that the best trial is trained on and scored.
        validation: Share of the data that only chooses.
        seed: Names splits and draws.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    if model is not None:
        check_files({"--out": (out, RESULTS)})

    from dcgan.probing.paper_tables import TABLES
    from dcgan.probing.results import Results, read_results

    chosen = TABLES[table]
    if model is None:
        if data is not None or test is not None or against is not None:
            raise DcganError("name a MODEL to measure --data with, or leave --data, --test and --against out")
        results = read_results(out) if out is not None else Results({})
    else:
        if data is None or test is None:
            raise DcganError("with a MODEL, --data and --test are needed: the pictures to learn from and to score on")
        names = ways_of(against or "")
        probing = probing_of(chosen.counts, draws, penalties, trials, trainings, validation)
        wanted, tested = open_labeled(model, data, test, centroids=centroids, seed=seed, device=device)
        results = gather_results(names, wanted, tested, probing, data, out)
    _check_results(chosen, results)
    answer(_beside(chosen, results), {"table": table, "results": results.rows()}, as_json)


def _check_results(table: "PaperTable", results: "Results") -> None:
    """Say so where the results cannot be of the table's set, or none of them belongs into it."""
    names = results.about.get("labels")
    if isinstance(names, list) and len(names) != CLASSES:
        warn(f"these results are of {len(names)} classes, {', '.join(names[:CLASSES])}: not of the table's set")
    if results.probed and not any(cell for _, *cells in table.lines(results) for cell in cells[1::2]):
        warn("none of these results was measured with the labels that the table wants")


def _beside(table: "PaperTable", results: "Results") -> str:
    """The table for people: two figures a column, the paper's and ours."""
    lines = [(table.title, *(text for column in table.columns for text in (f"{column.head}: paper", "ours")))]
    lines += table.lines(results)
    first = max(len(line[0]) for line in lines) + 2
    width = max(len(cell) for line in lines for cell in line[1:]) + 2
    return "\n".join(
        f"{line[0]:<{first}}" + "".join(f"{cell:>{width}}" for cell in line[1:]).rstrip() for line in lines
    )
