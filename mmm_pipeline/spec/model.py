"""The whole of a model's spec, part by part."""

import re
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from mmm_pipeline.spec.base import Name, SpecPart
from mmm_pipeline.spec.consistency import find_inconsistencies
from mmm_pipeline.spec.data import DataSource
from mmm_pipeline.spec.drivers import Control, Event
from mmm_pipeline.spec.evidence import Backtest, Sensitivity
from mmm_pipeline.spec.export_columns import find_unknown_columns
from mmm_pipeline.spec.exports import Exports
from mmm_pipeline.spec.gate import GateLimits
from mmm_pipeline.spec.media import Media
from mmm_pipeline.spec.presets import Preset, fill_in
from mmm_pipeline.spec.running import DriftLimits, Refit, Sampling
from mmm_pipeline.spec.scenario import Scenario, default_scenarios
from mmm_pipeline.spec.source import Place
from mmm_pipeline.spec.structure import Likelihood, LinkName, Pooling, Seasonality, Selection, Trend


def _find_place(problem: str) -> tuple[str, ...]:
    """Find the setting that a problem names first."""
    named = re.match(r"`([a-z_]+(\.\w+)*)`", problem)
    return tuple(named[1].split(".")) if named else ()


def _not_empty[T](media: dict[str, T]) -> dict[str, T]:
    if not media:
        message = "`media` must name at least one channel"
        raise ValueError(message)
    return media


LONGEST = 52
"""Most periods that an exposure may act in."""


