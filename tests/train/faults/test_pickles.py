"""No pickle is ever executed: not of a checkpoint, not of a model; and the user is told which."""

import os
import pickle
import shutil
import signal
from pathlib import Path

import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense

from tests.train.faults.runs import FULL, records

STATES = ("optimizer.pt", "scheduler.pt", "rng_state.pth")
FOREIGN = (
    "pytorch_model.bin",
    "training_args.bin",
    "scaler.pt",
    "2_TrainingHead/pytorch_model.bin",
)


class Malice:
    """A pickle that makes a file when it is loaded as pickles are."""

    def __init__(self, made: Path):
        self.made = made

    def __reduce__(self):
        return os.system, (f"touch {self.made}",)


def plant(path: Path, made: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pickle.dumps(Malice(made)))


def test_the_pickle_does_run_where_pickles_are_loaded(tmp_path):
    plant(tmp_path / "bad.pt", tmp_path / "made")
    pickle.loads((tmp_path / "bad.pt").read_bytes())
    assert (tmp_path / "made").exists()


@pytest.fixture(scope="module")
def stopped(server, materials, tmp_path_factory) -> Path:
    """A run that was killed after its checkpoint of step 4."""
    out = tmp_path_factory.mktemp("stopped") / "run"
    done = server("run", *materials, *FULL, "--out", out, plants=("killed_in_step_5",))
    assert done.codes == [-signal.SIGKILL], done.output
    return out


@pytest.fixture
def copy(stopped, tmp_path) -> Path:
    return shutil.copytree(stopped, tmp_path / "run")


@pytest.mark.parametrize("name", STATES + FOREIGN)
def test_a_malicious_pickle_in_a_checkpoint(name, server, copy, tmp_path):
    made, checkpoint = tmp_path / "made", copy / "checkpoints" / "checkpoint-4"
    plant(checkpoint / name, made)
    done = server("run", "--resume", copy)
    assert not made.exists()
    assert done.code == 2
    assert "Traceback" not in done.output
    said = " ".join(done.output.split())
    assert f"Error: the checkpoint '{checkpoint}' is damaged: {name} " in said
    assert said.endswith("Delete that folder; --resume then goes on from checkpoint-2.")
    assert "weights_only" not in said  # PyTorch's own message advises to switch it off


@pytest.mark.slow
def test_what_the_message_says_works(server, copy, tmp_path):
    shutil.rmtree(copy / "checkpoints" / "checkpoint-4")
    done = server("run", "--resume", copy)
    assert done.code == 0, done.output
    assert "Going on after step 2 of 6" in done.output
    assert [r["step"] for r in records(copy) if r["event"] == "step"] == [1, 2, 3, 4, 5, 6]


DAMAGE = {
    "cut short": lambda path: os.truncate(path, path.stat().st_size // 2),
    "emptied": lambda path: os.truncate(path, 0),
    "missing": lambda path: path.unlink(),
}
WHOLE = (*STATES, "model.safetensors", "trainer_state.json", "modules.json")
CASES = [
    pytest.param(how, name, marks=() if name == "optimizer.pt" else pytest.mark.slow)
    for how in DAMAGE for name in WHOLE
]  # fmt: skip


@pytest.mark.parametrize(("how", "name"), CASES)
def test_a_damaged_file_of_a_whole_checkpoint(how, name, server, copy):
    DAMAGE[how](copy / "checkpoints" / "checkpoint-4" / name)
    before = (copy / "metrics.jsonl").read_bytes()
    done = server("run", "--resume", copy)
    assert done.code == 2
    assert "Traceback" not in done.output
    assert f"is damaged: {name} " in " ".join(done.output.split())
    assert (copy / "metrics.jsonl").read_bytes() == before  # the records are still those of step 4


@pytest.mark.slow
@pytest.mark.parametrize("name", WHOLE)
def test_a_damaged_file_of_a_checkpoint_that_is_not_whole(name, server, copy):
    """It was being written when the kill came: nobody looks at it."""
    checkpoint = copy / "checkpoints" / "checkpoint-4"
    (checkpoint / "COMPLETE").unlink()
    os.truncate(checkpoint / name, 1)
    done = server("run", "--resume", copy)
    assert done.code == 0, done.output
    assert "Going on after step 2 of 6" in done.output


def test_a_run_writes_no_pickle_of_its_arguments(stopped):
    written = {path.name for path in stopped.rglob("*") if path.is_file()}
    assert "training_args.bin" not in written
    assert not [name for name in written if name.endswith(".bin")]


@pytest.fixture(scope="module")
def model(server, materials, tmp_path_factory) -> Path:
    """A model with a dense module after its pooling."""
    out = tmp_path_factory.mktemp("model") / "run"
    assert server("run", *materials, *FULL, "--out", out, "--steps", 2).code == 0
    trained = SentenceTransformer(str(out / "model"), device="cpu")
    trained.add_module("2", Dense(16, 16))
    trained.save_pretrained(str(out / "dense"), create_model_card=False)
    return out / "dense"


@pytest.mark.parametrize("place", ["pytorch_model.bin", "2_Dense/pytorch_model.bin"])
def test_a_model_with_pickled_weights_is_refused(place, server, materials, model, tmp_path):
    folder, made = shutil.copytree(model, tmp_path / "model"), tmp_path / "made"
    plant(folder / place, made)
    (folder / place).with_name("model.safetensors").unlink()
    done = server("run", *materials, *FULL, "--out", tmp_path / "run", "--model", folder)
    assert done.code == 2
    assert not made.exists()
    said = " ".join(done.output.split())
    assert f"weights of a module in {place}, a pickle, which is a program and is not read" in said


@pytest.mark.slow
def test_a_pickle_beside_the_weights_is_not_read(server, materials, model, tmp_path):
    folder, made = shutil.copytree(model, tmp_path / "model"), tmp_path / "made"
    for place in ("pytorch_model.bin", "2_Dense/pytorch_model.bin", "training_args.bin"):
        plant(folder / place, made)
    words = ("--out", tmp_path / "run", "--model", folder, "--steps", 2)
    done = server("run", *materials, *FULL, *words)
    assert done.code == 0, done.output
    assert not made.exists()
