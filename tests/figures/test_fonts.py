"""Names of every language are typeset so that they can be read."""

import pytest
from PIL import ImageFont

from dcgan.figures import fonts
from dcgan.figures.fonts import SMALL, fitted, text_width, typeset


def boxes(text: str) -> list[str]:
    """Letters that are drawn as a box, as what is no letter at all is."""
    line, font = typeset(text, SMALL)
    nothing = bytes(font.getmask("\uffff"))
    return [letter for letter in line if bytes(font.getmask(letter)) == nothing]


def test_lines_that_were_typeset_long_ago_are_forgotten() -> None:
    for number in range(2000):
        typeset(str(number), SMALL)
    assert typeset.cache_info().currsize < 2000


def test_english_is_typeset_in_the_font_that_is_the_same_everywhere() -> None:
    line, font = typeset("a dog, 12 %", SMALL)
    assert line == "a dog, 12 %"
    assert bytes(font.getmask(line)) == bytes(ImageFont.load_default(SMALL).getmask(line))


@pytest.mark.parametrize("name", ["Bär", "forêt", "élan", "gård", "niño"])
@pytest.mark.parametrize("system", [fonts.SYSTEM_FONTS, ()], ids=["fonts of the system", "none"])
def test_letters_with_accents_are_no_boxes(name: str, system: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "SYSTEM_FONTS", system)
    typeset.cache_clear()
    assert not boxes(name)
    typeset.cache_clear()


def test_a_letter_that_no_font_has_leaves_the_others_as_they_are() -> None:
    nowhere = "\U000f0000"
    assert typeset(f"Bär {nowhere}", SMALL).text.removesuffix(nowhere) == typeset("Bär ", SMALL).text


def test_what_no_font_has_is_still_drawn_and_fitted() -> None:
    assert text_width("\U000f0000 x", SMALL) > text_width("x", SMALL)
    assert fitted("\U000f0000" * 20, 60, SMALL).endswith("…")
