"""docs/training-with-losses.md is run: its sessions, and its script in a group of one process."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformerTrainingArguments

from tests.derive.pages import BLOCK, blocks, run_sessions
from tests.train.conftest import SENTENCES
from train import encoder
from train.trainer import quiet

PAGE = Path(__file__).parents[2] / "docs" / "training-with-losses.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_sessions_run(tmp_path: Path) -> None:
    quiet()
    torch.manual_seed(0)
    args = SentenceTransformerTrainingArguments(
        output_dir=str(tmp_path),
        max_steps=3,
        use_cpu=True,
        dataloader_pin_memory=False,
        save_strategy="no",
        report_to="none",
    )
    model = encoder.build(SENTENCES, seed=0, max_length=12, device="cpu")
    assert run_sessions(TEXT, PAGE, {"model": model, "args": args}) > 30


def test_the_script_runs(tmp_path: Path) -> None:
    """In a process of its own: the threads of a process group must not outlive it in this one."""
    (script,) = blocks("python", TEXT)
    file = tmp_path / "train_distributed.py"
    file.write_text(f"{script}\nassert step == 3\n", encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    group = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "RANK": 0, "WORLD_SIZE": 1}
    env = os.environ | {name: str(value) for name, value in group.items()}
    run = subprocess.run(
        [sys.executable, str(file)], env=env, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr


def test_every_block_is_run() -> None:
    assert {x[0] for x in BLOCK.findall(TEXT)} == {"pycon", "python"}
