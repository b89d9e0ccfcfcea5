"""`dcgan demo`: from pictures to a trained model in minutes, on built-in faces."""

from pathlib import Path

from dcgan.cli.flags import AsJson

SOURCE = "drawn-faces:10000"


def demo(
    *,
    out: Path = Path("runs/demo"),
    minutes: float = 4.0,
    seed: int | None = None,
    as_json: AsJson = False,
) -> int:
    """Train for a few minutes on built-in faces, and end with a sheet of new ones.

    The faces are drawn as you start (10,000 of them, 32x32, in the CC0 style "pixel-art" of DiceBear). If OUT holds a
    demo already, this command goes on with it.

    For example:

    - `dcgan demo`
    - `dcgan demo --minutes 10 --out runs/faces`

    Args:
        out: Run folder to make, or to go on with.
        minutes: How long to train.
        seed: Seed of the training. Default: 0, or that of the demo to go on with.
    """
    from dcgan.cli.training_output import TrainingProgress, print_result
    from dcgan.training.presets import DRAWINGS
    from dcgan.training.run import resume, train
    from dcgan.training.run_folder import CARD

    changes: dict[str, object] = {"minutes": minutes}
    if seed is not None:
        changes["seed"] = seed
    with TrainingProgress() as progress:
        if (out / CARD).exists():
            result = resume(out, changes, callbacks=[progress], on_progress=progress.preparing)
        else:
            recipe = DRAWINGS.changed({"size": 32, "channels": 3, **changes})
            result = train(SOURCE, out, recipe, callbacks=[progress], on_progress=progress.preparing)
    return print_result(result, as_json)
