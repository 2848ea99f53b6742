"""The sheet of a loss: what `derive show` prints, and its optional parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from derive.errors import HyperparameterError, UnknownNameError
from derive.hyper import read_settings
from derive.objective import Objective
from derive.paradigm import Decomposition, decompose
from derive.presentable import FORMATS, Presentable

if TYPE_CHECKING:
    from derive.printing.layout import Typesetter
    from derive.printing.sections import Section
    from derive.properties import Properties


@dataclass(frozen=True)
class Sheet(Presentable):
    """A decomposition for reading; str(sheet) is the text.

    steps: with the derivation, rule by rule (not in JSON). norms, alpha_view, properties: with
    the norms of the parts in angles, the α-CL view, the property sheet.
    """

    decomposition: Decomposition
    steps: bool = False
    norms: bool = False
    alpha_view: bool = False
    properties: bool = False

    def render(self, format: str = "text") -> str:
        """As `Presentable.render`, and "torch": one Python file that needs only torch."""
        if format == "torch":
            from derive.printing.torchcode import standalone

            d = self.decomposition
            return standalone(d.objective, d.coefficients.settings)
        if format not in FORMATS:
            raise UnknownNameError("format", format, (*FORMATS, "torch"))
        return super().render(format)

    def sections(self) -> "tuple[Section, ...]":
        from derive.printing.sheet import build_sheet

        return build_sheet(self.decomposition, steps=self.steps, extra=self._extra)

    def _extra(self, typesetter: "Typesetter") -> "tuple[Section, ...]":
        found: list[Section] = []
        if self.norms:
            from derive.norms import norm_sections

            found += norm_sections(self.decomposition, typesetter)
        if self.alpha_view:
            from derive.alpha import alpha_sections

            found += alpha_sections(self.decomposition, typesetter)
        if self.properties:
            found += self._properties.sections()[1:]  # the title is the sheet's
        return tuple(found)

    @cached_property
    def _properties(self) -> "Properties":
        from derive.properties import properties

        return properties(self.decomposition)

    def data(self) -> dict[str, Any]:
        from derive.printing.json import to_data

        found = to_data(self.decomposition)
        if self.norms:
            from derive.norms import norm_data

            found["norms"] = norm_data(self.decomposition)
        if self.alpha_view:
            from derive.alpha import alpha_data

            found["alpha"] = alpha_data(self.decomposition)
        if self.properties:
            found["properties"] = self._properties.data()
        return found


def show(
    loss: str | Objective,
    *,
    steps: bool = False,
    norms: bool = False,
    alpha_view: bool = False,
    properties: bool = False,
    preset: str | None = None,
    **settings: object,
) -> Sheet:
    """Derive a loss and present it; renders in a notebook, prints as text.

    loss: a name of the catalogue, FILE.py:NAME, a saved loss, or an `Objective`; the options as in
    `Sheet`; preset: named settings of the loss; settings: hyper-parameters to fix (tau=0.1), over
    those of the preset. Raises `UnknownNameError`, `HyperparameterError`.

    >>> show("mpt").decomposition.ratio
    1
    """
    from derive.sources import find

    objective = find(loss) if isinstance(loss, str) else loss
    chosen = with_preset(objective, preset, settings)
    return Sheet(decompose(objective, chosen), steps, norms, alpha_view, properties)


def with_preset(
    objective: Objective, preset: str | None, settings: Mapping[str, object]
) -> dict[str, object]:
    """Settings over those of a preset.

    Raises `UnknownNameError` for a preset that the loss does not have, `HyperparameterError` if
    it has none.
    """
    if preset is None:
        return dict(settings)
    if not objective.presets:
        raise HyperparameterError(
            f"{objective.name} has no presets, and {preset!r} was asked for. Set its "
            "hyper-parameters one by one: --set NAME=VALUE."
        )
    if preset not in objective.presets:
        raise UnknownNameError(f"preset of {objective.name}", preset, objective.presets)
    chosen = {**objective.presets[preset], **settings}
    read_settings(objective.hyper, chosen)
    return chosen
