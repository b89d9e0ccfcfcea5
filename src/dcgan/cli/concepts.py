"""`dcgan concepts`: latent vectors for a name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar, warn
from dcgan.cli.outputs import chosen_theme, open_model, writing
from dcgan.cli.seeds import parse_seeds
from dcgan.cli.sources import open_pictures
from dcgan.errors import DcganError, LatentError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcgan.latent.attribute_classifier import Answers, AttributeClassifier
    from dcgan.latent.attributes import Condition
    from dcgan.latent.concepts import Concept
    from dcgan.model import Model
    from dcgan.types import Pixels

Definitions = dict[str, str]

LEARNED = 20_000  # pictures of the source that a classifier learns from, at most
UNSURE = 0.9  # accuracy below which a classifier's word is doubtful
SHOWN = 12  # samples of a concept on its sheet


def concepts(
    model: Path,
    /,
    *definitions: str,
    source: str | None = None,
    axis: Annotated[bool, Parameter(negative="")] = False,
    examples: int = 9,
    pool: int = 5000,
    out: Path = Path("concepts.toml"),
    show: str | None = None,
    sheet: Path | None = None,
    theme: str = "light",
    device: str = "cpu",
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Find the seeds of concepts, for `dcgan arithmetic` and `dcgan turn`.

    Three ways. By hand: look at a numbered sheet (--show), then give seeds. By a classifier: it learns attributes from
    a labeled SOURCE and picks the samples that it is surest of. As an axis (--axis): least squares of the classifier's
    logits on z. A definition is NAME: SEEDS, or NAME: CONDITIONS, where a condition is an attribute or label, with "no"
    before it or =VALUE after it. Definitions are added to the file; what stands in it stays. Without any definition the
    concepts that there are, in the file or else the model's own, are listed.

    For example:

    - `dcgan concepts faces`
    - `dcgan concepts faces --show 0-99 --sheet numbered.png`
    - `dcgan concepts faces "smiling: 3,17,40" --out mine.toml`
    - `dcgan concepts faces "cool: glasses, hat, no beard" --source drawn-faces --out mine.toml --sheet cool.png`
    - `dcgan concepts faces "to-hat: hat" --axis --source drawn-faces --out mine.toml`
    - `dcgan concepts runs/pets "cat: cat" "dog: dog" --source pets/`

    Args:
        model: A run, one of its checkpoints, a model folder, or a model that comes with dcgan: faces.
        definitions: What to find, each "NAME: SEEDS" or "NAME: CONDITIONS".
        source: Labeled pictures to learn attributes from: a folder of folders, a packed set, drawn-faces.
        axis: Find the direction in which the condition's logit rises, in place of samples.
        examples: Samples of each concept.
        pool: Seeds to choose from: 0 to this, less one.
        out: TOML file to make, or to add to.
        show: Seeds to draw on a numbered sheet, such as 0-99.
        sheet: Picture to make of the concepts, or of --show.
        theme: light or dark.
        device: cpu, cuda, cuda:N, mps, or auto; the classifier stays on the CPU.
        as_json: Answer with one line of JSON.
    """
    if show is not None and definitions:
        raise DcganError("--show only draws; give definitions in a call of their own")
    colors = chosen_theme(theme)
    if show is None and not definitions:
        _list(model, out, as_json)
        return
    if show is not None:
        if sheet is None:
            raise DcganError("--show needs --sheet FILE, where to draw")
        seeds = parse_seeds(show)
        if len(seeds) > 10_000:
            raise DcganError(f"--show: {len(seeds):,} pictures are too many for a sheet; show at most 10,000")
        from dcgan.figures.labeled_grid import numbered
        from dcgan.figures.sheets import save_picture

        loaded = open_model(model, device)
        save_picture(numbered(loaded.sample(seeds), [str(seed) for seed in seeds], colors), sheet)
        answer(f"{len(seeds)} samples with their seeds: {sheet}", {"sheet": sheet, "seeds": seeds}, as_json)
        return
    if examples < 1 or pool < examples or pool > 10_000_000:
        raise DcganError(f"--examples must be 1 or more, and --pool that many to 10,000,000; not {examples} and {pool}")
    by_hand, described = _sorted_out(definitions)
    if described and source is None:
        raise DcganError(f"{', '.join(described)}: conditions need --source, labeled pictures to learn them from")
    if source is not None and not described:
        raise DcganError("--source is for definitions by conditions, and there is none")
    if axis and by_hand:
        raise DcganError(f"{', '.join(by_hand)}: an axis is found from conditions, not from seeds; leave --axis out")
    loaded = open_model(model, device)

    from dcgan.figures.labeled_grid import labeled_grid
    from dcgan.figures.sheets import save_picture
    from dcgan.latent.concepts import ENOUGH, add_concepts, concept_of_seeds, read_concepts

    if out.exists():
        known = read_concepts(out, loaded)
        if twice := [name for name in (*by_hand, *described) if name in known]:
            raise LatentError(f"--out {out} has {', '.join(twice)} already; take it out, or choose another name")
    found = [concept_of_seeds(name, parse_seeds(text), loaded) for name, text in by_hand.items()]
    for concept in found:
        if len(set(parse_seeds(by_hand[concept.name]))) < ENOUGH:
            warn(f"{concept.name} has fewer than {ENOUGH} different seeds; sums with it are unstable")
    accuracies: dict[str, float] = {}
    if described and source is not None:
        more, accuracies = _find(loaded, described, source, axis=axis, examples=examples, pool=pool)
        found += more
    with writing("--out", out):
        add_concepts(out, found, loaded)
    if sheet is not None:
        import numpy as np

        pictured = [concept for concept in found if not concept.is_axis]
        if not pictured:
            raise DcganError("--sheet: an axis has no pictures; see `dcgan turn`")
        across = min(SHOWN, min(len(concept.z) for concept in pictured))  # rows of one length
        rows = np.stack([loaded.generate(concept.z[:across]) for concept in pictured])
        save_picture(labeled_grid(rows, colors, rows=[concept.name for concept in pictured]), sheet)
    lines = [
        f"accuracy of the classifier on held-out pictures: {name} {share:.1%}" for name, share in accuracies.items()
    ]
    names = ", ".join(concept.name for concept in found)
    facts = {"out": out, "concepts": {c.name: dict(c.entry) for c in found}, "accuracy": accuracies}
    answer("\n".join([f"added {names}: {out}", *lines]), facts, as_json)


