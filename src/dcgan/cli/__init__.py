"""The command line: one thin file a group of verbs. Nothing heavy is imported before the verb that needs it."""

import signal
import sys

from cyclopts import App

import dcgan
from dcgan.cli.arithmetic import arithmetic
from dcgan.cli.classifier import classify, fit_classifier
from dcgan.cli.concepts import concepts
from dcgan.cli.console import as_flags, complain
from dcgan.cli.demo import demo
from dcgan.cli.evaluate import evaluate
from dcgan.cli.extract_features import extract_features
from dcgan.cli.forget import forget
from dcgan.cli.insert import insert
from dcgan.cli.inspect import inspect
from dcgan.cli.models import choose, export, import_authors
from dcgan.cli.paper_table import paper_table
from dcgan.cli.prepare import prepare
from dcgan.cli.probe import probe
from dcgan.cli.recipe_flags import take_recipe, whole_numbers
from dcgan.cli.sample import sample
from dcgan.cli.train import presets, train
from dcgan.cli.turn import turn
from dcgan.cli.walk import walk
from dcgan.errors import DcganError, UsageError

app = App(
    name="dcgan",
    help="Train a deep convolutional GAN on your own pictures, watch it learn, and draw new pictures from it.",
    help_epilogue="A verb's own page has examples that run: `dcgan train --help`.",
    version=lambda: dcgan.__version__,
    version_flags=["--version"],
    result_action="return_value",
)
VERBS = (
    *(demo, prepare, presets, sample),
    *(walk, arithmetic, turn, concepts),
    *(inspect, forget, insert),
    *(extract_features, probe, paper_table, fit_classifier, classify),
    *(evaluate,),
    *(choose, export, import_authors),
)
for verb in VERBS:
    app.command(verb, config=(whole_numbers,), help_epilogue="")
app.command(train, config=(whole_numbers, take_recipe), help_epilogue="")


def main() -> None:
    """Run one verb. Exit status: 0 done, 1 an error that the message explains, 2 wrong usage, 130 stopped by Ctrl-C."""
    for number in {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}:  # Windows has no hang-up
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup wants it
            signal.signal(number, lambda number, _: sys.exit(128 + number))  # an orderly end, that cleans up
    try:
        status = app()
    except UsageError as error:
        complain(as_flags(str(error)))
        sys.exit(2)
    except DcganError as error:
        complain(as_flags(str(error)))
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output (`| head`) has gone
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:  # what no room foresaw: a name too long, a device that is full
        complain(f"{error.filename or 'the answer'}: {error.strerror or error}")
        sys.exit(1)
    except MemoryError:
        complain("memory is not enough for this; ask for fewer or smaller pictures at once")
        sys.exit(1)
    except KeyboardInterrupt:
        complain("stopped")
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else 0)
