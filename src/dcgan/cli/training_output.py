"""What verbs that train print: a bar with rate, time left and D(x), then how the session ended and what to do next."""

import os

from dcgan.cli.console import answer, as_flags, harmless, stderr
from dcgan.errors import command
from dcgan.training.callbacks import ProgressBar
from dcgan.training.session import TrainingResult


class TrainingProgress(ProgressBar):
    """The progress bar on the terminal, whose lines cannot drive it."""

    def __init__(self) -> None:
        super().__init__(stderr)

    def print(self, text: str, style: str | None = None) -> None:
        """Print a line above the bar, without control characters."""
        super().print(as_flags(harmless(text)), style)


def print_result(result: TrainingResult, as_json: bool) -> int:
    """Say how a session ended and what to do next; return the exit status."""
    if not result.leads:  # one rank speaks for all
        return 0
    run, images = result.run, f"{result.images:,} images"
    resume = command("train", "--resume", run)
    if "LOCAL_WORLD_SIZE" in os.environ:  # torchrun started us
        resume = f"torchrun --nproc-per-node {os.environ['LOCAL_WORLD_SIZE']} -m {resume}"
    more = command("sample", run, "--out", "sounds.wav" if result.sounds else "sheet.png")
    if result.predicts:
        more = command("predict-frames", run, "VIDEOS", "--out", "film.gif")
    text = {
        "finished": f"finished after {images}: {run}\n"
        f"newest sheet: {result.sheet}\nreport: {run / 'report.html'}\n"
        + (f"best checkpoint: {run / 'best'}, that is {result.best}\n" if result.best else "")
        + f"{'predict' if result.predicts else 'generate'} more: {more}",
        "stopped": f"stopped after {images}; nothing is lost. Go on with: {resume}",
        "collapsed": f"the training went wrong and was stopped after {images}; the last warning says what to do. The "
        f"healthy checkpoints stay in {run / 'checkpoints'}",
    }[result.ending]
    facts = {
        "run": result.run,
        "ending": result.ending,
        "images": result.images,
        "sheet": result.sheet,
        "best": result.best,
        "chosen": dict(result.chosen),
        "resume": None if result.ending == "finished" else resume,
    }
    answer(text, facts, as_json)
    if result.ending == "stopped" and result.stopped_by is not None:
        return 128 + result.stopped_by
    return {"finished": 0, "stopped": 0, "collapsed": 3}[result.ending]
