"""A number that is none stops the run, keeps what there is, and says where it came from."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from derive.sources import find
from tests.train.faults.runs import FULL, records
from train.diagnosis import Diagnosis, in_words, not_finite
from train.measuring.components import Parts

BREAKS = {
    "nan_embeddings": "the embeddings of the positives stopped being finite (rows 5 of 8); the "
    "encoder's weights are finite",
    "zero_embeddings": "the embeddings of the anchors became zero (rows 2, 3 of 8)",
    "nan_weights": "the encoder's weights are not finite any more, 0.model.embeddings.",
    "nan_loss": "the loss became nan on embeddings that are all finite: the objective itself "
    "breaks down here. In float64 every component (GD, W, R) is finite",
    "nan_gradient": "the loss is finite, and its gradient by the anchors is not (rows 0, 1, 2, 3, "
    "4, ... of 8). In float64 every component (GD, W, R) is finite",
    "nan_on_the_way_back": "on the way back through the encoder",
}
FAST = ("nan_loss",)
CASES = [pytest.param(x, marks=() if x in FAST else pytest.mark.slow) for x in BREAKS]


@pytest.mark.parametrize("case", CASES)
def test_the_run_stops_and_says_which(case, server, materials, tmp_path):
    out = tmp_path / "run"
    done = server("run", *materials, *FULL, "--out", out, plants=(case,))
    assert done.code == 1
    said = " ".join(done.output.split())
    assert f"step 4: {BREAKS[case]}" in said or (BREAKS[case] in said and "step 4: " in said)
    assert "Traceback" not in done.output
    assert f"the last checkpoint in '{out / 'checkpoints' / 'checkpoint-2'}'" in said
    found = records(out)[-1]
    assert (found["event"], found["step"]) == ("diverged", 4)
    assert BREAKS[case] in found["reason"]
    assert json.loads((out / "diverged" / "reason.json").read_text())["step"] == 4
    assert weights(out / "diverged" / "model").isfinite().all() == (case != "nan_weights")
    assert goes_on(server, out)


@pytest.mark.slow
def test_of_two_processes_the_one_that_broke_down_is_heard(server, materials, tmp_path):
    """The gradient of both is no number then; neither says that the loss's own was finite."""
    words = (*FULL, "--out", tmp_path / "run")
    plants = ("nan_gradient_in_one",)
    done = server("run", *materials, *words, processes=2, plants=plants)
    assert set(done.codes) == {1}
    said = " ".join(done.output.split())
    assert "step 4: the loss is finite, and its gradient by the anchors is not" in said
    assert said.count("the loss is finite") == 1
    assert "on the way back" not in said


def weights(folder: Path) -> torch.Tensor:
    return torch.cat([x.flatten() for x in load_file(folder / "model.safetensors").values()])


def goes_on(server, out: Path) -> bool:
    """From the last checkpoint, where nothing breaks any more, to the end."""
    done = server("run", "--resume", out)
    assert done.code == 0, done.output
    return "Going on after step 2" in done.output


OWN = '''
from sympy import Rational

from derive.nodes import Log
from derive.notation import cosine, sum_samples
from derive.objective import CROSS, Objective


class Narrow(Objective):
    """No number where the positive is not nearly twice as near as the mean negative."""

    title, source, differentiated, pool = "narrow", "a test", "anchor", CROSS
    reduction = "mean over anchors"

    def terms(self, i, x):
        near = cosine(i, i) - sum_samples(lambda k: cosine(i, k), other_than=i) / 7
        return -Log(Log(near - Rational(19, 10)))
'''


@pytest.mark.slow
def test_an_own_loss_names_its_component(server, materials, tmp_path):
    """And breaks down again where it is resumed: the same message."""
    file = tmp_path / "own.py"
    file.write_text(OWN)
    out = tmp_path / "run"
    words = [*FULL, "--loss", f"{file}:Narrow"]
    done = server("run", *materials, *words, "--out", out)
    assert done.code == 1, done.output
    said = " ".join(done.output.split())
    assert "step 1: the loss became nan on embeddings that are all finite" in said
    assert "it is the weight W (anchors: rows 0, 1, 2, 3, 4, ... of 8) that is not" in said
    again = server("run", "--resume", out)
    assert again.code == 1
    assert "step 1: the loss became nan" in " ".join(again.output.split())


def test_the_component_and_its_anchors():
    generator = torch.Generator().manual_seed(0)
    h, h_prime = (torch.randn(6, 4, generator=generator) for _ in range(2))
    fine = Diagnosis(find("infonce"), {})((h, h_prime))
    assert "every component (GD, W, R) is finite" in fine
    steep = Diagnosis("infonce", {"tau": "1/100000"})((h, h_prime))
    assert "finite" in steep
    three = Diagnosis("infonce", {})((h, h_prime, h_prime))
    assert three == "Its components are not computed with hard negatives."
    assert "one process's share" in Diagnosis("infonce", {}, shared=True)((h, h_prime))


def parts(**changed: torch.Tensor) -> Parts:
    ones = {name: torch.ones(4) for name in ("dissipation", "hardest", "ratio")}
    rows = {name: torch.ones(4, 2) for name in ("push", "pull", "rest")}
    return Parts(signed=False, diagonal=None, **(ones | rows | changed))


NAN = torch.tensor([1.0, float("nan"), 1.0, float("inf")])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"dissipation": NAN}, "the gradient dissipation GD (anchors: rows 1, 3 of 4)"),
        ({"hardest": NAN}, "the weight W (anchors: rows 1, 3 of 4)"),
        ({"ratio": NAN}, "the ratio R (anchors: rows 1, 3 of 4)"),
        ({"push": NAN[:, None].expand(4, 2)}, "the push (anchors: rows 1, 3 of 4)"),
        # no active negative: W and R of these anchors need not exist
        ({"hardest": NAN, "dissipation": torch.tensor([1.0, 0.0, 1.0, 0.0])}, "every component"),
    ],
)
def test_components_that_are_not_finite(changed, said):
    assert said in in_words(not_finite(parts(**changed)))
