"""What the studio finds in its folder, whatever others have put there."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.studio.running import Client, running
from tests.toy_model import toy_model

from dcgan.studio.contents import Contents


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    toy_model().save(tmp_path / "toy")
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[Client]:
    with running(folder) as studio:
        yield Client(studio.address).enter()


def change(card: Path, **values: object) -> None:
    card.write_text(json.dumps({**json.loads(card.read_text()), **values}))


def names(client: Client) -> list[str]:
    models = client.get("/api/state").json["models"]
    assert isinstance(models, list)
    return [model["name"] for model in models]


def test_names_that_are_not_utf_8_are_left_out_and_the_rest_is_shown(client: Client, folder: Path) -> None:
    odd = folder / os.fsdecode(b"caf\xe9")
    odd.mkdir()
    (odd / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    odd.with_suffix(".zip").write_bytes(b"PK\x03\x04")
    answer = client.get("/api/state")
    assert answer.status == 200
    assert "caf" not in str(answer.json["sources"])
    assert names(client) == ["toy", "faces"]


@pytest.mark.parametrize(
    ("values", "listed"),
    [
        ({"images": float("nan")}, True),
        ({"labels": [{"a": float("inf")}]}, True),
        ({"nets": "\ud800"}, False),
        ({"labels": ["\ud800"]}, False),
        ({"architecture": {"size": "16"}}, False),
    ],
)
def test_a_card_of_a_stranger_closes_nothing(
    client: Client, folder: Path, values: dict[str, object], listed: bool
) -> None:
    toy_model().save(folder / "other")
    change(folder / "other" / "model.json", **values)
    assert names(client) == [*(["other"] if listed else []), "toy", "faces"]


def test_a_model_of_nets_of_ones_own_is_told_from_others(folder: Path) -> None:
    card = folder / "toy" / "model.json"
    values = json.loads(card.read_text())
    nets = {name: values["architecture"][name] for name in ("size", "channels", "latent_dim", "latent_distribution")}
    del values["architecture"]
    card.write_text(json.dumps({**values, "nets": "", "interface": nets}))
    assert [model["nets"] for model in Contents(folder).models()] == ["", "dcgan"]


def test_a_refusal_can_be_sent_whatever_it_quotes(client: Client) -> None:
    answer = client.post("/api/runs", source="drawn-faces:5000", size=32, minutes="\ud800")
    assert (answer.status, answer.error[:7]) == (400, "Minutes")
