"""Results print short, whatever arrays they hold."""

from tests.toy_model import toy_model

from dcgan.latent.walk import interpolate


def test_arrays_are_told_by_type_and_shape() -> None:
    shown = repr(interpolate(toy_model(), [1, 2], 5))
    assert shown.startswith("Walk(z=float32 (1, 5, 6), pixels=uint8 (1, 5, 16, 16, 3), labels=")
    assert len(shown) < 200
