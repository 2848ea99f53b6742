"""The benchmark's own parts; nothing is measured, and no peer is needed."""

import re
import time
from typing import Any

import pytest
import torch

from benchmarks import (
    agreement,
    batches,
    candidates,
    floors,
    page,
    plots,
    results_page,
    store,
    targets,
    timing,
)
from benchmarks.peers import CASES
from derive.errors import InputError
from derive.nodes import H_PRIME, Component, H, Inner
from derive.objective import definitions_in
from derive.objectives import load, names
from derive.torch import objective

GRAMS = {(H, H_PRIME): "H H'ᵀ", (H, H): "H Hᵀ", (H_PRIME, H_PRIME): "H' H'ᵀ"}


def test_every_loss_has_its_products():
    assert set(floors.FLOORS) == set(names())
    for row, (_, floor) in targets.rows().items():
        assert floor.kind in floors.TARGETS, row
        assert floor.reason, row


def expressions(name):
    formula = load(name).formula()
    return [formula, *(x.body for x in definitions_in(formula))]


def cosines_of(name):
    """The blocks of cosines over two different samples that the formula holds."""
    found = set()
    for inner in (x for e in expressions(name) for x in e.atoms(Inner)):
        v, i, w, j = inner.args
        if i != j:
            found.add(GRAMS.get((v, w), GRAMS.get((w, v), f"{v} {w}")))
    return found


@pytest.mark.parametrize("name", names())
def test_the_products_are_those_of_the_formula(name):
    features = any(e.atoms(Component) for e in expressions(name)) or name == "vicreg_gd"
    if features:
        return  # components, or centred embeddings: its routes are not blocks of cosines
    (route,) = floors.FLOORS[name].routes
    taken = set(route) & set(GRAMS.values())
    # mbarlow and the like push along h_k by weights that are no function of h_i·h_k.
    linear = {"H Hᵀ"} if floors.FLOORS[name] is floors.FLOORS["mbarlow"] else set()
    assert taken | linear == cosines_of(name)


@pytest.mark.parametrize("row", targets.rows())
def test_the_bare_products_run(row):
    name, floor = targets.rows()[row]
    for n, d in ((6, 4), (4, 6)):
        floors.bare(floor, *batches.batch_of(load(name), n, d))()


def test_the_cheaper_route_is_taken():
    vicreg = floors.FLOORS["vicreg"]
    assert vicreg.route(100, 10)[0] == "Hᵀ H"
    assert vicreg.route(10, 100)[0] == "H Hᵀ"
    assert floors.multiplications(("H H'ᵀ", "A H'"), 5, 3) == 2 * 5 * 5 * 3
    assert floors.multiplications(("Hᵀ H'", "H' Cᵀ"), 5, 3) == 2 * 5 * 3 * 3


def test_open_and_shut_gates_are_what_they_are_called():
    for active, share in ((1.0, 1.0), (0.25, 0.25)):
        h, h_prime = batches.unit(512, 768, active)
        h.requires_grad_()
        objective("mpt")(h, h_prime).backward()
        assert (h.grad.abs().sum(1) > 0).float().mean() == share


def test_steps_take_turns_and_the_first_call_does_not_count():
    calls = []
    times = timing.interleaved({x: lambda x=x: calls.append(x) for x in "ab"}, repeats=2)
    assert calls == ["a", "b", "a", "b", "a", "b"]
    assert [len(x) for x in times.values()] == [2, 2]


def test_a_slow_step_is_timed_once(monkeypatch):
    monkeypatch.setattr(timing, "SLOW", 0.005)
    times = timing.interleaved({"slow": lambda: time.sleep(0.01), "fast": lambda: None}, repeats=3)
    assert [len(x) for x in times.values()] == [1, 3]


def test_a_training_step_gives_both_gradients_anew():
    seen = []

    def loss(h, h_prime):
        seen.append((h, h_prime))
        return (h * h_prime).sum()

    step = timing.training_step(loss, torch.ones(2, 3), torch.full((2, 3), 2.0))
    step()
    step()
    h, h_prime = seen[-1]
    assert (h.grad == 2).all()
    assert (h_prime.grad == 1).all()


def test_another_loss_is_told_from_the_same():
    h, h_prime = candidates.batch("infonce", 16, 8, torch.float64)
    ours = candidates.build("infonce", candidates.OURS, 16, 8)
    same = candidates.build("infonce", candidates.AUTOGRAD, 16, 8)
    bound = agreement.BOUNDS[torch.float64]
    assert agreement.difference(same, ours, h, h_prime) < bound
    other = candidates.build("infonce_symmetric", candidates.OURS, 16, 8)
    assert agreement.difference(other, ours, h, h_prime) > bound


