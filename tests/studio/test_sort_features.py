"""What a sorting's process makes of its pictures."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.toy_model import toy_model

from dcgan.sound.spectrogram import SoundFormat
from dcgan.studio.seen_pictures import SeenPictures, looking_model
from dcgan.studio.sort_features import Looking, look

SOUND = SoundFormat(rate=8000, seconds=0.128)


def test_recordings_are_sorted_by_a_model_of_sounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "tones").mkdir()
    (tmp_path / "sorted").mkdir()
    for number in range(12):
        tone = np.sin(2 * np.pi * (300 + 100 * number) * np.arange(SOUND.samples(16)) / SOUND.rate) / 2
        soundfile.write(tmp_path / "tones" / f"{number:02}.wav", tone, SOUND.rate)
    model = toy_model(channels=1)
    replace(model, details={"sound": asdict(SOUND)}).save(tmp_path / "voice")
    asked = json.loads(json.dumps(asdict(looking_model(tmp_path / "voice"))))  # as the studio tells its process
    said: list[object] = []
    packed = look(
        Looking.from_json(asked),
        str(tmp_path / "tones"),
        tmp_path / "sorted",
        "cpu",
        again=False,
        horizontal_flip=False,
        on_progress=lambda **facts: said.append(facts["phase"]),
    )
    assert (packed.sound, len(packed)) == (SOUND, 12)
    assert set(said) == {"pictures", "features"}
    assert len(SeenPictures.open(tmp_path / "sorted", packed.path).features) == 12
