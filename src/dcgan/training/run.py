"""A run: the folder of one training. Start it, resume it, extend it, each time in a session of this process."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from dcgan.atomic_files import new_folder
from dcgan.data.cache import source_name
from dcgan.data.joined import is_pattern
from dcgan.data.packed import PackedSet, is_packed_set
from dcgan.data.sources import PictureSource
from dcgan.errors import RecipeError, RunError, UsageError, command
from dcgan.model import Model
from dcgan.training.automatic import choose_for
from dcgan.training.callbacks import Callback, shown_in_notebook
from dcgan.training.checkpoint import list_checkpoints
from dcgan.training.distributed import Ranks, check_suits, joined, resolve_recipe
from dcgan.training.lengths import FOLLOW_LENGTH, LENGTHS
from dcgan.training.pictures import describe_data, fit_to, is_packed, open_data
from dcgan.training.recipe import Recipe
from dcgan.training.recipe_checks import check_all_read, check_follows_preset, check_read
from dcgan.training.run_folder import CARD, read_run, write_run
from dcgan.training.session import TrainingResult, run_session, writing_errors
from dcgan.training.snapshots import build_evaluator
from dcgan.training.state import OwnNets, TrainingState
from dcgan.training.transfer import START, check_nets, describe_start, label_notes, open_start, with_nets_of
from dcgan.types import OnProgress

MAY_CHANGE = (  # values of the recipe of a run that has begun
    *LENGTHS,
    *("evaluate_every", "evaluate_samples", "evaluate_extractor"),
    *("checkpoint_every", "sheet_every", "keep", "on_collapse"),
    *("device", "capture", "sync_batch_norm", "threads"),
)


def train(
    source: PictureSource,
    out: str | Path,
    recipe: Recipe | None = None,
    *,
    start_from: Model | str | Path | None = None,
    generator: nn.Module | None = None,
    discriminator: nn.Module | None = None,
    callbacks: Sequence[Callback] = (),
    on_progress: OnProgress | None = None,
) -> TrainingResult:
    """Train a DCGAN on a source of pictures.

    Args:
        source: Whatever `dcgan.data.cache.open_pictures` takes: a path, an array, a list of pictures, a data set, a
            packed set. What is not packed yet is prepared into the cache first.
        out: The run folder to make; it must not exist yet, or be empty.
        recipe: The hyper-parameters; by default those of the preset `default`.
        start_from: A model to begin with instead of random weights (transfer): a `Model`, or the path or name of one.
            The nets are laid out like its own; a recipe that says otherwise is refused.
        generator: A net of your own instead of the recipe's, from z (N, latent_dim) to images (N, C, H, W) in [-1, 1],
            with the weights to start from. Its class is named in no file: hand it in again to resume and to load.
        discriminator: The same, from images to logits (N,) or (N, 1). Both or neither.
        callbacks: Called after every step, sheet, checkpoint and event. Default: a progress bar in a notebook.
        on_progress: Called with (done, total) while the source is being prepared.

    Raises:
        SourceError, PackedSetError: The source cannot be used.
        ModelError: `start_from` is no model, or broken.
        RecipeError: The recipe does not fit the source, this machine or `start_from`.
        RunError: `out` is taken, the disk is full, memory runs out, or the training cannot be saved.

    Example:
        >>> dcgan.train("pictures/", "runs/first", dcgan.Recipe(size=32, minutes=20))
        >>> dcgan.train("few/", "runs/few", dcgan.Recipe(minutes=20, freeze_discriminator=2), start_from="runs/first")
    """
    run, given, nets = Path(out), Recipe() if recipe is None else recipe, _own_nets(generator, discriminator)
    if not isinstance(given, Recipe):
        raise UsageError(f"`recipe` must be a dcgan.Recipe, such as dcgan.Recipe(size=32), not {type(given).__name__}")
    with shown_in_notebook(callbacks, on_progress) as (callbacks, on_progress), joined(given) as ranks:
        data = ranks.first(lambda: _start(run, source, given, on_progress, ranks, nets, start_from))
        recipe, card = read_run(run)
        data = data or _data_of(run, card, recipe, on_progress)
        return run_session(run, recipe, card, data, callbacks, ranks, nets)


def _start(
    run: Path,
    source: PictureSource,
    given: Recipe,
    on_progress: OnProgress | None,
    ranks: Ranks,
    nets: OwnNets | None,
    start_from: Model | str | Path | None,
) -> PackedSet:
    """Make the folder of a new run, with its recipe and card; return the pictures that it learns from."""
    if run.exists() and (not run.is_dir() or any(run.iterdir())):
        if not (run / CARD).is_file():
            raise RunError(f"{run} exists and is not a run: name another folder with `out`")
        raise RunError(f"{run} exists; resume it with `{command('train', '--resume', run)}`, or name another `out`")
    if isinstance(source, str | Path) and (Path(source) / CARD).is_file():
        go_on = command("train", "--resume", source)
        raise RunError(f"{source} is a run, not a source of pictures; resume it with `{go_on}`")
    if nets and start_from is not None:
        raise UsageError("`start_from` does not go with nets of your own, which bring the weights to begin with")
    check_follows_preset(given)
    model = None if start_from is None else open_start(start_from)
    recipe = resolve_recipe(given if model is None else with_nets_of(model, given), ranks)
    check_recipe(recipe, source, model, own_nets=nets is not None)
    data = open_data(source, recipe, on_progress, model)
    asked = {name: getattr(recipe, name) for name in ("size", "channels") if getattr(recipe, name) is not None}
    recipe = fit_to(recipe, data, transferred=model is not None)
    target = recipe.target_images(len(data))
    TrainingState(recipe, target, nets=nets) if nets else recipe.lay_out()  # so that what does not fit is refused here
    build_evaluator(recipe, data)  # what it needs may be missing
    choices = choose_for(recipe, data, ranks, nets)
    recipe = choices.recipe
    check_suits(recipe, ranks)
    notes = [f"chose {one}" for one in choices.chosen]
    notes += [] if recipe.threads == given.threads else _notes(recipe)
    notes += describe_data(data, recipe)
    notes += [] if model is None else label_notes(model, data.label_names)
    card = {
        "source": source_name(source),
        "from_python": not isinstance(source, str | Path | PackedSet),
        "asked": asked,
        "data": str(data.path.resolve()),
        "fingerprint": data.fingerprint,
        "pictures": len(data),
        "noun": data.noun,
        "own_nets": nets is not None,
        **({} if start_from is None or model is None else {"start": describe_start(start_from, model)}),
        "chosen": choices.facts(),
        "notes": notes,
    }
    with writing_errors(run), new_folder(run) as folder:
        write_run(folder, recipe, card)
        if model:  # so that the run needs nothing but itself
            (folder / START).mkdir()
            model.write_into(folder / START)
    return data


def resume(
    run: str | Path,
    changes: Mapping[str, object] | None = None,
    *,
    generator: nn.Module | None = None,
    discriminator: nn.Module | None = None,
    callbacks: Sequence[Callback] = (),
    on_progress: OnProgress | None = None,
) -> TrainingResult:
    """Go on with a run from its newest whole checkpoint; the weights come out as if it had never stopped.

    Args:
        run: The run folder.
        changes: Values of the recipe to change: a new length extends the run; see `MAY_CHANGE` for what else may.
        generator: A net of your own instead of the recipe's, from z (N, latent_dim) to images (N, C, H, W) in [-1, 1],
            with the weights to start from. Its class is named in no file: hand it in again to resume and to load.
        discriminator: The same, from images to logits (N,) or (N, 1). Both or neither.
        callbacks: Called after every step, sheet, checkpoint and event. Default: a progress bar in a notebook.
        on_progress: Called with (done, total) if the source has to be prepared again.

    Raises:
        RunError: There is no such run, its pictures are gone or have changed, or it has passed the new length.
        UsageError: A value cannot change in a run that has begun.
        RecipeError: A recipe has no value of that name, or it is out of its range.
    """
    run, nets = Path(run), _own_nets(generator, discriminator)
    recipe, card = read_run(run)
    if (nets is not None) != (card.get("own_nets") is True):
        kind = (
            "dcgan's own; leave them out" if nets else "not dcgan's own: hand in nets of the classes that it began with"
        )
        raise RunError(f"the nets of {run} are {kind} (`generator`, `discriminator`)")
    known = recipe.values()
    given = dict(changes or {})
    changes = {name: value for name, value in given.items() if name not in known or known[name] != value}
    if any(name in LENGTHS for name in changes):  # with a new length, those that were given again stay
        changes |= {name: value for name, value in given.items() if name in LENGTHS}
    fixed = [name for name in changes if name in known and name not in MAY_CHANGE]
    if fixed:
        names = ", ".join(f"`{name}`" for name in fixed)
        raise UsageError(f"{names} cannot change in a run that has begun; start a new run")
    recipe = recipe.changed(changes)
    for name in changes:
        check_read(recipe, name)
    if any(name in LENGTHS for name in changes) and all(getattr(recipe, name) is None for name in LENGTHS):
        raise UsageError("a run needs a length: give `images`, `epochs`, `steps`, `minutes` or `about_minutes`")
    with shown_in_notebook(callbacks, on_progress) as (callbacks, on_progress), joined(recipe) as ranks:
        recipe = resolve_recipe(recipe, ranks)
        data, notes = _data_of(run, card, recipe, on_progress), list[str]()
        if recipe.about_minutes is not None:  # the leading rank measures the speed
            choices = ranks.first(lambda: choose_for(recipe, data, ranks, nets))
            notes += [f"chose {one}" for one in choices.chosen] if choices else []
            images = ranks.largest(choices.recipe.images or 0 if choices else 0)[0]
            recipe = replace(recipe, about_minutes=None, images=images)
        seen = max((checkpoint.images for checkpoint in list_checkpoints(run)), default=0)
        target = recipe.target_images(len(data))
        if target is not None and target < seen and any(name in LENGTHS for name in changes):
            raise RunError(
                f"{run} has seen {seen:,} images already; the new length would end it at {target:,}: give a larger one"
            )
        ranks.first(lambda: build_evaluator(recipe, data))  # what it needs may be missing
        if recipe.lr_schedule in FOLLOW_LENGTH and any(name in LENGTHS for name in changes):
            notes += [
                f"the learning rate follows the new length (`lr_schedule` {recipe.lr_schedule}): the result is not "
                "that of a run that had this length from the start"
            ]
        return run_session(run, recipe, card, data, callbacks, ranks, nets, notes, changed=bool(changes))


def check_recipe(recipe: Recipe, source: PictureSource, start: Model | None = None, *, own_nets: bool = False) -> None:
    """Refuse, before pictures are prepared, what would be changed in vain, and nets that cannot be laid out.

    Raises:
        RecipeError: Nothing reads a setting, this kind of nets has no such size, or they are not those of the model to
            begin with.
        UsageError: There is no such preset.
    """
    check_all_read(recipe, own_nets=own_nets)
    if start:
        check_nets(start, recipe)
    elif recipe.freeze_discriminator:
        raise RecipeError(
            "`freeze_discriminator` freezes layers of a model to begin with: name that model with `start_from`, or "
            "leave `freeze_discriminator` out"
        )
    if not own_nets and not is_packed(source):  # of a packed set the size is known soon enough
        recipe.guessed().lay_out()


def _data_of(run: Path, card: Mapping[str, object], recipe: Recipe, on_progress: OnProgress | None) -> PackedSet:
    """The very pictures that the run began with."""
    is_there = is_packed_set(Path(str(card["data"])))
    if card.get("from_python") and not is_there:
        shape = card.get("asked", {"size": recipe.size, "channels": recipe.channels})
        assert isinstance(shape, dict)
        asked = ", ".join(["pictures", *(f"{name}={value}" for name, value in shape.items())])
        raise RunError(
            f"{run} began with pictures from Python ({card['source']}), and their packed set {card['data']} is gone. "
            f"Hand the same pictures to dcgan.open_pictures({asked}), which prepares them there again; then resume"
        )
    source = card["data"] if is_there else card["source"]
    if Path(str(source)).is_absolute() and not Path(str(source)).exists() and not is_pattern(source):
        raise RunError(f"the pictures that {run} began with are gone: bring {source} back, or start a new run")
    start = open_start(run / START) if "start" in card and not is_there else None  # which knows what a clip of sound is
    data = open_data(str(source), recipe, on_progress, start)
    if data.fingerprint != card["fingerprint"]:
        raise RunError(
            f"the pictures in {source} are not those that {run} began with; bring them back, or start a new run"
        )
    return data


def _notes(recipe: Recipe) -> list[str]:
    """What was chosen for this machine that a user may want to know when the run begins."""
    all_threads = torch.get_num_threads()
    if recipe.threads is None or recipe.threads >= all_threads:
        return []
    return [
        f"other programs use the processors: training with {recipe.threads} of {all_threads} threads, because a thread "
        f"that shares a processor slows down the others; `threads` {all_threads} uses all"
    ]


def _own_nets(generator: nn.Module | None, discriminator: nn.Module | None) -> OwnNets | None:
    if generator is None and discriminator is None:
        return None
    if generator is None or discriminator is None:
        raise UsageError("`generator` and `discriminator` of your own go together: give both or neither")
    return generator, discriminator
