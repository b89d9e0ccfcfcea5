"""Holes are filled with what fits to the rest, and the rest stays as it is."""

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from tests.latent.test_own_nets import MODEL as OWN_NETS
from tests.toy_model import toy_model

from dcgan.errors import UsageError
from dcgan.latent.blending import Blender
from dcgan.latent.inpaint import VARIANTS, InpaintOptions, context_weights, inpaint
from dcgan.latent.inpainting import Inpainted, Inpainting
from dcgan.latent.masks import named_mask
from dcgan.latent.regions import Region, enlarge
from dcgan.latent.thumbnails import MISSING_COLOR
from dcgan.model import Model
from dcgan.pixels import to_images
from dcgan.types import Mask, Pixels

MODEL = toy_model("uniform")
GRAY, RGBA = (toy_model("uniform", channels=channels) for channels in (1, 4))
QUICK = InpaintOptions(starts=3, steps=40, truncation=None)
CENTER = named_mask("center", 16)
SAMPLES = MODEL.sample(range(4))


def photo(height: int = 40, width: int = 60, channels: int = 3) -> Pixels:
    """Smooth, of any size."""
    y, x = np.mgrid[:height, :width]
    waves = [127 + 120 * np.sin(x / (9 + shift) + y / 13 + shift) for shift in range(channels)]
    return np.stack(waves, axis=2).astype(np.uint8)


def hole(top: int = 12, left: int = 20, side: int = 10, height: int = 40, width: int = 60) -> Mask:
    mask = np.zeros((height, width), bool)
    mask[top : top + side, left : left + side] = True
    return mask


@pytest.fixture(scope="module")
def filled() -> Inpainting:
    return inpaint(MODEL, SAMPLES, [CENTER] * 4, QUICK, answers=2, frames=4)


def fill(picture: Pixels, mask: Mask, model: Model = MODEL, **more: Any) -> Inpainted:
    return inpaint(model, [picture], [mask], QUICK, **more).pictures[0]


def rms(differences: NDArray[np.floating]) -> float:
    return float(np.sqrt((differences**2).mean()))


def test_the_models_own_samples_are_restored(filled: Inpainting) -> None:
    for one, truth in zip(filled.pictures, SAMPLES.astype(float), strict=True):
        by_mean = rms(truth[~CENTER].mean(axis=0) - truth[CENTER])
        for blend in (True, False):
            assert rms(one.filled(blend=blend)[CENTER] - truth[CENTER]) < 0.1 * by_mean


def test_what_is_known_stays_to_the_byte_and_the_hole_is_filled(filled: Inpainting) -> None:
    for one, truth in zip(filled.pictures, SAMPLES, strict=True):
        for pixels in (one.filled(), one.filled(1), one.filled(blend=False)):
            assert pixels.dtype == np.uint8
            assert pixels.shape == (16, 16, 3)
            assert np.array_equal(pixels[~CENTER], truth[~CENTER])
            assert not np.array_equal(pixels[CENTER], truth[CENTER])
        assert np.array_equal(one.picture, truth)


@pytest.mark.parametrize("name", ["half", "random", "pattern"])
def test_every_mask_of_the_paper_is_filled_better_than_by_the_mean(name: Any) -> None:
    masks = [named_mask(name, 16, number=number) for number in range(2)]
    for one, mask, truth in zip(inpaint(MODEL, SAMPLES[:2], masks, QUICK).pictures, masks, SAMPLES, strict=False):
        by_mean = rms(truth[~mask].mean(axis=0) - truth[mask].astype(float))
        assert rms(one.filled()[mask].astype(float) - truth[mask]) < 0.3 * by_mean


def test_what_the_picture_has_in_the_hole_does_not_matter(filled: Inpainting) -> None:
    painted = SAMPLES[2].copy()
    painted[CENTER] = (255, 0, 0)
    assert np.array_equal(fill(painted, CENTER).filled(), filled.pictures[2].filled())


def test_what_is_found_for_a_picture_does_not_depend_on_the_others(filled: Inpainting) -> None:
    alone = fill(SAMPLES[3], CENTER).z[0]  # some processors round a mini-batch of one in another order
    np.testing.assert_allclose(alone, filled.pictures[3].z[0], rtol=0, atol=1e-5)


