"""`dcgan concepts`: latent vectors for a name."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from dcgan.atomic_files import check_writable
from dcgan.cli.console import answer, progress_bar, warn
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, Switch, ThemeName
from dcgan.cli.latent_flags import warn_of_unstable
from dcgan.cli.outputs import check_files, chosen_theme, open_model, writing
from dcgan.cli.seeds import parse_seeds
from dcgan.cli.sources import open_pictures
from dcgan.errors import DcganError, UsageError
from dcgan.words import counted

if TYPE_CHECKING:
    from dcgan.figures.theme import Theme
    from dcgan.latent.concept_search import Definition
    from dcgan.model import Model

MOST_SHOWN = 10_000  # samples on a numbered sheet
EXAMPLES, POOL = 9, 5000  # by default
DEFAULT_FILE = Path("concepts.toml")


def concepts(
    model: ModelPath,
    /,
    *definitions: str,
    source: str | None = None,
    axis: Annotated[bool, Switch] = False,
    examples: int = EXAMPLES,
    pool: int = POOL,
    out: Path | None = None,
    show: str | None = None,
    sheet: Path | None = None,
    theme: ThemeName = "light",
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Find the seeds of concepts, for `dcgan arithmetic` and `dcgan turn`.

    There are three methods. By hand: look at a numbered sheet (--show), then give seeds. By a classifier: it learns
    attributes from labeled pictures (--source), and the samples that it is most confident of are taken. As an axis
    (--axis): least squares of the classifier's logits on z.

    A definition is "NAME: SEEDS" or "NAME: CONDITIONS". A condition is an attribute or label, with "no" before it or
    =VALUE after it. Definitions are added to the file, and what it already holds stays. Without any definition the verb
    lists the concepts of the file, or else those of the model.

    For example:

    - `dcgan concepts faces`
    - `dcgan concepts faces --show 0-99 --sheet numbered.png`
    - `dcgan concepts faces "smiling: 3,17,40" --out mine.toml`
    - `dcgan concepts faces "cool: glasses, hat, no beard" --source drawn-faces --out mine.toml --sheet cool.png`
    - `dcgan concepts faces "to-hat: hat" --axis --source drawn-faces --out mine.toml`
    - `dcgan concepts runs/pets "cat: cat" "dog: dog" --source pets/`

    Args:
        definitions: What to find, each "NAME: SEEDS" or "NAME: CONDITIONS".
        source: Labeled pictures to learn attributes from: a folder of folders, a packed set, drawn-faces.
        axis: Find the direction in which the condition's logit rises, instead of samples.
        examples: Number of samples of each concept.
        pool: How many seeds to choose from, beginning with 0.
        out: TOML file to make, to add to or to list. Default: concepts.toml.
        show: Seeds to put on a numbered sheet, such as 0-99.
        sheet: Picture to make of the concepts, or of --show.
        overwrite: Replace --sheet if it is there already; --out is added to.
    """
    from dcgan.figures.sheets import FORMATS, save_picture

    colors = chosen_theme(theme)
    if show is not None and definitions:
        raise UsageError("--show only makes a sheet; give definitions in another call")
    given = {"--source": source is not None, "--axis": axis, "--examples": examples != EXAMPLES, "--pool": pool != POOL}
    given |= {"--sheet": sheet is not None} if show is None else {"--out": out is not None}
    if not definitions and any(given.values()):
        names = ", ".join(flag for flag, is_given in given.items() if is_given)
        raise UsageError(f"{names} must go with definitions: NAME: SEEDS or NAME: CONDITIONS")
    check_files({"--sheet": (sheet, FORMATS)}, overwrite=overwrite)
    if show is not None:
        _show(model, device, show, sheet, colors, as_json)
        return
    if not definitions:
        _list(model, device, out, as_json)
        return
    by_name, out = _parse(definitions), out or DEFAULT_FILE
    if axis and sheet is not None:
        raise UsageError("--sheet: an axis has no pictures; see what it does with `dcgan turn`")
    loaded = open_model(model, device, draws=True)

    from dcgan.latent.concept_search import check_definitions, find_concepts
    from dcgan.latent.concepts import add_concepts, check_new

    check_definitions(by_name, source is not None, axis=axis, examples=examples, pool=pool)
    idle = {"--examples": examples != EXAMPLES and (axis or source is None), "--pool": pool != POOL and source is None}
    if any(idle.values()):
        names = " and ".join(flag for flag, given in idle.items() if given)
        raise UsageError(
            f"{names} would change nothing: only samples that conditions describe are looked for in a pool"
        )
    check_new(out, by_name, loaded)
    with writing("--out", out):
        check_writable(out)
    data = open_pictures(source, loaded) if source is not None else None
    with progress_bar("finding concepts") as bar:
        found = find_concepts(loaded, data, by_name, axis=axis, examples=examples, pool=pool, on_progress=bar)
    warn_of_unstable(found.values())
    for name in found.doubtful:
        warn(
            f"the classifier gets {name} right on only {found.accuracy[name]:.0%} of held-out pictures; check it with "
            f"{'`dcgan turn`' if axis else '--sheet'}"
        )
    with writing("--out", out):
        add_concepts(out, found.values(), loaded)
    if sheet is not None:
        save_picture(found.figure(colors), sheet)
    lines = [f"added {', '.join(found)}: {out}"]
    lines += [f"accuracy of the classifier on held-out pictures: {name} {a:.1%}" for name, a in found.accuracy.items()]
    entries = {name: dict(concept.entry) for name, concept in found.items()}
    answer("\n".join(lines), {"out": out, "concepts": entries, "accuracy": found.accuracy}, as_json)


