"""What is compared: a run, or the runs of several seeds, with their measurements."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.errors import ReportError, RunRecordError
from reports.runs import Run, read_run
from train.folder import Record
from train.measuring import MeasurementError, read_measurements
from train.sweeps.seeds import SUMMARY

LEAST = 2


@dataclass(frozen=True)
class Member:
    """A run of a subject. seed: as its config says; measurements: by step, empty where none."""

    run: Run
    seed: str
    measurements: tuple[Record, ...]

    @property
    def finished(self) -> bool:
        """Whether there are scores after training."""
        return self.run.scores("after") is not None


@dataclass(frozen=True)
class Subject:
    """One of the things compared. label: the end of its path that no other has; notes: what is
    unfinished, missing or damaged, by member."""

    label: str
    path: str
    members: tuple[Member, ...]
    notes: tuple[str, ...]


def read_subjects(paths: Sequence[Path]) -> tuple[Subject, ...]:
    """The subjects of these folders, in order.

    Raises `ReportError` for fewer than two or one given twice, `RunRecordError` for a folder that
    holds no run.
    """
    if len(paths) < LEAST:
        given = f"{len(paths)} given" if paths else "none given"
        raise ReportError(
            f"a comparison needs two runs or more, and there is {given}. Name the folders of "
            "`train run`: reports compare runs/infonce-0-1 runs/mpt-0-1."
        )
    folders = [_members(path) for path in paths]
    _refuse_twice(paths, folders)
    labels = labels_of(paths)
    return tuple(
        _subject(label, path, members)
        for label, path, members in zip(labels, paths, folders, strict=True)
    )


def _members(path: Path) -> list[Path]:
    """The run folders of a path: itself, or one a seed."""
    if (path / "config.json").is_file():
        return [path]
    seeds = sorted((x.parent for x in path.glob("seed-*/config.json")), key=_by_number)
    if seeds:
        return seeds
    what = "is no folder"
    if path.is_dir():
        what = "holds neither config.json nor seed-*/config.json"
        if (path / SUMMARY).is_file():
            what = f"holds a {SUMMARY} and no seed-*/config.json: none of its runs was begun"
    raise RunRecordError(f"{str(path)!r} {what}. Give a folder that `train run` made.")


def _by_number(folder: Path) -> tuple[int, str]:
    seed = folder.name.removeprefix("seed-")
    return (int(seed), "") if seed.isdigit() else (1 << 62, seed)


def _refuse_twice(paths: Sequence[Path], folders: Sequence[Sequence[Path]]) -> None:
    """A run beside itself, or beside the seeds that it is one of, is no comparison."""
    owner: dict[Path, Path] = {}
    for path, members in zip(paths, folders, strict=True):
        for member in members:
            before = owner.setdefault(member.resolve(), path)
            if before is not path:
                raise ReportError(
                    f"{str(member)!r} is compared with itself ({str(before)!r} and "
                    f"{str(path)!r} hold it). Name each run once."
                )


def labels_of(paths: Sequence[Path]) -> list[str]:
    """The shortest ends of the paths that differ."""
    parts = [path.resolve().parts for path in paths]
    longest = max(len(x) for x in parts)
    for length in range(1, longest + 1):
        labels = ["/".join(x[-length:]) for x in parts]
        if len(set(labels)) == len(labels):
            return labels
    raise AssertionError("paths of different runs are the same")


def _subject(label: str, path: Path, folders: Sequence[Path]) -> Subject:
    members, notes = [], []
    for folder in folders:
        run = read_run(folder)
        measurements, note = _measurements(folder)
        where = f"{folder.name}: " if len(folders) > 1 else ""
        notes += [where + x for x in (*run.notes, *note)]
        members.append(Member(run, str(run.config["options"].get("seed")), measurements))
    return Subject(label, str(path), tuple(members), tuple(notes))


def _measurements(folder: Path) -> tuple[tuple[Record, ...], list[str]]:
    """The measurements, and a note where they cannot be read."""
    if not (folder / "metrics.jsonl").is_file():
        return (), []  # a note of the run's already
    try:
        return tuple(read_measurements(folder)), []
    except MeasurementError as error:
        return (), [f"The measurements are left out: {error}"]
