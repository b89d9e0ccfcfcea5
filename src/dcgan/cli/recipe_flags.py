"""Where a recipe comes from on the command line: flags, over a TOML file, over a preset or the run to go on with."""

from pathlib import Path

from cyclopts import App, ArgumentCollection
from cyclopts.config import Dict


def take_recipe(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Fill in the flags that were not given: from the run to resume, or from --recipe-file over --preset."""
    from dcgan.training.presets import preset
    from dcgan.training.recipe import LENGTHS, read_toml

    given = {argument.name.removeprefix("--").replace("-", "_"): argument for argument in arguments if argument.tokens}

    def value(name: str) -> str | None:
        return given[name].tokens[-1].value if name in given else None

    resumed, file, name = value("resume"), value("recipe_file"), value("preset")
    if resumed:
        from dcgan.training.run import read_run

        base = read_run(Path(resumed))[0]
    else:
        written = read_toml(Path(file)) if file else {}
        base = preset(name or str(written.get("preset", "default"))).changed(written)
    lengths = LENGTHS if any(length in given for length in LENGTHS) else ()
    values = {key: value for key, value in base.values().items() if value is not None and key not in lengths}
    Dict(values, use_commands_as_keys=False, source=resumed or file or "preset")(app, commands, arguments)
