"""The command line: one thin file a group of verbs. Nothing heavy is imported before the verb that needs it."""

import sys

from cyclopts import App

from dcgan.cli.console import complain
from dcgan.cli.recipe_flags import take_recipe
from dcgan.errors import DcganError

app = App(
    name="dcgan",
    help="Train a deep convolutional GAN on your own pictures, watch it learn, and draw new pictures from it.",
    help_epilogue="A verb's own page has examples that run: `dcgan train --help`.",
    version_flags=["--version"],
    result_action="return_value",
)
app.command("dcgan.cli.demo:demo", help="Train for a few minutes on built-in faces, and end with a sheet of new ones.")
app.command("dcgan.cli.prepare:prepare", help="Turn a source of pictures into a packed set, ready for training.")
app.command(
    "dcgan.cli.train:train",
    help="Train a DCGAN on your own pictures, or go on with a training.",
    config=(take_recipe,),
)
app.command("dcgan.cli.sample:sample", help="Draw new pictures: a sheet, a folder, or arrays.")
app.command("dcgan.cli.train:presets", help="List the named recipes and the size of their nets.")
app.command("dcgan.cli.models:choose", help="Keep a checkpoint of a run for good.")
app.command("dcgan.cli.models:import_authors", help="Turn the weights that DCGAN's authors released into a model.")


def main() -> None:
    """Run one verb. Exit status: 0 done, 1 an error that the message explains, 2 wrong usage, 130 stopped by Ctrl-C."""
    try:
        status = app()
    except DcganError as error:
        complain(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        complain("stopped")
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output (`| head`) has gone
        sys.stderr.close()
        sys.exit(141)
    sys.exit(status if isinstance(status, int) else 0)
