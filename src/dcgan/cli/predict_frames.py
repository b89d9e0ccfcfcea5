"""`dcgan predict-frames`: what comes next in a video."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dcgan.choices import describe_sources
from dcgan.cli.console import answer, progress_bar, warn
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, ThemeName
from dcgan.cli.outputs import Outs, check_outputs, chosen_theme, listed, open_model, write_outputs
from dcgan.words import counted

FRAMES_HELP = f"Frames in their order: a packed set, {describe_sources(in_python=False)}."


def predict_frames(
    model: ModelPath,
    source: Annotated[str, Parameter(help=FRAMES_HELP)],
    /,
    *,
    steps: int = 8,
    clips: int = 256,
    seed: int = 0,
    out: Outs = None,
    theme: ThemeName = "light",
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Predict the next frames of videos, and compare them with the true ones.

    The model is one of `dcgan train VIDEOS --preset frame-predictor`. It sees the first frames of a clip and predicts
    the next one; to predict further, it sees its own predictions. The answer compares the predicted frames with the
    true ones by PSNR, sharpness and SSIM, beside copies of the last frame that it saw. If no film is long enough for
    that, the model continues the end of each film.

    For example:

    - `dcgan train videos/ --preset frame-predictor --out runs/waves`
    - `dcgan predict-frames runs/waves new-videos/ --out frames.png --out film.gif`
    - `dcgan predict-frames runs/waves new.mp4 --steps 16 --json`

    Args:
        steps: Number of frames to predict for each clip.
        clips: Largest number of clips to measure, chosen at random.
        seed: Seed that chooses the clips.
        out: A figure (.png, .jpg, .webp) or a film (.mp4, .gif) of the first eight clips, or all frames as arrays
            (.npz: before, predicted, true); may be given several times. Default: frames.png.
    """
    outs = out or [Path("frames.png")]
    check_outputs(outs, overwrite=overwrite)
    colors = chosen_theme(theme)

    from dcgan.figures.video import frame_of
    from dcgan.model_pictures import open_frames
    from dcgan.prediction.files import write_frames
    from dcgan.prediction.frames import predict_frames as predict
    from dcgan.prediction.frames import predictor_of

    loaded = open_model(model, device)
    predictor_of(loaded)  # refused before any work, if it is none
    with progress_bar("preparing") as bar:
        frames = open_frames(loaded, source, on_progress=bar)
    if frames.skipped_summary:
        warn(f"{source}: {frames.skipped_summary}")
    with progress_bar("predicting") as bar:
        found = predict(loaded, frames, steps=steps, clips=clips, seed=seed, on_progress=bar)
    if found.too_short:
        warn(f"{source}: {counted(found.too_short, 'film')} left out: too few frames in a row")

    write_outputs(
        outs,
        figure=lambda: found.figure(colors),
        film=lambda: map(frame_of, found.film(colors)),
        latents=lambda path: write_frames(path, found),
        fps=max(1.0, found.fps),
    )
    answer(f"{found}: {listed(outs)}", {"out": outs, **found.facts(), "source": source}, as_json)
