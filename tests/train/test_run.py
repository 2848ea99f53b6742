"""Whole runs, a second each: the folder, the refusals, the bad inputs."""

import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from derive.objectives import load, names
from derive.verdict import Verdict
from tests.catalogue import sampled
from tests.train.conftest import SENTENCES, report_of, train, train_small
from train.folder import RunFolder
from train.protocols import PROTOCOLS


@pytest.mark.usefixtures("verified")
def test_a_run_from_start_to_end(corpus_file, eval_data, tmp_path):
    result = train_small(corpus_file, eval_data, tmp_path / "run", "--eval-every", 5)
    assert result.exit_code == 0, result.output
    folder = RunFolder(tmp_path / "run")
    assert sorted(path.name for path in folder.path.iterdir()) == [
        "README.md", "config.json", "metrics.jsonl", "model",
    ]  # fmt: skip

    config = json.loads(folder.config.read_text())
    assert config["options"]["loss"] == "infonce"
    given = {"steps": 10, "batch_size": 8, "lr": 1e-3, "max_length": 12, "save_every": 3}
    assert config["schedule"] == asdict(PROTOCOLS["demonstration"]) | given | {"eval_every": 5}
    assert config["verification"]["verdict"] == "agreed"
    assert config["versions"]["sentence-transformers"]
    assert "--seed 0" in config["command"]
    assert config["threads"] == torch.get_num_threads()

    records = folder.records()
    steps = [record for record in records if record["event"] == "step"]
    assert [record["step"] for record in steps] == list(range(1, 11))
    assert all(np.isfinite(record["loss"]) and record["rows_per_second"] > 0 for record in steps)
    evaluations = [record for record in records if record["event"] == "evaluation"]
    assert [(r["when"], r["step"]) for r in evaluations] == [
        ("before", 0), ("during", 5), ("during", 10), ("after", 10),
    ]  # fmt: skip
    assert evaluations[2]["scores"] == evaluations[3]["scores"]
    assert f"{evaluations[0]['scores']['STS-B dev, Spearman']:.4f}" in result.output

    model = SentenceTransformer(str(folder.model), device="cpu")
    assert model.encode(["A king."], show_progress_bar=False).shape == (1, 128)
    card = folder.card.read_text()
    assert "train run --loss infonce" in card
    assert card == (folder.model / "README.md").read_text()
    assert "not a benchmark" not in card  # that is said of the embedded default

    again = train("run", "--resume", folder.path)
    assert again.exit_code == 2
    assert "this run is finished" in again.output


def test_a_run_with_its_verification(corpus_file, eval_data, tmp_path):
    result = train_small(corpus_file, eval_data, tmp_path / "run", "--set", "tau=1/10")
    assert result.exit_code == 0, result.output
    assert "infonce: agreed" in result.output


PLAIN = [x for x in names() if not load(x).inputs]  # nothing beside the two views


