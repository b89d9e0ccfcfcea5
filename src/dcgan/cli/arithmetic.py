"""`dcgan arithmetic`: sums of concepts."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, ThemeName
from dcgan.cli.latent_flags import warn_of_unstable
from dcgan.cli.outputs import Outs, check_outputs, chosen_theme, listed, open_model, write_outputs


def arithmetic(
    model: ModelPath,
    formula: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    concepts: Path | None = None,
    out: Outs = None,
    variations: int = 8,
    noise: float = 0.25,
    seed: int = 0,
    theme: ThemeName = "light",
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Add and subtract concepts, and generate the sum Y with variations of it.

    A concept is the mean z of three or more samples, or an axis; `dcgan concepts` finds them. The figure is the
    paper's: samples of each concept above the picture of their mean, Y amid eight variations with noise on z, and the
    same sum of pixels, which shows ghosts.

    For example:

    - `dcgan arithmetic faces "glasses - plain + hat" --out sum.png`
    - `dcgan arithmetic faces "long-glasses - long + short" --out sum.png --out sum.npz`
    - `dcgan arithmetic runs/photos "smiling - neutral + 2 * glasses" --concepts concepts.toml`

    Args:
        formula: Names of concepts with + and - (a minus needs spaces around it), and factors: 2 * NAME.
        concepts: TOML file of concepts. Default: the one in the model's folder, if there is one.
        out: A figure (.png, .jpg, .webp) or latent vectors (.npz; Y first); may be given several times. Default:
            arithmetic.png.
        variations: How many z near Y to generate, 0 to 99.
        noise: Variations are Y + U(-noise, noise); 0 to 10.
        seed: Seed of the noise.
    """
    from dcgan.latent.formula import parse_formula

    outs = out or [Path("arithmetic.png")]
    check_outputs(outs, overwrite=overwrite, films=False)
    colors, terms = chosen_theme(theme), parse_formula(formula)
    loaded = open_model(model, device, draws=True)

    from dcgan.latent.arithmetic import arithmetic as add_up
    from dcgan.latent.files import write_latents

    result = add_up(loaded, terms, concepts=concepts, variations=variations, noise=noise, seed=seed)
    warn_of_unstable(result.concepts)
    write_outputs(
        outs,
        figure=lambda: result.figure(colors),
        latents=lambda path: write_latents(path, loaded, result.z, result.pixels),
    )
    examples = {concept.name: len(concept.z) for concept in result.concepts if not concept.is_axis}
    facts = {"out": outs, "formula": result.formula, "examples": examples}
    answer(f"Y = {result.formula}: {listed(outs)}", facts, as_json)
