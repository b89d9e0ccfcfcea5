"""Models on the Hugging Face Hub: published and downloaded by its real client, from a small Hub on this machine."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import constants
from PIL import Image
from tests.export.hub_server import TOKEN, Hub, hub_server
from tests.test_model_pictures import predictor
from tests.toy_model import toy_model
from tests.training.toys import discs
from torch import nn

import dcgan
from dcgan.cli import app
from dcgan.errors import DcganError, LatentError, ModelError, ModelNotFoundError, UsageError
from dcgan.export.hub import push
from dcgan.hub_cache import HubName, is_hub_name, parse_hub_name
from dcgan.latent.concepts import resolve_concepts
from dcgan.latent.files import write_latents
from dcgan.loading import load
from dcgan.metrics.sides import _is_model
from dcgan.model import Model
from dcgan.model_folder import OWN_CONCEPTS, find
from dcgan.networks.architecture import Interface

# a deprecation within the client itself
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

NOWHERE = "http://127.0.0.1:9"  # nobody listens there


def look_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client look for the Hub at an address; it reads its environment but once."""
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")


@pytest.fixture(scope="module")
def server() -> Iterator[Hub]:
    with hub_server() as server:
        yield server


@pytest.fixture
def hub(server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """An empty Hub, with somebody logged in and nothing in the cache."""
    server.repositories.clear()
    server.objects.clear()
    server.asked.clear()
    server.failing.clear()
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # the storage of the real one alone
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return server


@pytest.fixture
def model(tmp_path: Path) -> Path:
    toy_model().save(tmp_path / "model")
    return tmp_path / "model"


def files_of(hub: Hub, name: str = "me/toy") -> dict[str, bytes]:
    _, files = hub.repositories[name].at("main") or ("", {})
    return files


def readme(hub: Hub, name: str = "me/toy") -> str:
    return files_of(hub, name)["README.md"].decode()


def test_what_was_pushed_makes_the_same_pictures_wherever_it_is_loaded(hub: Hub, model: Path) -> None:
    pushed = push(model, "me/toy", message="first")
    assert pushed.name == "hf://me/toy"
    assert pushed.url == f"{hub.url}/me/toy"
    assert set(files_of(hub)) == {
        *(".gitattributes", "README.md", "model.json", "sheet.png"),
        *("generator.safetensors", "discriminator.safetensors"),
    }
    assert pushed.bytes == sum(map(len, files_of(hub).values())) - len(files_of(hub)[".gitattributes"])
    assert hub.repositories["me/toy"].messages[-1] == "first"
    assert hub.asked["POST /me/toy.git/info/lfs/objects/batch"] == 1
    there = dcgan.load("hf://me/toy")
    assert there.identity == toy_model().identity
    assert np.array_equal(there.sample(range(4)), toy_model().sample(range(4)))


def test_the_name_is_understood_as_text_and_as_a_path() -> None:
    for name in ("hf://me/toy@v1", Path("hf://me/toy@v1")):
        assert is_hub_name(name)
        assert parse_hub_name(name) == HubName("me/toy", "v1")
    assert str(HubName("me/toy", "v1")) == "hf://me/toy@v1"
    assert parse_hub_name("me/toy") == HubName("me/toy")
    assert not is_hub_name("runs/hf")


@pytest.mark.parametrize(
    "name", ["hf://toy", "hf://", "hf://a/b/c", "hf://me/toy@", "hf://me/a b", "hf://me/toy:train"]
)
def test_a_malformed_name_is_refused_with_its_form(name: str) -> None:
    with pytest.raises(ModelNotFoundError, match="write hf://OWNER/NAME"):
        load(name)


def test_without_the_client_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub.constants", None)
    with pytest.raises(ModelError, match=r"hf://me/toy needs the extra: pip install 'dcgan\[hub\]'"):
        load("hf://me/toy")


def test_a_revision_is_that_very_model(hub: Hub, model: Path, tmp_path: Path) -> None:
    first = push(model, "me/toy")
    other = replace(toy_model("uniform"), details={})
    push(other, "me/toy", overwrite=True)
    assert load(f"hf://me/toy@{first.commit}").identity == toy_model().identity
    assert load("hf://me/toy").identity == other.identity


def test_without_a_network_the_cache_is_enough(hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    push(model, "me/toy")
    load("hf://me/toy")
    with monkeypatch.context() as patch:
        patch.setattr(constants, "HF_HUB_OFFLINE", True)
        assert load("hf://me/toy").identity == toy_model().identity
        with pytest.raises(ModelError, match="hf://me/other is not in the Hub's cache yet, and HF_HUB_OFFLINE forbids"):
            load("hf://me/other")
    look_at(NOWHERE, monkeypatch)
    assert load("hf://me/toy").identity == toy_model().identity


def test_a_model_in_the_cache_costs_one_question(hub: Hub, model: Path) -> None:
    push(model, "me/toy")
    load("hf://me/toy")
    hub.asked.clear()
    load("hf://me/toy")
    assert dict(hub.asked) == {"HEAD /me/toy/resolve/main/model.json": 1}


def test_concepts_travel_with_their_model_and_leave_with_it(hub: Hub, model: Path) -> None:
    text = f'model = "{toy_model().identity}"\n[some]\nseeds = [1, 2, 3]\n'
    (model / OWN_CONCEPTS).write_text(text)
    push(model, "me/toy")
    assert (find("hf://me/toy") / OWN_CONCEPTS).read_text() == text
    assert dcgan.arithmetic(load("hf://me/toy"), "some").z.shape[-1] == 6
    push(replace(toy_model("uniform"), folder=model), "me/toy", overwrite=True)
    assert OWN_CONCEPTS not in files_of(hub)


def test_concepts_of_latents_in_a_file_are_published_with_them(hub: Hub, model: Path) -> None:
    z = toy_model().latents([3, 5, 9])
    write_latents(model / "z.npz", toy_model(), z, toy_model().generate(z))
    (model / OWN_CONCEPTS).write_text('[mine]\nlatents = "z.npz"\n')
    assert push(model, "me/toy").concepts
    assert "z.npz" not in files_of(hub)
    published = load("hf://me/toy")
    np.testing.assert_array_equal(resolve_concepts(published, None, ["mine"])["mine"].z, z)


def test_concepts_that_are_damaged_are_told(hub: Hub, model: Path) -> None:
    (model / OWN_CONCEPTS).write_bytes(b"\xff")
    with pytest.raises(LatentError, match=r"concepts\.toml is not valid TOML: .* correct or remove it"):
        push(model, "me/toy")
    assert not hub.repositories


def test_weights_that_were_rounded_to_half_precision_stay_so(hub: Hub, model: Path, tmp_path: Path) -> None:
    exported = dcgan.load(model)
    exported.save(tmp_path / "half", dtype="float16")
    push(model, "me/toy")
    push(tmp_path / "half", "me/half")
    sizes = [len(files_of(hub, name)["generator.safetensors"]) for name in ("me/toy", "me/half")]
    assert sizes[1] < 0.7 * sizes[0]
    assert load("hf://me/half").identity == load(tmp_path / "half").identity


@pytest.fixture
def trained(tmp_path: Path) -> Model:
    """A model that tells where it comes from."""
    details = {
        "recipe": {"size": 16, "lr": 0.1, "device": "cuda:3"},
        "images": 1_000_000,
        "trained_on": {"source": "hf://somebody/pictures:train", "pictures": 4600},
        "start": {"model": "hf://somebody/faces@v2", "identity": "0", "images": 5},
        "kernel_distance": {"mean": 0.0123, "std": 0.0004, "measured": "1000 generated, 1000 real; pixels"},
    }
    return replace(toy_model(), details=details)


def test_the_model_card_tells_what_a_stranger_wants_to_know(hub: Hub, trained: Model) -> None:
    push(trained, "me/toy", license="cc0-1.0")
    text = readme(hub)
    metadata, card = text.split("---\n", 2)[1:]
    assert metadata.splitlines() == [
        *('license: "cc0-1.0"', "library_name: dcgan", "pipeline_tag: unconditional-image-generation"),
        *("tags:", "- dcgan", "- gan", 'base_model: "somebody/faces"', 'datasets: "somebody/pictures"'),
    ]
    for told in (
        "# toy\n",
        "16x16 pixels (color)",
        "(sheet.png)",
        "dcgan sample hf://me/toy --seeds 0-63",
        'dcgan.load("hf://me/toy")',
        "4,600 pictures: `hf://somebody/pictures:train`",
        "began with the weights of `hf://somebody/faces@v2`",
        "| 12.30 ± 0.40 | 1000 generated, 1000 real; pixels |",
        "1,000,000 images seen",
        "| `lr` | 0.1 |",
        "## Intended use and limitations",
    ):
        assert told in card
    assert "cuda:3" not in card
    with Image.open(io.BytesIO(files_of(hub)["sheet.png"])) as sheet:
        assert min(sheet.size) >= 8 * 16


def test_the_card_of_a_model_that_tells_nothing_says_so(hub: Hub) -> None:
    push(replace(toy_model(), details={"untrained": "the generator"}), "me/toy")
    for told in ("Not recorded.", "Not measured yet: `dcgan evaluate hf://me/toy", "None is stated", "**Untrained**"):
        assert told in readme(hub)
    assert "license:" not in readme(hub)
    assert "base_model" not in readme(hub)


def test_the_card_of_an_imported_model_does_not_say_that_dcgan_trained_it(hub: Hub) -> None:
    push(replace(toy_model(), details={"origin": "netG.pth and netD.pth"}), "me/tutorial")
    assert "imported into dcgan." in readme(hub, "me/tutorial")
    assert "Not recorded. The weights were imported: netG.pth and netD.pth." in readme(hub, "me/tutorial")
    assert "trained with dcgan" not in readme(hub, "me/tutorial")


def test_nets_of_your_own_are_published_with_a_card_that_says_so(hub: Hub) -> None:
    generator = nn.Sequential(nn.Linear(4, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16)))
    discriminator = nn.Sequential(nn.Flatten(), nn.Linear(256, 1))
    interface = Interface(size=16, channels=1, latent_dim=4, latent_distribution="normal")
    push(Model(interface, generator, discriminator), "me/own")
    assert "The nets are not dcgan's own" in readme(hub, "me/own")
    with pytest.raises(ModelError, match="hand in nets of the classes"):
        load("hf://me/own")
    empty = nn.Sequential(nn.Linear(4, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16)))
    loaded = load("hf://me/own", generator=empty, discriminator=discriminator)
    assert torch.equal(loaded.generator.state_dict()["0.weight"], generator.state_dict()["0.weight"])