def _parse(definitions: tuple[str, ...]) -> "dict[str, Definition]":
    """Definitions by the names of their concepts: seeds as numbers, conditions as text."""
    from dcgan.latent.formula import why_no_name

    by_name: dict[str, Definition] = {}
    for definition in definitions:
        name, _, text = (part.strip() for part in definition.partition(":"))
        if not text:
            raise UsageError(f'{definition!r} is not a definition; write "NAME: 3,17,40" or "NAME: glasses, no hat"')
        if why := why_no_name(name):
            raise UsageError(why)
        if name in by_name:
            raise UsageError(f"{name} is defined twice")
        by_name[name] = parse_seeds(text, f"{name}:") if re.fullmatch(r"[\d\s,-]+", text) else text
    return by_name


def _show(model: Path, device: str, show: str, sheet: Path | None, colors: "Theme", as_json: bool) -> None:
    """Make a sheet of samples with their seeds."""
    if sheet is None:
        raise UsageError("--show needs --sheet FILE, the picture to make")
    seeds = parse_seeds(show, "--show")
    if len(seeds) > MOST_SHOWN:
        raise UsageError(f"--show: {len(seeds):,} pictures are too many for a sheet; show at most {MOST_SHOWN:,}")
    from dcgan.figures.labeled_grid import numbered
    from dcgan.figures.sheets import save_picture

    loaded = open_model(model, device, draws=True)
    save_picture(numbered(loaded.sample(seeds), [str(seed) for seed in seeds], colors), sheet)
    answer(f"{counted(len(seeds), 'sample')} with their seeds: {sheet}", {"sheet": sheet, "seeds": seeds}, as_json)


def _list(model: Path, device: str, file: Path | None, as_json: bool) -> None:
    """List the concepts of a file, by default of the one in this folder if it is of this model, or else its own."""
    from dcgan.latent.concepts import own_concepts, read_concepts, whose

    loaded: Model = open_model(model, device, draws=True)
    here = DEFAULT_FILE.exists() and whose(DEFAULT_FILE) in (None, loaded.identity)
    path = file or (DEFAULT_FILE if here else own_concepts(loaded))
    if path is None:
        raise DcganError(
            f"{model} has no concepts, and there are none of it in {DEFAULT_FILE}; give definitions, such as "
            '"NAME: 3,17,40"'
        )
    known = read_concepts(path, loaded)
    kinds = {
        name: "an axis" if concept.is_axis else counted(len(concept.z), "sample") for name, concept in known.items()
    }
    width = max(map(len, kinds), default=0)
    lines = [f"{name:<{width}}  {kind}" for name, kind in kinds.items()]
    answer("\n".join([*lines, f"in {path}"]), {"file": path, "concepts": kinds}, as_json)
