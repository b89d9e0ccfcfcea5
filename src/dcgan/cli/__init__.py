"""The command line: one thin file a group of verbs. Nothing heavy is imported before the verb that needs it."""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from cyclopts import App, CycloptsError, Group, UnknownCommandError, UnknownOptionError

import dcgan
from dcgan.cli.arithmetic import arithmetic
from dcgan.cli.classifier import classify, fit_classifier
from dcgan.cli.compare import compare
from dcgan.cli.concepts import concepts
from dcgan.cli.console import Answers, as_flags, fail
from dcgan.cli.dedup import dedup
from dcgan.cli.demo import demo
from dcgan.cli.download import download, find_names
from dcgan.cli.evaluate import evaluate
from dcgan.cli.export import export
from dcgan.cli.extract_features import extract_features
from dcgan.cli.faces import faces
from dcgan.cli.forget import forget
from dcgan.cli.inpaint import inpaint
from dcgan.cli.insert import insert
from dcgan.cli.inspect import inspect
from dcgan.cli.models import import_, keep, push
from dcgan.cli.neighbors import neighbors
from dcgan.cli.paper_table import paper_table
from dcgan.cli.predict_frames import predict_frames
from dcgan.cli.prepare import prepare, split
from dcgan.cli.probe import probe
from dcgan.cli.project import project, train_encoder
from dcgan.cli.recipe_flags import take_recipe, whole_numbers
from dcgan.cli.sample import sample
from dcgan.cli.studio import studio
from dcgan.cli.train import presets, train
from dcgan.cli.turn import turn
from dcgan.cli.walk import walk
from dcgan.errors import DcganError, UsageError

app = App(
    name="dcgan",
    help="Train a deep convolutional GAN on your own pictures, then sample, edit, classify and measure with it.",
    help_epilogue="Each verb's own page has examples that run: `dcgan train --help`.",
    version=lambda: dcgan.__version__,
    version_flags=["--version"],
    help_flags=["--help", "-h"],
    group_commands=Group("About dcgan", sort_key=99),
    result_action="return_value",
    exit_on_error=False,
    print_error=False,
    suppress_keyboard_interrupt=False,
    console=Answers(),
)
VERBS: dict[str, tuple[Callable[..., object], ...]] = {
    "Prepare": (prepare, split, dedup, faces, find_names, download),
    "Train": (demo, presets, train),
    "Sample and explore": (sample, walk, arithmetic, turn, concepts),
    "Look inside and edit": (inspect, forget, insert),
    "Real pictures": (project, train_encoder, inpaint),
    "Videos": (predict_frames,),
    "Classify": (extract_features, probe, paper_table, fit_classifier, classify),
    "Measure": (evaluate, neighbors, compare),
    "Keep and share": (keep, export, import_, push),
    "On a page": (studio,),
}
"""The verbs, by what they are for."""

for number, (title, verbs) in enumerate(VERBS.items()):
    group = Group(title, sort_key=number)
    for verb in verbs:
        config = (whole_numbers, take_recipe) if verb is train else (whole_numbers,)
        app.command(verb, group=group, config=config, help_epilogue="")
app.register_install_completion_command(
    group=app.group_commands, help="Let the shell complete verbs and flags at Tab (bash, zsh, fish)."
)


def main() -> None:
    """Run one verb.

    Exit status: 0 done; 1 the world is not as it should be (a missing file, broken data), which the message explains;
    2 wrong use; 3 a training collapsed; 130 stopped by Ctrl-C; 141 nobody reads the output any more.
    """
    for number in {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}:  # Windows has no hang-up
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup wants it
            signal.signal(number, lambda number, _: sys.exit(128 + number))  # an orderly end, that cleans up
    words = sys.argv[1:]
    try:
        _check_utf8(words)
        status = app(words)
    except BrokenPipeError:  # the reader of our output (`| head`) has gone
        sys.stderr.close()
        sys.exit(141)
    except (CycloptsError, DcganError, OSError, UnicodeEncodeError, MemoryError, KeyboardInterrupt) as error:
        fail(*explain(error, words), as_json="--json" in words)
    code = status if isinstance(status, int) else 0
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:  # threads of gloo, still alive, may abort an orderly exit
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _check_utf8(words: Sequence[str]) -> None:
    """Refuse names of bytes that no text file can hold.

    Raises:
        UsageError: A word has some.
    """
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError as error:
            name = os.fsencode(word).decode(errors="backslashreplace")
            raise UsageError(f"{name} is not valid UTF-8: rename that file or folder") from error


def explain(error: BaseException, words: Sequence[str]) -> tuple[str, int]:
    """The message of an error that ended the command line `words`, and the exit status."""
    match error:
        case UnknownCommandError():
            near = get_close_matches(words[0], app, 1)
            hint = f"did you mean {near[0]}?" if near else "see `dcgan --help`"
            return f"there is no verb {words[0]}; {hint}", 2
        case UnknownOptionError() if flag := _flag_of_prepare(words):
            return f"{words[0]} has no {flag}, but `dcgan prepare` has: prepare a packed set with it, and name that", 2
        case CycloptsError():
            page = " ".join(["dcgan", *(error.command_chain or ())[:1], "--help"])
            return f"{error} See `{page}`.", 2
        case UsageError():
            return as_flags(str(error), names_of_parameters(words)), 2
        case DcganError():
            return as_flags(str(error), names_of_parameters(words)), 1
        case OSError():  # what no room foresaw: a name too long, a device that is full
            return f"{error.filename or 'the answer'}: {error.strerror or error}", 1
        case UnicodeEncodeError():  # of a file or folder that the words of the command line do not name
            return "a file or folder here has a name that is not valid UTF-8: rename it", 1
        case MemoryError():
            return "there is not enough memory for this; ask for fewer or smaller pictures at once", 1
        case _:
            return str(error) or "stopped", 130


def _flag_of_prepare(words: Sequence[str]) -> str | None:
    """A flag of a command line that its verb, which takes a source of pictures, does not have, and `prepare` has."""
    own, theirs = (names_of_parameters(one) for one in (words[:1], ["prepare"]))
    flags = {word.partition("=")[0] for word in words if word.startswith("--")}
    found = flags & set(theirs.values()) - set(own.values())
    return min(found) if found and "source" in own else None


def names_of_parameters(words: Sequence[str]) -> dict[str, str]:
    """What the verb of a command line calls each of its parameters: --layer, SOURCE; none where there is no verb."""
    chain, (*_, command), _ = app.parse_commands(words)
    if not chain:
        return {}
    arguments = command.assemble_argument_collection()
    return {argument.field_info.name: argument.name for argument in arguments if argument.name != "*"}