def test_a_model_that_predicts_frames_is_published_without_samples(hub: Hub) -> None:
    push(predictor(recipe={"fps": 5.0}), "me/waves")
    assert "sheet.png" not in files_of(hub, "me/waves")
    card = readme(hub, "me/waves")
    assert "Predicts the next frame of videos from those before it, frames of 16x16 pixels (gray)" in card
    assert "dcgan predict-frames hf://me/waves VIDEOS" in card
    for lost in ("sheet.png", "dcgan sample", "dcgan evaluate", "unconditional-image-generation"):
        assert lost not in card, lost
    loaded = load("hf://me/waves")
    assert (loaded.frames, loaded.fps) == (3, 5)


def test_what_is_there_is_replaced_only_when_asked_for_and_stays_in_the_history(hub: Hub, model: Path) -> None:
    push(model, "me/toy")
    with pytest.raises(ModelError, match=r"holds files already; .* `overwrite`"):
        push(model, "me/toy")
    assert len(hub.repositories["me/toy"].commits) == 2
    push(model, "me/toy", license="mit", overwrite=True)
    assert len(hub.repositories["me/toy"].commits) == 3
    hub.create("me/empty")
    push(model, "me/empty")
    assert "model.json" in files_of(hub, "me/empty")


def test_a_private_model_is_there_for_its_owner_alone(hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert push(model, "me/toy", private=True).private
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(ModelNotFoundError, match=r"no model hf://me/toy, or it is private: .* `hf auth login`"):
        load("hf://me/toy")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert load("hf://me/toy").size == 16


def test_a_public_repository_does_not_become_private_unnoticed(hub: Hub, model: Path) -> None:
    hub.create("me/toy")
    with pytest.raises(UsageError, match="`private`: hf://me/toy is public"):
        push(model, "me/toy", private=True)


def test_who_is_not_logged_in_is_told_before_any_work(hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(ModelError, match="you are not logged in to the Hub: run `hf auth login`"):
        push(model, "me/toy")
    assert not hub.asked


@pytest.mark.parametrize(
    ("repository", "options", "message"),
    [
        ("toy", {}, "names no model: write hf://OWNER/NAME"),
        ("me/toy@v1", {}, "leave @v1 out"),
        ("me/toy", {"license": "MIT License"}, "`license` must be an identifier of the Hub, such as mit"),
        ("me/toy", {"license": "wtfpl-9"}, '"license" must be one of'),
        ("other/toy", {}, "your token does not allow that: .* `hf auth login`"),
    ],
)
def test_a_push_that_cannot_be_is_an_error_that_says_what_to_do(
    hub: Hub, model: Path, repository: str, options: dict[str, str], message: str
) -> None:
    with pytest.raises(DcganError, match=message):
        push(model, repository, license=options.get("license"))
    assert not any("model.json" in files_of(hub, name) for name in hub.repositories)


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "log in anew"), (403, "does not allow that"), (500, "the Hub answers 500, not today; try again later")],
)
def test_an_upload_that_the_hub_refuses_publishes_nothing(hub: Hub, model: Path, status: int, message: str) -> None:
    hub.failing["/commit/"] = status
    with pytest.raises(ModelError, match=message):
        push(model, "me/toy")
    assert "model.json" not in files_of(hub)
    hub.failing.clear()
    push(model, "me/toy")  # the repository that was left is an empty one
    assert "model.json" in files_of(hub)


