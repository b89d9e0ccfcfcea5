"""What is done with flags before a verb sees them: they are checked, and a recipe is made up from where it comes from.

That is flags, over a TOML file, over the nets of a model to begin with, over a preset; or over the run to go on with.
"""

from pathlib import Path

from cyclopts import App, ArgumentCollection
from cyclopts.config import Dict

from dcgan.errors import RecipeError, UsageError


def take_recipe(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Fill in the flags that were not given: of the run to resume, or of --recipe-file over --from over --preset."""
    from dcgan.training.lengths import LENGTHS
    from dcgan.training.presets import preset
    from dcgan.training.recipe import read_toml

    given = {argument.name.removeprefix("--").replace("-", "_"): argument for argument in arguments if argument.tokens}

    def value(name: str) -> str | None:
        return given[name].tokens[-1].value if name in given else None

    resumed, start, file, name = value("resume"), value("from"), value("recipe_file"), value("preset")
    if resumed:
        from dcgan.training.run_folder import read_run

        base = read_run(Path(resumed))[0]
    else:
        written = read_toml(Path(file)) if file else {}
        base = preset(name or str(written.get("preset", "default")))
        if start:
            from dcgan.training.transfer import net_settings, open_start

            base = base.changed(net_settings(open_start(Path(start))))
        try:
            base = base.changed(written)
        except RecipeError as error:
            raise RecipeError(
                f"{file}: {str(error).replace('`', '')}"
            ) from error  # as the file calls it, not as a flag
    lengths = LENGTHS if any(length in given for length in LENGTHS) else ()
    values = {key: value for key, value in base.values().items() if value is not None and key not in lengths}
    Dict(values, use_commands_as_keys=False, source=resumed or file or "preset")(app, commands, arguments)


def whole_numbers(_app: App, _commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Refuse 1.5 where a whole number is wanted; the parser itself would round it."""
    for argument in arguments:
        if argument.hint in (int, int | None):
            for token in argument.tokens:
                if "." in token.value and not _is_whole(token.value):
                    raise UsageError(f"{argument.name} must be a whole number, not {token.value}")


def _is_whole(text: str) -> bool:
    try:
        return float(text).is_integer()
    except ValueError:
        return True  # no number at all: the parser says so itself