@pytest.mark.parametrize("loss", ["supcon", "mixup_infonce"])
def test_a_loss_with_further_inputs_is_refused(loss, corpus_file, eval_data, tmp_path):
    result = train_small(corpus_file, eval_data, tmp_path / "run", "--loss", loss)
    assert result.exit_code == 2
    assert "beside the two views" in result.output
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "loss", sampled([x for x in names() if not load(x).inputs], ("met", "mvicreg"))
)
@pytest.mark.usefixtures("verified")
def test_every_loss_of_the_catalogue_trains(loss, corpus_file, eval_data, tmp_path):
    words = ("--loss", loss, "--steps", 2)
    result = train_small(corpus_file, eval_data, tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    assert load(loss).title in (tmp_path / "run" / "README.md").read_text()


def test_a_refuted_loss_is_not_trained(monkeypatch, corpus_file, eval_data, tmp_path):
    monkeypatch.setattr("verify.ladder.verify_loss", lambda *_, **__: report_of(Verdict.REFUTED))
    result = train_small(corpus_file, eval_data, tmp_path / "run", "--accept-undecided")
    assert result.exit_code == 1
    assert "refuted" in result.output
    assert "gradient: at seed 3" in result.output
    assert not (tmp_path / "run").exists()


def test_an_undecided_loss_must_be_accepted(monkeypatch, corpus_file, eval_data, tmp_path):
    monkeypatch.setattr("verify.ladder.verify_loss", lambda *_, **__: report_of(Verdict.UNDECIDED))
    result = train_small(corpus_file, eval_data, tmp_path / "run")
    assert result.exit_code == 3
    assert "--accept-undecided" in result.output
    assert not (tmp_path / "run").exists()
    result = train_small(corpus_file, eval_data, tmp_path / "run", "--accept-undecided")
    assert result.exit_code == 0, result.output
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["verification"]["verdict"] == "undecided"


def test_verifies_with_the_settings_of_the_run(monkeypatch, corpus_file, eval_data, tmp_path):
    calls = []

    def verify_loss(*arguments, **options):
        calls.append((arguments, options))
        return report_of(Verdict.REFUTED)

    monkeypatch.setattr("verify.ladder.verify_loss", verify_loss)
    train_small(corpus_file, eval_data, tmp_path / "run", "--set", "tau=1/10")
    assert calls == [(("infonce", {"tau": "1/10"}), {"examples": 20})]


BAD = {
    "no loss": ((), "--loss is missing"),
    "unknown loss": (("--loss", "infonec"), "Did you mean infonce"),
    "unknown setting": (("--loss", "infonce", "--set", "tua=1"), "tua"),
    "setting outside its domain": (("--loss", "infonce", "--set", "tau=-1"), "tau"),
    "setting without a value": (("--loss", "infonce", "--set", "tau"), "NAME=VALUE"),
    "seed": (("--loss", "infonce", "--seed", "5000000000"), "--seed 5000000000 is too large"),
    "no steps": (("--loss", "infonce", "--steps", "0"), "--steps 0 is too small"),
    "batch of one": (("--loss", "infonce", "--batch-size", "1"), "at least 2"),
    "rate": (("--loss", "infonce", "--lr", "nan"), "--lr nan must be finite"),
    "column without a corpus": (
        ("--loss", "infonce", "--anchor-column", "text"),
        "--anchor-column does nothing here: it is of --corpus, and there is none",
    ),
    "characters without a corpus": (
        ("--loss", "infonce", "--max-characters", "5"),
        "--max-characters does nothing here",
    ),
    "std without a head": (
        ("--loss", "infonce", "--head-std", "0.1"),
        "--head-std does nothing here: there is no head. Give --head",
    ),
    "a head to keep that is none": (("--loss", "infonce", "--keep-head"), "--keep-head does"),
    "padding with caching": (
        ("--loss", "infonce", "--no-trim", "--mini-batch", "8"),
        "--no-trim does nothing here: --mini-batch always takes the padding off",
    ),
    "two passes with caching": (
        ("--loss", "infonce", "--no-one-pass", "--mini-batch", "8"),
        "--no-one-pass does nothing here",
    ),
    "no corpus": (("--loss", "infonce", "--corpus", "none.txt"), "No such file"),
    "no evaluation": (("--loss", "infonce", "--eval-data", "none"), "holds none of"),
    "no folder": (("--resume", "none"), "holds no config.json"),
    "options beside resume": (
        ("--resume", "none", "--steps", "5", "--set", "a=1"),
        "--steps, --set cannot",
    ),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.usefixtures("in_tmp_path", "verified")
def test_bad_input_is_reported_without_a_traceback(case):
    words, message = BAD[case]
    result = train("run", *words)
    assert result.exit_code == 2
    assert result.output.startswith("Error: ")
    assert message in result.output
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("verified")
def test_a_corpus_smaller_than_a_batch(corpus_file, eval_data, tmp_path):
    result = train_small(corpus_file, eval_data, tmp_path / "run", "--max-sentences", 5)
    assert result.exit_code == 2
    assert "5 rows to train on, fewer than one batch of 8" in result.output
    assert "(left out: 40 beyond --max-sentences)" in result.output
    words = ("--held-out", 0.9)
    result = train_small(corpus_file, eval_data, tmp_path / "run", *words)
    assert result.exit_code == 2
    said = "there are 5 rows to train on, fewer than one batch of 8, and 40 rows are held out"
    assert said in result.output


@pytest.mark.usefixtures("verified")
def test_a_missing_model(corpus_file, eval_data, tmp_path):
    result = train_small(corpus_file, eval_data, tmp_path / "run", "--model", "./nothing")
    assert result.exit_code == 2
    assert "'./nothing' is not a folder" in result.output
    assert "Verifying" not in result.output
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("verified")
def test_a_file_above_the_folder(corpus_file, eval_data):
    result = train_small(corpus_file, eval_data, corpus_file / "run")
    assert result.exit_code == 2
    assert "cannot be made" in result.output
    assert "Verifying" not in result.output


def test_help_says_what_the_default_is():
    result = train("run", "--help")
    assert result.exit_code == 0
    assert "a demonstration, not a benchmark" in " ".join(result.output.split())


@pytest.fixture
def triples(tmp_path):
    """45 rows of anchor, positive and hard negative, as SimCSE's nli_for_simcse.csv has them."""
    rows = [f"{x},{x[:-1]} again.,Not {x[0].lower()}{x[1:]}" for x in SENTENCES]
    path = tmp_path / "nli.csv"
    path.write_text("\n".join(["sent0,sent1,hard_neg", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.usefixtures("verified")
def test_triples_with_hard_negatives(triples, eval_data, tmp_path):
    result = train_small(triples, eval_data, tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert "a row is an anchor, its positive and its hard negative" in result.output


@pytest.mark.parametrize("loss", ["vicreg", "ntxent"])
def test_hard_negatives_are_refused_where_they_have_no_place(loss, triples, eval_data, tmp_path):
    result = train_small(triples, eval_data, tmp_path / "run", "--loss", loss)
    assert result.exit_code == 2
    assert "explicit negatives have no place in it" in result.output
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("verified")
def test_the_best_encoder_is_kept(corpus_file, eval_data, tmp_path):
    words = ("--protocol", "understandingcse", "--eval-every", 2, "--lr", 1e-2)
    result = train_small(corpus_file, eval_data, tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    records = RunFolder(tmp_path / "run").records()
    during = [r["scores"]["STS-B dev, Spearman"] for r in records if r.get("when") == "during"]
    assert len(during) == 5
    bests = [r for r in records if r["event"] == "best"]
    assert bests[-1]["score"] == max(during)
    after = next(r for r in records if r.get("when") == "after")
    assert after["scores"]["STS-B dev, Spearman"] == max(during)
    assert not (tmp_path / "run" / "best").exists()
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["schedule"]["head"] == "linear"
    assert config["schedule"]["freeze"] == "embeddings"


@pytest.mark.usefixtures("verified")
def test_held_out_text_is_measured_and_not_trained_on(corpus_file, eval_data, tmp_path):
    words = ("--held-out", 0.3, "--measure-every", 5)
    result = train_small(corpus_file, eval_data, tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    records = RunFolder(tmp_path / "run").records()
    assert [r["step"] for r in records if r["event"] == "measurement"] == [0, 5, 10]
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["corpus"]["rows"] == len(SENTENCES) - round(0.3 * len(SENTENCES))


@pytest.mark.usefixtures("verified")
def test_a_recipe_small_and_changed(corpus_file, eval_data, tmp_path):
    words = ("--recipe", "001-table-6-mvicreg", "--small", "--corpus", corpus_file, "--eval-data",
             eval_data, "--model", "", "--out", tmp_path / "run")  # fmt: skip
    options = train("recipes", "001-table-6-mvicreg", "--format", "json")
    assert options.exit_code == 0, options.output
    other = train("run", *words, "--loss", "infonce")
    assert other.exit_code == 2
    assert "--recipe 001-table-6-mvicreg is of --loss mvicreg" in other.output
    assert train("run", "--small", "--loss", "infonce").exit_code == 2


@pytest.mark.usefixtures("verified")
def test_several_seeds_and_their_mean(corpus_file, eval_data, tmp_path):
    words = ("--seeds", 2, "--steps", 2)
    result = train_small(corpus_file, eval_data, tmp_path / "runs", *words)
    assert result.exit_code == 0, result.output
    summary = json.loads((tmp_path / "runs" / "summary.json").read_text())
    rows = [row["after"]["STS-B dev, Spearman"] for row in summary["rows"]]
    assert [row["seed"] for row in summary["rows"]] == [0, 1]
    assert summary["scores"]["STS-B dev, Spearman"]["mean"] == pytest.approx(sum(rows) / 2)
    before = {path: path.read_bytes() for path in (tmp_path / "runs").rglob("*.safetensors")}
    assert train_small(corpus_file, eval_data, tmp_path / "runs", *words).exit_code == 0
    assert before == {p: p.read_bytes() for p in (tmp_path / "runs").rglob("*.safetensors")}


def test_a_test_score_never_chooses_the_encoder(corpus_file, eval_data, tmp_path):
    folder = eval_data / "STS" / "STSBenchmark"
    (folder / "sts-dev.csv").rename(folder / "sts-test.csv")
    words = ("--keep-best", "--eval-every", 2)
    result = train_small(corpus_file, eval_data, tmp_path / "run", *words)
    assert result.exit_code == 2
    assert "a test score must not choose" in result.output


def test_more_tokens_than_the_encoder_reads(corpus_file, eval_data, tmp_path):
    from train import encoder

    model = tmp_path / "encoder"
    encoder.build(SENTENCES, 0, 16, "cpu").save_pretrained(str(model), create_model_card=False)
    words = ("--model", model, "--max-length", 32)
    result = train_small(corpus_file, eval_data, tmp_path / "run", *words)
    assert result.exit_code == 2
    assert "--max-length 32: the encoder reads at most 16 tokens" in result.output


@pytest.mark.usefixtures("verified")
def test_two_views_that_are_the_same_are_told(corpus_file, eval_data, tmp_path):
    result = train_small(corpus_file, eval_data, tmp_path / "run", "--dropout", 0, "--steps", 2)
    assert result.exit_code == 0
    assert "both views of a sentence are the same" in result.output


@pytest.mark.usefixtures("verified")
def test_supervised_simcse_keeps_its_head(triples, eval_data, tmp_path):
    words = ("--protocol", "simcse_supervised", "--lr", 1e-2, "--head-std", 0.3)
    result = train_small(triples, eval_data, tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    folder = RunFolder(tmp_path / "run")
    during = [r for r in folder.records() if r.get("when") == "during"]
    assert [r["step"] for r in during] == [10]  # the last step: there is no 125th
    model = SentenceTransformer(str(folder.model), device="cpu")  # without this package
    assert [type(x).__name__ for x in model] == ["Transformer", "Pooling", "Dense"]
    from train import sts
    from train.evaluation import evaluate_all

    after = next(r["scores"] for r in folder.records() if r.get("when") == "after")
    assert evaluate_all(sts.senteval(eval_data), model) == after == during[0]["scores"]
    assert "trust_remote_code" not in folder.card.read_text()


@pytest.mark.usefixtures("verified")
def test_the_card_of_accumulation_and_of_a_module_of_ours(corpus_file, eval_data, tmp_path):
    words = ("--accumulate", 2, "--pooling", "first_last", "--steps", 2)
    result = train_small(corpus_file, eval_data, tmp_path / "run", *words)
    assert result.exit_code == 0, result.output
    card = (tmp_path / "run" / "README.md").read_text()
    assert "2 steps of 2 batches of 8 rows" in card
    assert 'SentenceTransformer("model", trust_remote_code=True)' in card