def test_answers_come_in_the_order_of_their_losses(filled: Inpainting) -> None:
    several = inpaint(MODEL, SAMPLES, [CENTER] * 4, replace(QUICK, starts=6, steps=5), answers=5)
    for one in several.pictures:
        assert one.z.shape == (5, 6)
        assert one.losses.shape == (5,)
        assert (np.diff(one.losses) >= 0).all()
        assert np.array_equal(one.drawn, MODEL.generate(one.z))
    assert filled.pictures[0].drawn.shape == (2, 16, 16, 3)


def test_without_blending_what_is_drawn_is_pasted(filled: Inpainting) -> None:
    one = filled.pictures[1]
    for answer in range(2):
        assert np.array_equal(one.filled(answer, blend=False)[CENTER], one.drawn[answer][CENTER])
    lighter = fill(SAMPLES[0] // 2 + 100, CENTER)  # which the model cannot draw exactly, on any machine
    assert not np.array_equal(lighter.filled()[CENTER], lighter.drawn[0][CENTER])


def test_blending_keeps_the_gradients_of_what_is_drawn_and_joins_the_picture() -> None:
    lighter = SAMPLES[:1] // 2 + 100  # which the model cannot draw
    one = fill(lighter[0], CENTER)

    def seam(pixels: Pixels) -> float:
        """The step over the left edge of the hole."""
        return float(np.abs(pixels[4:12, 4].astype(float) - pixels[4:12, 3]).mean())

    assert seam(one.filled()) < seam(one.filled(blend=False))
    inner = (slice(5, 11), slice(5, 11))
    difference = one.filled()[inner].astype(float) - one.drawn[0][inner]
    assert np.abs(np.diff(difference, axis=0)).max() < np.abs(np.diff(one.drawn[0][inner].astype(float), axis=0)).max()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("blend", [True, False])
@pytest.mark.parametrize(
    ("size", "mask"),
    [
        ((40, 60), hole()),
        ((40, 60), hole(0, 0)),  # in a corner
        ((40, 60), hole(30, 50)),
        ((40, 60), hole(17, 31, 3)),  # smaller than a pixel of the model
        ((60, 40), hole(20, 10, 30, 60, 40)),
        ((12, 9), hole(2, 2, 4, 12, 9)),  # a picture smaller than the model's
    ],
)
def test_a_picture_of_any_size_keeps_it_and_all_that_is_known(
    size: tuple[int, int], mask: Mask, channels: int, blend: bool
) -> None:
    model, picture = GRAY if channels == 1 else MODEL, photo(*size, channels)
    one = inpaint(model, [picture], [mask], replace(QUICK, steps=3)).pictures[0]
    pixels = one.filled(blend=blend)
    assert pixels.shape == picture.shape
    assert np.array_equal(pixels[~mask], picture[~mask])
    assert not np.array_equal(pixels[mask], picture[mask])


@pytest.mark.parametrize("mask", [hole(), hole(0, 0), hole(30, 50), hole(15, 3, 5)])
def test_the_hole_is_blended_as_if_all_of_the_region_were(mask: Mask) -> None:
    picture = photo()
    one = inpaint(MODEL, [picture], [mask], replace(QUICK, steps=1)).pictures[0]
    left, top, side = one.region
    patch = np.zeros(picture.shape, np.float32)
    patch[top : top + side, left : left + side] = enlarge(one.drawn[0], side)
    expected = Blender(mask).blend(picture.astype(np.float32), patch).round().clip(0, 255)
    assert np.abs(one.filled().astype(float) - expected).max() <= 1


def test_pictures_of_different_sizes_are_filled_together() -> None:
    pictures, masks = [photo(), SAMPLES[0], photo(30, 30)], [hole(), CENTER, hole(8, 8, height=30, width=30)]
    several = inpaint(MODEL, pictures, masks, replace(QUICK, steps=5), names=["a", "b", "c"]).pictures
    assert [one.name for one in several] == ["a", "b", "c"]
    assert [one.filled().shape for one in several] == [picture.shape for picture in pictures]


def test_an_enlarged_sample_is_restored() -> None:
    large = np.asarray(Image.fromarray(SAMPLES[0]).resize((64, 64), Image.Resampling.BICUBIC))
    whole = np.concatenate([np.zeros((64, 20, 3), np.uint8), large], axis=1)
    mask = hole(20, 40, 24, 64, 84)
    one = fill(whole, mask, regions=[Region(20, 0, 64)])
    by_mean = rms(large.mean(axis=(0, 1)) - whole[mask].astype(float))
    assert rms(one.filled()[mask].astype(float) - whole[mask]) < 0.3 * by_mean


def test_a_region_is_what_the_model_sees() -> None:
    picture, mask = photo(), hole()
    region = Region(15, 10, 20)
    one = fill(picture, mask, regions=[region])
    assert one.region == region
    elsewhere = picture.copy()
    elsewhere[:, 40:] = 0
    assert np.array_equal(one.z, fill(elsewhere, mask, regions=[region]).z)
    assert one.drawn.shape == (1, 16, 16, 3)
    assert not np.array_equal(one.z, fill(picture, mask).z)
    assert fill(picture, mask, regions=[None]).region == (10, 0, 40)


def test_scattered_missing_pixels_leave_something_to_go_by_when_the_picture_is_shrunk() -> None:
    large = SAMPLES[0].repeat(4, axis=0).repeat(4, axis=1)
    mask = np.random.default_rng(0).random((64, 64)) < 0.5
    assert mask.reshape(16, 4, 16, 4).any(axis=(1, 3)).all()  # every pixel of the model misses some
    one = fill(large, mask)
    assert rms(one.drawn[0].astype(float) - SAMPLES[0]) < 4


def weights_by_hand(missing: NDArray[np.bool_], window: int, far_weight: float) -> NDArray[np.float64]:
    height, width = missing.shape
    weights, reach = np.zeros((height, width)), window // 2
    for y, x in np.ndindex(height, width):
        if missing[y, x]:
            continue
        inside = [
            missing[v, u]
            for v in range(max(0, y - reach), min(height, y + reach + 1))
            for u in range(max(0, x - reach), min(width, x + reach + 1))
        ]
        weights[y, x] = far_weight + sum(inside) / len(inside)
    return weights


@pytest.mark.parametrize("window", [3, 7, 15])
@pytest.mark.parametrize("far_weight", [0, 0.1])
def test_a_known_pixel_weighs_as_much_as_is_missing_around_it(window: int, far_weight: float) -> None:
    masks = [CENTER, named_mask("half", 16), named_mask("pattern", 16)]
    found = context_weights(torch.from_numpy(np.stack(masks)).float(), window, far_weight)
    assert found.shape == (3, 1, 16, 16)
    for weights, mask in zip(found[:, 0].numpy(), masks, strict=True):
        assert weights == pytest.approx(weights_by_hand(mask, window, far_weight), abs=1e-6)


def test_without_a_window_all_known_pixels_weigh_the_same() -> None:
    found = context_weights(torch.from_numpy(CENTER[None]).float(), 0)
    assert np.array_equal(found[0, 0].numpy(), ~CENTER)


def test_a_pixel_that_is_missing_in_part_weighs_less() -> None:
    shares = torch.zeros(1, 5, 5)
    shares[0, 2, 2] = 0.25
    assert context_weights(shares, 3)[0, 0, 2, 2] == pytest.approx(0.75 * 0.25 / 9)


@pytest.mark.parametrize("prior", ["saturating", "nonsaturating"])
def test_the_loss_is_the_weighted_difference_and_lambda_times_the_prior(prior: Any) -> None:
    options = InpaintOptions(starts=1, steps=1, lr=1e-9, truncation=None, prior=prior, prior_weight=0.7)
    one = inpaint(MODEL, SAMPLES[:1], [CENTER], options).pictures[0]
    with torch.no_grad():
        images = MODEL.generator(torch.from_numpy(one.z))
        probability = torch.sigmoid(MODEL.discriminator(images)).item()
    weights = weights_by_hand(CENTER, 7, 0.1)
    target = to_images(torch.from_numpy(SAMPLES[:1]))
    context = float((weights * (images - target).abs().numpy()).sum())
    by_hand = np.log(1 - probability) if prior == "saturating" else -np.log(probability)
    assert one.losses[0] == pytest.approx(context + 0.7 * by_hand, rel=1e-3)


def test_the_prior_draws_the_search_toward_what_the_discriminator_takes_for_real() -> None:
    def logit(weight: float, prior: Any) -> float:
        options = replace(QUICK, prior_weight=weight, prior=prior)
        one = inpaint(MODEL, SAMPLES[:1], [CENTER], options).pictures[0]
        with torch.no_grad():
            return float(MODEL.discriminator(MODEL.generator(torch.from_numpy(one.z))))

    without = logit(0, "saturating")
    assert logit(1000, "saturating") > without
    assert logit(1000, "nonsaturating") > without


def test_without_a_prior_the_discriminator_is_not_asked() -> None:
    silent = replace(MODEL, discriminator=torch.nn.Identity())
    found = inpaint(silent, SAMPLES[:1], [CENTER], replace(QUICK, prior_weight=0))
    assert np.isfinite(found.pictures[0].losses).all()


def test_nets_of_your_own_fill_holes() -> None:
    truth = OWN_NETS.sample([1])
    one = fill(truth[0], CENTER, OWN_NETS)
    assert np.array_equal(one.filled()[~CENTER], truth[0][~CENTER])


def test_every_variant_works() -> None:
    assert VARIANTS.keys() == {"dcgan", "paper", "authors", "bamos"}
    for options in VARIANTS.values():
        one = inpaint(MODEL, SAMPLES[:1], [CENTER], replace(options, steps=2)).pictures[0]
        assert np.isfinite(one.losses).all()
    paper = VARIANTS["paper"]
    assert (paper.starts, paper.steps, paper.window, paper.far_weight, paper.prior_weight, paper.prior) == (
        *(1, 1500, 7, 0, 0.003),
        "saturating",
    )


def test_progress_reaches_its_total() -> None:
    calls: list[tuple[int, int | None]] = []
    inpaint(MODEL, SAMPLES, [CENTER] * 4, QUICK, on_progress=lambda *call: calls.append(call))
    assert calls[-1] == (4 * 3 * 40, 4 * 3 * 40)


def test_a_figure_has_a_line_for_each_picture_and_a_column_for_each_answer(filled: Inpainting) -> None:
    assert filled.pictures[0].thumbnail().panels(blend=True).shape == (5, 128, 128, 3)
    fewer = Inpainting(filled.pictures[:3])
    assert filled.figure().height - fewer.figure().height == pytest.approx(132, abs=4)
    more = inpaint(MODEL, SAMPLES, [CENTER] * 4, replace(QUICK, steps=1), answers=3)
    assert more.figure().width - filled.figure().width == pytest.approx(132, abs=4)
    assert 'src="data:image/png;base64,' in filled._repr_html_()


def test_without_blending_the_figure_has_no_column_of_what_is_blended(filled: Inpainting) -> None:
    assert filled.figure().width - filled.figure(blend=False).width == pytest.approx(132, abs=4)
    with_it, without = (filled.pictures[0].thumbnail().panels(blend=blend) for blend in (True, False))
    assert np.array_equal(without[2], with_it[2])  # drawn
    assert not np.array_equal(without[3], with_it[4])  # the second answer


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_what_is_missing_is_marked_in_the_figure_with_a_color(channels: int) -> None:
    picture = photo(256, 256, channels) // 2
    if channels == 4:
        picture[..., 3] = 255
    mask = hole(64, 64, 64, 256, 256)
    one = fill(picture, mask, regions=[Region(0, 0, 256)])
    original, damaged, *_ = one.thumbnail().panels(blend=True)
    assert (damaged[34:62, 34:62] == MISSING_COLOR).all()
    assert np.array_equal(damaged[:30], original[:30])


def small(pixels: Pixels, region: Region, side: int = 128) -> NDArray[np.float64]:
    left, top, length = region
    part = Image.fromarray(pixels[top : top + length, left : left + length])
    how = Image.Resampling.BOX if length > side else Image.Resampling.BICUBIC
    return np.asarray(part.resize((side, side), how)).astype(float)


@pytest.mark.parametrize("blend", [True, False])
def test_the_figure_shows_about_what_the_filled_picture_has(blend: bool) -> None:
    one = fill(photo(300, 400), hole(70, 110, 120, 300, 400), answers=2)
    panels = one.thumbnail().panels(blend=blend)
    for answer, panel in enumerate(panels[-2:]):
        assert rms(panel - small(one.filled(answer, blend=blend), one.region)) < 3
    assert rms(panels[0] - small(one.picture, one.region)) < 1


def test_a_film_shows_the_regions_with_what_is_drawn_so_far(filled: Inpainting) -> None:
    frames, pasted = list(filled.film(MODEL)), list(filled.film(MODEL, blend=False))
    assert len(frames) == len(pasted) == 4
    assert frames[0].shape == (4, 128, 128, 3)
    for number, one in enumerate(filled.pictures):
        assert np.abs(frames[-1][number] - small(one.filled(), one.region)).max() <= 2
        assert np.array_equal(pasted[-1][number], small(one.filled(blend=False), one.region))
    assert not np.array_equal(frames[0], frames[-1])


def test_without_a_path_there_is_nothing_to_film() -> None:
    with pytest.raises(UsageError, match="nothing to film: the search kept no `frames`; fill the pictures"):
        list(Inpainting((fill(SAMPLES[0], CENTER),)).film(MODEL))


def test_of_a_huge_picture_the_figure_keeps_only_its_size() -> None:
    small_one = fill(photo(1000, 1500), hole(100, 100, 500, 1000, 1500)).thumbnail()
    assert max(small_one.picture.nbytes, small_one.known.nbytes, small_one.missing.nbytes) <= 128 * 128 * 4


@pytest.mark.parametrize("model", [GRAY, MODEL, RGBA], ids=["gray", "RGB", "RGBA"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("blend", [True, False])
def test_a_picture_keeps_its_channels_whatever_the_model_draws(channels: int, model: Model, blend: bool) -> None:
    picture = photo(channels=channels)
    pixels = fill(picture, hole(), model).filled(blend=blend)
    assert pixels.shape == picture.shape
    assert np.array_equal(pixels[~hole()], picture[~hole()])
    assert not np.array_equal(pixels[hole()], picture[hole()])


def test_a_hole_in_a_picture_with_alpha_is_opaque() -> None:
    picture = photo(channels=4)
    pixels = fill(picture, hole()).filled()
    assert (pixels[hole()][:, 3] == 255).all()
    assert np.array_equal(pixels[..., 3][~hole()], picture[..., 3][~hole()])


def test_what_lies_under_transparent_pixels_does_not_matter() -> None:
    picture, mask = photo(channels=4), hole()
    picture[..., 3] = 255
    picture[:, 40:, 3] = 0
    other = picture.copy()
    other[:, 40:, :3] = 0
    assert np.array_equal(fill(picture, mask).z, fill(other, mask).z)


@pytest.mark.parametrize("blend", [True, False])
def test_a_gray_photograph_in_rgb_is_filled_in_gray(blend: bool) -> None:
    gray = photo(channels=1)
    picture = gray.repeat(3, axis=2)
    picture[hole()] = (255, 0, 0)  # what is missing has no say
    one = fill(picture, hole())
    pixels = one.filled(blend=blend)
    assert (pixels == pixels[..., :1]).all()
    assert np.abs(pixels[..., 0].astype(int) - fill(gray, hole()).filled(blend=blend)[..., 0]).max() <= 1
    panels = one.thumbnail().panels(blend=True)[2:]
    assert (panels == panels[..., :1]).all()


def test_a_gray_picture_with_alpha_is_filled_in_gray_with_the_alpha_that_is_drawn() -> None:
    picture = photo(channels=1).repeat(4, axis=2)
    picture[..., 3] = 255
    one = fill(picture, hole(), RGBA)
    pixels, before = one.filled(blend=False)[hole()], replace(one, picture=photo(channels=4)).filled(blend=False)
    assert (pixels[:, :3] == pixels[:, :1]).all()
    assert pixels[:, 3].min() < 250
    assert np.array_equal(pixels[:, 3], before[hole()][:, 3])


def test_a_gray_model_fills_a_picture_in_the_colors_around_the_hole() -> None:
    picture = np.full((40, 60, 3), (200, 100, 50), np.uint8)
    pixels = fill(picture, hole(), GRAY).filled().astype(int)
    around, corner = pixels[11, 20], pixels[12, 20]
    assert np.array_equal(corner - corner[0], around - around[0])  # the same hue, lighter or darker


def test_no_package_beyond_numpy_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "scipy"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert fill(SAMPLES[0], CENTER).filled().shape == (16, 16, 3)


@pytest.mark.parametrize("answer", [-1, 2, 1.0, "0"])
def test_an_answer_that_there_is_not_is_refused(filled: Inpainting, answer: Any) -> None:
    with pytest.raises(UsageError, match=r"`answer` must be .*0 to 1, not"):
        filled.pictures[0].filled(answer)


PICTURE, MASK = SAMPLES[0], CENTER
SEVERAL = "1 picture, but 2 masks, 1 region and 1 name"


@pytest.mark.parametrize(
    ("pictures", "masks", "message"),
    [
        ([PICTURE], [MASK, MASK], SEVERAL),
        ([], [], "0 pictures"),
        ([PICTURE[..., :2]], [MASK], r"0: the picture is uint8 of \(16, 16, 2\), and must be uint8 of \(H, W, 1, 3 or"),
        ([PICTURE[..., 0]], [MASK], r"0: the picture is uint8 of \(16, 16\)"),
        ([PICTURE / 255], [MASK], "0: the picture is float64"),
        ([PICTURE], [MASK[:8]], "0: the picture has 16 x 16 pixels, and the mask 16 x 8"),
        ([PICTURE], [MASK.astype(np.uint8)], "0: the mask is uint8 of"),
        ([PICTURE], [MASK[..., None]], r"0: the mask is bool of \(16, 16, 1\)"),
        ([PICTURE], [MASK & False], "0: the mask says that nothing is missing"),
        ([PICTURE, PICTURE], [MASK, MASK | True], "1: the mask says that everything is missing"),
        ([photo()], [hole(5, 5, 30) | hole(5, 29, 30)], "0: the missing part is 54 x 30 pixels, and no square"),
    ],
)
def test_what_does_not_fit_together_is_refused(pictures: list[Any], masks: list[Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        inpaint(MODEL, pictures, masks, QUICK)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"answers": 0}, "`answers` must be 1 to 3, the number of `starts`, not 0"),
        ({"answers": 4}, "`answers` must be 1 to 3, the number of `starts`, not 4"),
        ({"answers": "2"}, "`answers` must be 1 to 3, the number of `starts`, not '2'"),
        ({"frames": 1}, "`frames` must be 0, or 2 to 10,000"),
        ({"frames": 2.5}, "`frames` must be 0, or 2 to 10,000, not 2.5"),
        ({"regions": [None, None]}, "1 picture, but 1 mask, 2 regions and 1 name"),
        ({"names": ["a", "b"]}, "1 picture, but 1 mask, 1 region and 2 names"),
        ({"regions": [Region(10, 10, 10)], "names": ["me"]}, "me: `region` 10,10,10 .* does not lie within"),
        (
            {"regions": [(0.5, 0, 31)]},
            r"0: `region` must be three whole numbers .*, not \(0.5, 0, 31\)",
        ),
        ({"regions": [(0, 16)]}, "0: `region` must be three whole numbers"),
    ],
)
def test_values_that_do_not_fit_are_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        inpaint(MODEL, [PICTURE], [MASK], QUICK, **more)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"window": 1}, "`window` must be odd, 3 to 999, or 0 for none, not 1"),
        ({"window": 4}, "`window` must be odd"),
        ({"window": -3}, "`window` must be odd"),
        ({"window": 1001}, "`window` must be odd"),
        ({"window": "3"}, "`window` must be odd, 3 to 999, or 0 for none, not '3'"),
        ({"steps": 2.5}, "`steps` must be a whole number, 1 to 100,000, not 2.5"),
        ({"starts": "3"}, "`starts` must be a whole number, 1 to 1,000, not '3'"),
        ({"far_weight": -0.1}, "`far_weight` must be 0 to 1,000,000"),
        ({"prior_weight": float("nan")}, "`prior_weight` must be 0 to 1,000,000"),
        ({"prior": "hinge"}, "`prior` must be saturating or nonsaturating, not 'hinge'"),
        ({"steps": 0}, "`steps` must be 1 to"),
    ],
)
def test_options_out_of_range_are_refused_by_their_names(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        InpaintOptions(**values)