def _sorted_out(definitions: tuple[str, ...]) -> tuple[Definitions, "dict[str, tuple[Condition, ...]]"]:
    """The definitions by seeds, and those by conditions."""
    import re

    from dcgan.latent.attributes import parse_conditions
    from dcgan.latent.formula import NAME

    by_hand: Definitions = {}
    described: dict[str, tuple[Condition, ...]] = {}
    for definition in definitions:
        name, colon, text = (part.strip() for part in definition.partition(":"))
        if not colon or not text or not NAME.fullmatch(name):
            raise DcganError(f'{definition!r} is no definition; write "NAME: 3,17,40" or "NAME: glasses, no hat"')
        if name in by_hand or name in described:
            raise DcganError(f"{name} is defined twice")
        if re.fullmatch(r"[\d\s,-]+", text):
            by_hand[name] = text
        else:
            described[name] = parse_conditions(text)
    return by_hand, described


def _find(
    model: "Model",
    described: "Mapping[str, tuple[Condition, ...]]",
    source: str,
    *,
    axis: bool,
    examples: int,
    pool: int,
) -> "tuple[list[Concept], dict[str, float]]":
    """Concepts by what a classifier says of the pool; and how good it is."""
    import numpy as np

    from dcgan.latent.attributes import answer as ask
    from dcgan.latent.attributes import least_squares_axis, surest
    from dcgan.latent.concepts import concept_of_axis, concept_of_seeds

    questions = list(dict.fromkeys(condition.question for conditions in described.values() for condition in conditions))
    if axis and (many := [name for name, conditions in described.items() if len(conditions) > 1]):
        raise DcganError(f"{', '.join(many)}: an axis is found for one condition at a time")
    data = open_pictures(source, model)
    try:
        answers = ask(data, questions)
    except LatentError as error:
        raise LatentError(f"--source {source}: {error}") from error
    classifier = _classifier(data.pixels[:LEARNED], answers[:LEARNED])
    accuracies = {str(q): round(float(share), 4) for q, share in zip(questions, classifier.accuracy, strict=True)}
    for name, share in accuracies.items():
        if share < UNSURE:
            warn(f"the classifier is right about {name} in {share:.0%} of held-out pictures only; look at the sheet")
    z = model.latents(range(pool))
    with progress_bar("drawing") as bar:
        parts = []
        for start in range(0, pool, 512):
            parts.append(classifier.logits(model.generate(z[start : start + 512])))
            bar(min(start + 512, pool), pool)
    logits = np.concatenate(parts)
    found = []
    for name, conditions in described.items():
        columns = [questions.index(condition.question) for condition in conditions]
        wanted = [condition.wanted for condition in conditions]
        try:
            if axis:
                found.append(concept_of_axis(name, least_squares_axis(z, logits[:, columns[0]], wanted[0])))
            else:
                found.append(concept_of_seeds(name, surest(logits[:, columns], wanted, examples).tolist(), model))
        except ValueError as error:
            raise LatentError(f"{name}: {error}; raise --pool, or ask for less") from error
    return found, accuracies


def _classifier(pixels: "Pixels", answers: "Answers") -> "AttributeClassifier":
    from dcgan.latent.attribute_classifier import train_attributes

    with progress_bar("learning attributes") as bar:
        try:
            return train_attributes(pixels, answers, on_progress=bar)
        except ValueError as error:
            raise LatentError(f"--source: {error}") from error


def _list(model: Path, file: Path, as_json: bool) -> None:
    """Tell what concepts a file has, or else the model's own."""
    from dcgan.latent.concepts import read_concepts
    from dcgan.model import load
    from dcgan.model_folder import OWN_CONCEPTS, find

    own = find(model) / OWN_CONCEPTS
    path = file if file.exists() or not own.is_file() else own
    if not path.exists():
        raise DcganError(f'{model} has no concepts, and there is no {file}; give definitions, as "NAME: 3,17,40"')
    known = read_concepts(path, load(model))
    kinds = {name: "an axis" if concept.is_axis else f"{len(concept.z)} samples" for name, concept in known.items()}
    width = max(map(len, kinds), default=0)
    lines = [f"{name:<{width}}  {kind}" for name, kind in kinds.items()]
    answer("\n".join([*lines, f"in {path}"]), {"file": path, "concepts": kinds}, as_json)
