"""`dcgan train` and `dcgan presets`: the recipe is the flags."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.choices import NETS, PRESETS
from dcgan.cli.console import answer, as_flags, progress_bar, stdout
from dcgan.cli.flags import AsJson, Switch
from dcgan.cli.sources import PICTURES_HELP
from dcgan.errors import UsageError
from dcgan.files import folder_name
from dcgan.training.recipe import Recipe

if TYPE_CHECKING:
    from dcgan.model import Model


def train(
    source: Annotated[str | None, Parameter(help=PICTURES_HELP)] = None,
    /,
    *,
    out: Path | None = None,
    resume: Path | None = None,
    start_from: Annotated[Path | None, Parameter(name="--from")] = None,
    recipe_file: Path | None = None,
    dry_run: Annotated[bool, Switch] = False,
    as_json: AsJson = False,
    recipe: Annotated[Recipe, Parameter(name="*", group="Recipe")] = Recipe(),
) -> int:
    """Train a DCGAN on your own pictures, or go on with a training.

    Ctrl-C saves a checkpoint and prints the command to go on.

    For example:

    - `dcgan train photos/ --out runs/photos`
    - `dcgan train photos.zip --size 32 --minutes 20`
    - `dcgan train birds/ --out runs/birds` (recordings: their spectrograms)
    - `dcgan train digits/ --preset paper-mnist-conditional --images 1000000`
    - `dcgan train packed/ --preset paper-64 --device cuda`
    - `dcgan train few-photos/ --from runs/photos --freeze-discriminator 2`
    - `dcgan train --resume runs/photos`
    - `dcgan train --resume runs/photos --images 2000000`
    - `torchrun --nproc-per-node 4 -m dcgan train packed/ --out runs/photos --batch-size 256`

    Args:
        source: The pictures to learn from.
        out: Run folder to make. Default: runs/NAME-1, runs/NAME-2, ... by the name of the source.
        resume: Run folder to go on with; a new length extends the run.
        start_from: Model to begin with instead of random weights: a run, a model folder, a model that comes with dcgan,
            or hf://OWNER/NAME. The new nets have the same layers.
        recipe_file: TOML file with values of the recipe, such as a run's recipe.toml. Flags override it, and it
            overrides --preset.
        dry_run: Show the pictures, the nets, the recipe and how long it will take here, and train nothing.
        recipe: The hyper-parameters.
    """
    if (source is None) == (resume is None):
        raise UsageError("name either a SOURCE to train on, or --resume RUN to go on with a run")
    if resume is None and out is None and not dry_run and int(os.environ.get("WORLD_SIZE", 1)) > 1:
        raise UsageError("several ranks need --out: each would choose a folder of its own")
    if resume is not None and out is not None:
        raise UsageError("--out does not go with --resume: the run stays in its folder")
    if resume is not None and start_from is not None:
        raise UsageError("--from does not go with --resume: the run has begun")
    if resume is not None and recipe_file is not None:
        raise UsageError("--recipe-file does not go with --resume: give what changes as flags, such as --images")
    if resume is not None and dry_run:
        raise UsageError("--dry-run does not go with --resume; the recipe of a run is in its recipe.toml")

    from dcgan.cli.training_output import TrainingProgress, print_result
    from dcgan.training import run as runs
    from dcgan.training.transfer import check_nets, open_start

    if resume is not None:
        with TrainingProgress() as progress:
            result = runs.resume(resume, recipe.values(), callbacks=[progress], on_progress=progress.preparing)
        return print_result(result, as_json)
    assert source is not None
    start = None if start_from is None else open_start(start_from)
    if start:
        check_nets(start, recipe)  # a flag that says what is the default says it all the same
    if dry_run:
        return _show(source, recipe, start, as_json)
    with TrainingProgress() as progress, nullcontext(out) if out else _next_run(source) as run:
        result = runs.train(
            source,
            run,
            recipe,
            start_from=start_from,
            callbacks=[progress],
            on_progress=progress.preparing,
        )
    return print_result(result, as_json)


def presets(*, as_json: AsJson = False) -> None:
    """List the named recipes and the size of their nets.

    For example:

    - `dcgan presets`
    - `dcgan presets --json`
    """
    from rich.table import Table

    rows = {name: _describe(PRESETS[name]) for name in PRESETS}
    if as_json:
        answer("", rows, as_json=True)
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("preset", no_wrap=True)
    columns = ("size", "batch", "lr", "updates")
    for heading in (*columns, "G", "D"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, facts in rows.items():
        sizes = (f"{int(facts[net]) / 1e6:.1f} M" for net in ("generator", "discriminator"))
        table.add_row(name, *(str(facts.get(fact, "chosen")) for fact in columns), *sizes)
    stdout.print(table)
    stdout.print("\nG and D are the numbers of their parameters; --json has all values.")
    stdout.print("Chosen values depend on the pictures and the machine; --dry-run shows them.")


@contextmanager
def _next_run(source: str) -> Iterator[Path]:
    """Make the first of runs/NAME-1, runs/NAME-2, ... that is not there yet; it goes again if no training begins."""
    parts = [part for part in Path(source.partition(":")[0]).resolve().parts if not set(part) & set("*?[]{}")]
    name, number = folder_name(parts[-1].partition(".")[0] or "run"), 1
    while True:
        try:
            (run := Path("runs") / f"{name}-{number}").mkdir(parents=True)
            break
        except FileExistsError:
            number += 1
    try:
        yield run
    finally:
        with suppress(OSError):  # it holds a run
            run.rmdir()


def _show(source: str, recipe: Recipe, start: "Model | None", as_json: bool) -> int:
    from dcgan.progress import duration
    from dcgan.training.automatic import choose_for
    from dcgan.training.distributed import check_suits, ranks_here, resolve_recipe
    from dcgan.training.lengths import length_of
    from dcgan.training.pictures import describe_data, fit_to, open_data
    from dcgan.training.rate import measure_rate
    from dcgan.training.run import check_recipe
    from dcgan.training.session import refuse_out_of_memory

    ranks = ranks_here()
    check_suits(recipe, ranks)
    if not ranks.leads:
        return 0
    check_recipe(recipe, source, start)
    transferred = start is not None
    with progress_bar("preparing") as bar:
        data = open_data(source, recipe, bar, start)
    choices = choose_for(resolve_recipe(fit_to(recipe, data, transferred=transferred), ranks), data, ranks)
    recipe = choices.recipe
    check_suits(recipe, ranks)
    target = recipe.target_images(len(data))
    facts = {f"{data.noun}s": len(data), **_describe(recipe), "target_images": target}
    lines = [
        f"{key.replace('_', ' ')}: {value:,}" if isinstance(value, int) else f"{key}: {value}"
        for key, value in facts.items()
        if value is not None
    ]
    measured = {}
    if ranks.count == 1:  # one process cannot tell how fast several are together
        with refuse_out_of_memory():
            rate = choices.rate or measure_rate(recipe, data)
        lines.append(f"length: {length_of(recipe, len(data), rate)}")
        lengths = [60 * recipe.minutes] if recipe.minutes else []
        seconds = min([*lengths, *([target / rate] if target else [])])
        measured = {"images_per_second": round(rate, 1), "seconds": round(seconds)}
        lines.append(f"time: about {duration(seconds)} on {recipe.device}, {rate:,.0f} images a second")
    described = describe_data(data, recipe)
    notes = [*(f"chose {one}" for one in choices.chosen), *described]
    lines += ["", *map(as_flags, notes)] if notes else []
    answer(
        "\n".join([*lines, "", recipe.to_toml()]),
        {
            **facts,
            **measured,
            "chosen": choices.facts(),
            "notes": [as_flags(note) for note in described],
            "recipe": dict(recipe.values()),
        },
        as_json,
    )
    return 0


def _describe(recipe: Recipe) -> dict[str, int | str]:
    """The facts that tell recipes apart, with the parameter counts of their nets; the kernels of those with layers.

    What is open is left out; the parameters are then those of the usual nets.
    """
    import torch

    from dcgan.networks.architecture import DiscriminatorArchitecture

    family = NETS[recipe.nets]
    laid_out = recipe.guessed().lay_out()
    with torch.device("meta"):
        nets = {"generator": family.generator(laid_out), "discriminator": family.discriminator(laid_out)}
    counts = {name: sum(parameter.numel() for parameter in net.parameters()) for name, net in nets.items()}
    size = f"{laid_out.size}x{laid_out.size}"
    layers = laid_out.discriminator if isinstance(laid_out, DiscriminatorArchitecture) else ()
    return {
        "nets": recipe.nets,
        "size": size if recipe.size else "any",
        **({} if family.continues else {"z": f"{recipe.latent_distribution} {recipe.latent_dim}"}),
        **({"base_channels": recipe.base_channels} if recipe.base_channels else {}),
        **({"kernel_size": layers[0].kernel_size} if layers else {}),
        **({"batch": recipe.batch_size} if recipe.batch_size else {}),
        "lr": f"{recipe.lr:g}",
        "updates": recipe.updates,
        **counts,
    }