class ModelSpec(SpecPart):
    """One marketing mix model, as an analyst states it."""

    name: Name = Field(description="Name of the model and of its folder under `defs/`.")
    preset: Preset = Field(
        default="default",
        description="Settings that go together, for whatever is not said; what is said wins. "
        "Limits of the gate are never among them.",
    )
    data: DataSource = Field(description="The table it is fitted to.")
    media: Annotated[dict[Name, Media], AfterValidator(_not_empty)] = Field(
        description="Channels, by name."
    )
    controls: dict[Name, Control] = Field(default={}, description="Other drivers, by name.")
    control_selection: Selection | None = Field(
        default=None,
        description="Prior under which controls that do not matter vanish. Default: none.",
    )
    events: dict[Name, Event] = Field(
        default={},
        description="Days, windows of days, months or holidays on which something special is on, "
        "by name. Each becomes a column of 0 and 1: a period is on when a day of it is.",
    )
    trend: Trend = Field(
        default="linear",
        description="Slow drift of the baseline: none, linear, piecewise (a line with "
        "changes of slope), spline, or hsgp (a Gaussian process: an intercept that varies with "
        "time).",
    )
    seasonality: Seasonality = Field(default=Seasonality(), description="Recurring patterns.")
    time_varying_media: bool = Field(
        default=False,
        description="Let all media together work better at one time than at another.",
    )
    likelihood: Likelihood = Field(
        default="normal",
        description="What nothing explains: normal, or student_t, which forgives outliers.",
    )
    link: LinkName = Field(
        default="identity",
        description="How what is in the model comes together: identity (it adds up), log (it "
        "multiplies; the target must be above 0) or log1p (the same for a target with zeros).",
    )
    l_max: int = Field(
        default=8, ge=1, le=LONGEST, description="Periods an exposure can act in, its own included."
    )
    tighten_low_spend: bool = Field(
        default=False,
        description="Tighten the priors of channels with less than 10 %, 5 %, 1 % of the spend, "
        "which the data can say little about.",
    )
    pooling: Pooling = Field(
        default=Pooling(), description="With `data.panel`: what its cells have in common."
    )
    experiments: Place | None = Field(
        default=None,
        description="Table with what experiments found, a row each; as `data.path`.",
    )
    entities: Place | None = Field(
        default=None,
        description="Table with what each campaign, creative or publisher of a channel spent or "
        "showed, over which the channel's contribution is split; as `data.path`.",
    )
    backtest: Backtest | None = Field(
        default=None,
        description="Predict, from several origins, what is known by now; a fit for each. "
        "Default: none.",
    )
    truth: str | None = Field(
        default=None,
        description="JSON file with the known truth of a simulated world, shown in the report; "
        "relative to the data root.",
    )
    sampling: Sampling = Field(default=Sampling(), description="Settings of the sampler.")
    gate: GateLimits = Field(default=GateLimits(), description="Limits a fit must keep.")
    scenarios: dict[Name, Scenario] = Field(
        default_factory=default_scenarios, description="Budgets to plan, by name."
    )
    sensitivity: Sensitivity | None = Field(
        default=None,
        description="What is varied to see whether the returns stay, a fit each; none by default.",
    )
    refit: Refit | None = Field(default=None, description="Automatic refits; none by default.")
    drift: DriftLimits = Field(
        default=DriftLimits(),
        description="How far a refit may differ from the promoted fit before it is looked at.",
    )
    exports: Exports = Field(default=Exports(), description="What the exported tables look like.")

    @model_validator(mode="before")
    @classmethod
    def _preset_fills_in(cls, values: Any) -> Any:
        return fill_in(values)

    @model_validator(mode="wrap")
    @classmethod
    def _parts_fit_together(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        spec = handler(values)
        faults = [(_find_place(one), one) for one in find_inconsistencies(spec)]
        faults += [(one.place, one.message) for one in find_unknown_columns(spec)]
        if faults:
            details = [
                InitErrorDetails(
                    type="value_error", loc=loc, input=values, ctx={"error": ValueError(words)}
                )
                for loc, words in faults
            ]
            raise ValidationError.from_exception_data(cls.__name__, details)
        return spec

    @property
    def spend_columns(self) -> dict[str, tuple[str, ...]]:
        """Columns of the source that hold the spend of each channel that has any."""
        long = self.data.media_long
        prefix = "spend_" if self.data.layout == "entity_panel" else ""
        return {
            name: media.spend or ((long.spend if long else f"{prefix}{name}"),)
            for name, media in self.media.items()
            if media.has_spend and not media.cost_per_unit
        }

    @property
    def exposure_columns(self) -> dict[str, tuple[str, ...]]:
        """Columns of the source that hold the exposure of each channel that has any."""
        long = self.data.media_long
        prefix = "act_" if self.data.layout == "entity_panel" else ""
        return {
            name: media.exposure or ((long.exposure if long else f"{prefix}{name}"),)
            for name, media in self.media.items()
            if (media.exposure or media.kind != "paid") and not media.frequency
        }

    @property
    def reach_columns(self) -> dict[str, tuple[str, ...]]:
        """Columns of the source that hold the people whom each channel reached."""
        return {name: media.reach for name, media in self.media.items() if media.reach}

    @property
    def frequency_columns(self) -> dict[str, tuple[str, ...]]:
        """Columns of the source that hold contacts per person reached."""
        return {name: (media.frequency,) for name, media in self.media.items() if media.frequency}

    @property
    def control_columns(self) -> dict[str, str]:
        """Column of the source that holds each control."""
        prefix = "ctrl_" if self.data.layout == "entity_panel" else ""
        return {name: one.column or f"{prefix}{name}" for name, one in self.controls.items()}

    @property
    def selectable_controls(self) -> list[str]:
        """Controls that a selection may leave out."""
        return [
            name for name, one in self.controls.items() if not one.confounder and one.sign is None
        ]

    @property
    def bought_media(self) -> list[str]:
        """Channels that money is spent on."""
        return [name for name, media in self.media.items() if media.has_spend]

    @property
    def own_media(self) -> list[str]:
        """Channels that add to the target: all but the competitors'."""
        return [name for name, media in self.media.items() if media.kind != "competitor"]

    @property
    def has_entities(self) -> bool:
        """Whether channels are split over what is finer."""
        long = self.data.media_long
        return bool(self.entities or (long and long.entity))

    def model_part(self) -> dict[str, Any]:
        """Select what decides the posterior, next to the data and the sampler.

        Returns
        -------
        dict
            Plain JSON values: the roles of the columns, whether there are experiments, and whatever
            is said of media, baseline, noise and link.
        """
        sections = {
            *("media", "tighten_low_spend", "time_varying_media", "l_max"),
            *("controls", "control_selection", "events", "trend", "seasonality"),
            *("likelihood", "link", "pooling"),
        }
        roles = {"layout", "date", "target", "kpi", "panel"}
        columns = self.data.model_dump(mode="json", include=roles)
        said = self.model_dump(mode="json", include=sections)
        return {"data": columns, "experiments": self.experiments is not None, **said}
