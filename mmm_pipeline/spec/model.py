"""The whole of a model's spec, part by part."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from mmm_pipeline.spec.base import Name, SpecPart
from mmm_pipeline.spec.data import DataSource
from mmm_pipeline.spec.drivers import Control, Event
from mmm_pipeline.spec.gate import MAX_DIVERGENT_SHARE, GateLimits
from mmm_pipeline.spec.media import Media
from mmm_pipeline.spec.presets import Preset, fill_in
from mmm_pipeline.spec.running import Refit, Sampling
from mmm_pipeline.spec.scenario import Scenario, default_scenarios
from mmm_pipeline.spec.structure import Likelihood, LinkName, Pooling, Seasonality, Selection, Trend

RESERVED = frozenset(
    {
        *("date", "target", "channel", "control", "chain", "draw", "sample", "population"),
        *("intercept", "trend", "trend_effect", "seasonality", "yearly_seasonality"),
        *("monthly_seasonality", "weekly_seasonality", "level", "media_drift", "cell"),
    }
)
"""Names of columns, components and dims that no channel, control or event may take."""


def _not_empty[T](media: dict[str, T]) -> dict[str, T]:
    if not media:
        message = "`media` must name at least one channel"
        raise ValueError(message)
    return media


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
        default=8, ge=1, le=52, description="Periods an exposure can act in, its own included."
    )
    tighten_low_spend: bool = Field(
        default=False,
        description="Tighten the priors of channels with less than 10 %, 5 %, 1 % of the spend, "
        "which the data can say little about.",
    )
    pooling: Pooling = Field(
        default=Pooling(), description="With `data.panel`: what its cells have in common."
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
    refit: Refit | None = Field(default=None, description="Automatic refits; none by default.")

    @model_validator(mode="before")
    @classmethod
    def _preset_fills_in(cls, values: Any) -> Any:
        return fill_in(values)

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        seen: dict[str, str] = dict.fromkeys(RESERVED, "a reserved word")
        for name in self.media:
            seen |= dict.fromkeys(
                (f"spend_{name}", f"exposure_{name}"), f"a column of `media.{name}`"
            )
        for section, names in (
            ("data.panel", self.data.panel),
            ("media", self.media),
            ("controls", self.controls),
            ("events", self.events),
        ):
            for name in names:
                if name in seen:
                    message = f"`{section}.{name}` must not share its name with {seen[name]}"
                    raise ValueError(message)
                seen[name] = f"`{section}.{name}`"
        return self

    @model_validator(mode="after")
    def _columns_are_distinct(self) -> Self:
        data, named = self.data, self._name_series()
        taken = {"date", *data.panel} - {data.date, *data.panel.values(), *data.sum_over}
        for one in named:
            if named.count(one) > 1:
                message = f"column {one[0]!r} must have one role only; it is named more than once"
                raise ValueError(message)
            if one[0] in taken:
                message = (
                    f"column {one[0]!r} must not bear the name of the date or of a panel's dim"
                )
                raise ValueError(message)
        for column in data.factors:
            if column not in dict(named):
                used = ", ".join(dict.fromkeys(name for name, _ in named))
                message = (
                    f"`data.factors` must name columns that are used; {column!r} is none of {used}"
                )
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _words_fit_the_layout(self) -> Self:
        for name, media in self.media.items():
            if media.where and self.data.layout not in {"mff", "media_long"}:
                message = (
                    f"`media.{name}.where` is honoured with `layout: mff` or `media_long` only"
                )
                raise ValueError(message)
        for name, control in self.controls.items():
            if control.equals and self.data.layout == "mff":
                message = f"`controls.{name}.equals` is not honoured with `layout: mff`"
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _returns_fit_the_outcome(self) -> Self:
        for name, media in self.media.items():
            per_target, is_count = media.cost_per_target is not None, self.data.kpi == "count"
            if per_target and not is_count:
                message = f"`media.{name}.cost_per_target` is honoured with `data.kpi: count` only"
                raise ValueError(message)
            if is_count and (media.roas or media.marginal_roas):
                message = (
                    f"`media.{name}` must state `cost_per_target` or `share`: with `data.kpi: "
                    "count` there is no return in money"
                )
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _selection_has_a_choice(self) -> Self:
        if self.control_selection and len(self.selectable_controls) < 2:
            message = (
                "`control_selection` needs at least two controls that are no confounders and have "
                f"no `sign`; got {len(self.selectable_controls)}"
            )
            raise ValueError(message)
        if (selection := self.control_selection) and selection.method == "horseshoe":
            most = len(self.selectable_controls) - 1
            if selection.expected > most:
                message = (
                    f"`control_selection.expected` must not exceed {most}, one less than the "
                    f"controls to select from; got {selection.expected}"
                )
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _tightening_has_a_hold(self) -> Self:
        if self.tighten_low_spend and not any(one.can_tighten for one in self.media.values()):
            message = "`tighten_low_spend` needs a channel with spend and a prior it may tighten"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _pooling_needs_cells(self) -> Self:
        if self.pooling != Pooling() and not self.data.panel:
            message = "`pooling` is honoured together with `data.panel` only"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _divergences_stay_rare(self) -> Self:
        allowed = int(MAX_DIVERGENT_SHARE * self.sampling.chains * self.sampling.draws)
        if self.gate.max_divergences > allowed:
            message = (
                f"`gate.max_divergences` must not exceed 1 % of the draws, which is {allowed} "
                f"here; got {self.gate.max_divergences}"
            )
            raise ValueError(message)
        return self

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
            if media.exposure or media.kind != "paid"
        }

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

    def _name_series(self) -> list[tuple[str, tuple[Any, ...]]]:
        """List every column that the spec names, with what its cells must say."""
        data, media = self.data, self.media
        columns = (data.date, *data.target_columns, *data.panel.values(), *data.sum_over)
        named: list[tuple[str, tuple[Any, ...]]] = [(column, ()) for column in columns]
        named += [(data.population, ())] if data.population else []
        for by_channel in (self.spend_columns, self.exposure_columns):
            for name, several in by_channel.items():
                where = tuple(sorted(media[name].where.items()))
                named += [(column, where or self._own_level(name)) for column in several]
        for name, column in self.control_columns.items():
            named.append((column, self.controls[name].equals or ()))
        return named

    def _own_level(self, name: str) -> tuple[str, ...]:
        """Tell channels apart that pick their records by their own names."""
        return (name,) if self.data.layout == "media_long" else ()

    def model_part(self) -> dict[str, Any]:
        """Select what decides the posterior, next to the data and the sampler.

        Returns
        -------
        dict
            Plain JSON values: the roles of the columns, and whatever is said of media, baseline,
            noise and link.
        """
        sections = {
            *("media", "tighten_low_spend", "time_varying_media", "l_max"),
            *("controls", "control_selection", "events", "trend", "seasonality"),
            *("likelihood", "link", "pooling"),
        }
        roles = {"layout", "date", "target", "kpi", "panel"}
        columns = self.data.model_dump(mode="json", include=roles)
        return {"data": columns, **self.model_dump(mode="json", include=sections)}