def test_without_a_network_a_push_says_so(hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look_at(NOWHERE, monkeypatch)
    with pytest.raises(ModelError, match=r"needs the Hub, and http://127\.0\.0\.1:9 cannot be reached"):
        push(model, "me/toy")


def test_what_is_no_model_of_dcgan_or_cannot_be_had_is_told(hub: Hub, model: Path) -> None:
    hub.create("me/text")
    hub.create("me/gated", gated=True)
    push(model, "me/toy")
    for name, message in (
        ("hf://me/nothing", "the Hub has no model hf://me/nothing"),
        ("hf://me/text", r"not a model of dcgan: it has no model\.json"),
        ("hf://me/gated", "is gated: ask for access at http.*/me/gated, then log in"),
        ("hf://me/toy@v9", "the model has no such revision"),
    ):
        with pytest.raises(ModelError, match=message):
            load(name)


def test_a_model_that_was_tampered_with_or_is_incomplete_is_refused(hub: Hub, model: Path) -> None:
    push(model, "me/toy")
    files = files_of(hub)
    weights = bytearray(files["generator.safetensors"])
    weights[-1] ^= 1
    hub.repositories["me/toy"].commit({**files, "generator.safetensors": bytes(weights)}, "tampered")
    hub.objects.update({sha256(content).hexdigest(): content for content in files_of(hub).values()})
    with pytest.raises(ModelError, match="its checksum differs"):
        load("hf://me/toy")
    hub.repositories["me/toy"].commit({"model.json": files["model.json"]}, "lost")
    with pytest.raises(ModelError, match=r"it has no generator\.safetensors"):
        load("hf://me/toy")


def test_a_side_of_an_evaluation_is_a_model_where_the_hub_has_one_and_else_a_data_set(hub: Hub, model: Path) -> None:
    push(model, "me/toy")
    hub.create("me/gated", gated=True)
    assert _is_model("hf://me/toy")
    assert not _is_model("hf://me/pictures")
    assert not _is_model("hf://me/toy:test")
    with pytest.raises(ModelError, match="is gated"):
        _is_model("hf://me/gated")


def test_a_training_that_begins_with_a_model_of_the_hub_keeps_its_name(
    hub: Hub, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    push(toy_model(channels=1), "me/toy")
    recipe = dcgan.Recipe(batch_size=4, steps=2, device="cpu", threads=1).changed(
        {"size": 16, "channels": 1, "base_channels": 8, "latent_dim": 6, "latent_distribution": "normal"}
    )
    run = dcgan.train(discs(), tmp_path / "run", recipe, start_from=Path("hf://me/toy")).run
    assert json.loads((run / "run.json").read_text())["start"]["model"] == "hf://me/toy"


def test_the_verb_tells_where_the_model_is_and_how_to_use_it(
    hub: Hub, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app(["push", str(model), "me/toy", "--private"])
    out = capsys.readouterr().out
    assert f"for you alone: {hub.url}/me/toy" in out
    assert "dcgan sample hf://me/toy --out sheet.png" in out
    app(["push", str(model), "me/toy", "--overwrite", "--message", "again", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["name"] == "hf://me/toy"
    assert facts["commit"] == list(hub.repositories["me/toy"].commits)[-1]
    assert hub.repositories["me/toy"].messages[-1] == "again"


def test_a_stop_publishes_nothing_and_says_so(hub: Hub, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("huggingface_hub.HfApi.create_commit", stopped)
    with pytest.raises(KeyboardInterrupt, match="nothing was published"):
        app(["push", str(model), "me/toy"])


def test_a_process_of_its_own_finds_the_hub_by_its_environment(hub: Hub, model: Path, tmp_path: Path) -> None:
    home = {"HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    environment = {**os.environ, **home, "HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "NO_PROXY": "127.0.0.1"}

    def dcgan(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dcgan", *words]
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert dcgan("push", str(model), "me/toy").returncode == 0
    shutil.rmtree(model)
    sampled = dcgan("sample", "hf://me/toy", "--seeds", "0-3", "--out", "sheet.png")
    assert (sampled.returncode, sampled.stderr) == (0, "")
    assert (tmp_path / "sheet.png").is_file()
