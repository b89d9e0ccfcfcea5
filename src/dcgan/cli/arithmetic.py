"""`dcgan arithmetic`: sums of concepts."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer
from dcgan.cli.flags import need
from dcgan.cli.latent_flags import known_concepts
from dcgan.cli.outputs import Outs, check_outputs, chosen_theme, listed, open_model, write_outputs

AsJson = Annotated[bool, Parameter(name="--json", negative="")]


def arithmetic(
    model: Path,
    formula: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    concepts: Path | None = None,
    out: Outs = None,
    neighbors: int = 8,
    reach: float = 0.25,
    seed: int = 0,
    theme: str = "light",
    device: str = "cpu",
    as_json: AsJson = False,
) -> None:
    """Add and subtract concepts, and draw the sum Y with its neighbors.

    A concept is the mean z of three or more samples, or an axis; `dcgan concepts` finds them. The figure is the
    paper's: samples of each concept above the picture of their mean, Y in the middle of eight z near it, and the same
    sum of pictures, which shows ghosts.

    For example:

    - `dcgan arithmetic faces "glasses - plain + hat" --out sum.png`
    - `dcgan arithmetic faces "long-glasses - long + short" --out sum.png --out sum.npz`
    - `dcgan arithmetic runs/photos "smiling - neutral + 2 * glasses" --concepts concepts.toml`

    Args:
        model: A run, one of its checkpoints, a model folder, or a model that comes with dcgan: faces.
        formula: Names of concepts with + and - (a minus needs spaces around it), and factors: 2 * NAME.
        concepts: TOML file of concepts. Default: the one in the model's folder, if there is one.
        out: A figure (.png, .jpg, .webp) or latent vectors (.npz; Y first); may be given several times. Default:
            arithmetic.png.
        neighbors: How many z near Y to draw.
        reach: They are Y + U(-reach, reach).
        seed: Names the neighbors.
        theme: light or dark.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    from dcgan.latent.formula import parse_formula

    outs = out or [Path("arithmetic.png")]
    check_outputs(outs, films=False)
    colors, terms = chosen_theme(theme), parse_formula(formula)
    need(0 <= neighbors <= 99, "--neighbors", "0 to 99", neighbors)
    need(0 <= reach <= 10, "--reach", "0 to 10", reach)
    need(seed >= 0, "--seed", "0 or more", seed)
    loaded = open_model(model, device)
    known = known_concepts(model, concepts, loaded, [term.name for term in terms])

    from dcgan.figures.arithmetic import draw_sum
    from dcgan.latent.arithmetic import arithmetic as add_up
    from dcgan.latent.files import write_latents

    result = add_up(loaded, terms, known, neighbors=neighbors, reach=reach, seed=seed)
    write_outputs(
        outs,
        figure=lambda: draw_sum(
            [str(term) for term in terms], result.examples, result.means, result.pixels, result.in_pixel_space, colors
        ),
        latents=lambda path: write_latents(path, loaded, result.z, result.pixels),
    )
    written = " ".join(map(str, terms)).removeprefix("+ ")
    facts = {"out": outs, "formula": written, "examples": {c.name: len(c.z) for c in result.concepts if not c.is_axis}}
    answer(f"Y = {written}: {listed(outs)}", facts, as_json)