@pytest.mark.parametrize("case", CASES)
def test_our_side_of_a_case_is_the_loss_of_its_oracle(case):
    found = agreement.check(case, candidates.AUTOGRAD)
    assert found.get("same"), found


def results(folder):
    """A small file of results: two losses, one case, three runs."""
    kept = store.Results(folder / "results.json", features=8)
    for row, slow in (("infonce", 1.1), ("mhe", 2.0), (next(iter(targets.SPARSE)), 0.6)):
        kept.cells[f"targets/{row}/2048"] = {"loss": [slow, slow, 3.0], "products": [1.0] * 3}
    for who in ("info-nce-pytorch", "autograd"):
        kept.cells[f"agreement/infonce/{who}"] = {"float64": 1e-15, "float32": 1e-7, "same": True}
    kept.cells["agreement/infonce/torch.compile"] = {"failed": "no C++ compiler"}
    for n in (256, 512):
        for run in (1, 2, 3):
            ours, theirs = [0.1, 0.1], [0.2, 0.2] if run < 3 else [0.09, 0.09]
            cell = {"contragrad": ours, "info-nce-pytorch": [0.3, 0.3], "autograd": theirs}
            kept.cells[f"time/{run}/infonce/{n}"] = cell
        kept.cells[f"memory/infonce/contragrad/{n}"] = {"bytes": n * 1000, "seconds": 1.0}
        kept.cells[f"memory/infonce/autograd/{n}"] = {"failed": "more than 12 GiB"}
    kept.cells["large/infonce/32768"] = {"bytes": 2**28, "seconds": 9.0}
    return kept


def test_the_page_is_written_from_the_results(tmp_path):
    pytest.importorskip("matplotlib")
    page.write(results(tmp_path).held(), tmp_path)
    text = (tmp_path / "benchmarks.md").read_text()
    assert "1 of 2 targets hold" in text
    assert "**2.00** (2.00 to 3.00), 2000 ms" in text
    assert "| 1.10 (1.10 to 3.00), 1100 ms |" in text
    assert "- infonce, N = 256: autograd (its time over ours: 0.90 to 2.00)" in text
    assert "info-nce-pytorch (its time" not in text
    assert "no C++ compiler" in text
    assert "| 32768 | 256 | 9 |" in text
    for plot in ("benchmarks-time", "benchmarks-memory"):
        assert f"![{plot}.svg]({plot}.svg)" in text
        assert (tmp_path / f"{plot}.svg").stat().st_size > 0
    assert not re.search(r"\bnan\b|None", text)


def test_what_is_there_is_not_measured_again(tmp_path, capsys):
    kept = results(tmp_path)
    kept.fill("targets/dcl/2048", "dcl", lambda: {"loss": [1.0], "products": [1.0]})
    again = store.Results(tmp_path / "results.json", features=8)
    again.fill("targets/dcl/2048", "dcl", lambda: pytest.fail("measured again"))
    assert again.cells == kept.cells
    assert capsys.readouterr().out.startswith("dcl … ")
    assert not store.Results(tmp_path / "results.json", features=8, fresh=True).cells


def test_results_of_another_size_are_refused(tmp_path):
    results(tmp_path).save()
    with pytest.raises(InputError, match=r"other features.*--fresh"):
        store.Results(tmp_path / "results.json", features=9)
    assert store.Results(tmp_path / "results.json", features=9, keep=True).cells


def test_a_page_without_results_says_what_to_run(tmp_path):
    with pytest.raises(InputError, match="make bench"):
        store.read(tmp_path / "none.json")


def test_labels_keep_their_distance_and_stay_below_the_top():
    assert plots.apart([1.0, 8.0], 2.0, 100.0) == [1.0, 8.0]
    assert plots.apart([1.0, 1.5], 2.0, 100.0) == [1.0, 2.0]
    assert plots.apart([4.0, 7.0, 7.5], 2.0, 8.0) == [2.0, 4.0, 8.0]


def scored_as(*dev: float) -> dict[str, Any]:
    rows = [{"seed": s, "after": {results_page.DEV: x}, "failure": None} for s, x in enumerate(dev)]
    return {"rows": rows}


def test_results_say_who_is_told_apart() -> None:
    records = {
        "vicreg": scored_as(0.30, 0.31, 0.32), "mvicreg": scored_as(0.60, 0.615, 0.62),
        "mhe": scored_as(0.50, 0.60, 0.40), "mmhe": scored_as(0.51, 0.50, 0.60),
    }  # fmt: skip
    said = results_page.findings(records, {results_page.DEV: 0.65})
    assert "STS-B dev, modified against original: higher: mvicreg; not told apart: mmhe" in said
    assert "embedding layer: lower: vicreg, mvicreg; not told apart: mhe, mmhe" in said
