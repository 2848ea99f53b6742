"""What `train data fetch` brings, and where it puts it."""

from dataclasses import dataclass
from pathlib import Path

from train.data.archive import unpack
from train.data.check import OFFICIAL_LINES, count_corpus, count_tree, unpacked_tree
from train.data.hub_file import Say, download, locate

REPOSITORY = "princeton-nlp/datasets-for-simcse"
WIKI = "wiki1m_for_simcse.txt"
SENTEVAL = "senteval.tar"
NAMES = ("wiki", "senteval")


@dataclass(frozen=True)
class Hub:
    """Where the data comes from; endpoint None: huggingface.co, or what HF_ENDPOINT says."""

    endpoint: str | None = None
    revision: str = "main"
    repository: str = REPOSITORY

    def fetch(self, name: str, to: Path, say: Say) -> Path:
        """The file in the folder `to`, whole and checked."""
        return download(locate(self.repository, name, self.endpoint, self.revision), to, say)


def fetch(names: tuple[str, ...], to: Path, hub: Hub, say: Say) -> bool:
    """Bring "wiki", "senteval" or both into `to`; whether all counts are the official ones.

    The sentences come to `to`/wiki1m_for_simcse.txt, the tree to `to`/senteval/downstream. What is
    there already is not fetched again. Raises `DataError`; what arrived until then is kept.
    """
    steps = {"wiki": fetch_wiki, "senteval": fetch_senteval}
    official = [steps[name](to, hub, say) for name in names]  # each of them, whatever the first is
    return all(official)


def fetch_wiki(to: Path, hub: Hub, say: Say) -> bool:
    """SimCSE's sentences; whether there are a million."""
    counted = count_corpus(hub.fetch(WIKI, to, say))
    official = OFFICIAL_LINES[WIKI]
    say(f"{WIKI}: {counted.lines:,} lines, and officially {official:,}")
    return counted.lines == official


def fetch_senteval(to: Path, hub: Hub, say: Say) -> bool:
    """SentEval's tree; whether it is complete."""
    folder = to / "senteval" / "downstream"
    if folder.exists():
        say(f"{folder}: there already; remove it to fetch it again")
    else:
        archive = hub.fetch(SENTEVAL, to, say)
        others = unpack(archive, folder, unpacked_tree)
        beside = f"; {others:,} files beside the tree were left out" if others else ""
        say(f"{SENTEVAL}: unpacked to {folder}{beside}. The archive is no longer needed.")
    found = count_tree(folder)
    wrong = [f"{s.task} {s.split}" for s in found if s.state != "official"]
    ending = f"not official: {', '.join(wrong)}" if wrong else "all official"
    say(f"{len(found)} splits counted, {ending}")
    return not wrong
