"""What a run's embeddings and gradients look like while it trains: docs/measuring.md.

    callback = measuring(config, protocol, objective, held_out, train, model, folder.append)
    records = read_measurements(folder)

`read_measurements` needs no torch; the rest is loaded when it is asked for.
"""

from typing import TYPE_CHECKING, Any

from train.measuring.errors import MeasurementError
from train.measuring.records import read_measurements

if TYPE_CHECKING:
    from train.measuring.callback import MeasureEvery
    from train.measuring.factory import measuring
    from train.measuring.measurement import Measurement, measure

__all__ = [
    "MeasureEvery",
    "Measurement",
    "MeasurementError",
    "measure",
    "measuring",
    "read_measurements",
]

_LATE = {
    "MeasureEvery": "callback",
    "Measurement": "measurement",
    "measure": "measurement",
    "measuring": "factory",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
