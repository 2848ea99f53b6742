"""The process in which somebody's code runs: started by path, `python child.py JOB.json`.

It has the Python of `--python`, which may know nothing of this project: `verify` and `derive` are
offered from where this file lies, and nothing else of our environment is. What is used of them
here imports torch alone. The last thing written is the result; without one, the process died.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_OURS = ("verify", "derive")
_MOST_OUTPUT = 1 << 26  # bytes of a file the code may write: a loop that prints fills no disk


class _Ours(importlib.abc.MetaPathFinder):
    """Finds our two packages, and leaves every other name to the environment.

    A folder on the path would do so too, but where we are installed it holds our torch as well.
    """

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in _OURS:
            return None
        folder = _ROOT / fullname
        return importlib.util.spec_from_file_location(
            fullname, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_OUTPUT, _MOST_OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(job_file: str) -> None:
    """Does one job, and writes `result.json` beside it: the result, or why there is none."""
    sys.path.pop(0)  # the folder of this file: its names are not the environment's
    sys.meta_path.insert(0, _Ours())
    _limit()
    job = json.loads(Path(job_file).read_text("utf-8"))
    folder = Path(job_file).parent
    try:
        from verify.audits.job import perform
    except ImportError as error:
        result = {"error": f"{sys.executable} cannot run the audit: {error}."}
    else:
        result = perform(job, folder)
    part = folder / "result.part"
    part.write_text(json.dumps(result), "utf-8")
    part.replace(folder / "result.json")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads and exit handlers of the code have no say in the result


if __name__ == "__main__":
    main(sys.argv[1])
