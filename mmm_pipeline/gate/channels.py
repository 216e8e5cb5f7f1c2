"""Draws of what is sampled of each channel, whatever parameters they are made of."""

from collections.abc import Mapping
from dataclasses import dataclass

import xarray as xr

from mmm_pipeline.model.reach import PREFIX
from mmm_pipeline.model.return_priors import state_returns
from mmm_pipeline.model.shape_priors import state_frequency, state_media_carryover, state_saturation
from mmm_pipeline.model.trace import read_spec
from mmm_pipeline.model.vectors import Vector
from mmm_pipeline.spec import ModelSpec

type Draws = Mapping[str, xr.DataArray]


@dataclass(frozen=True)
class Channels:
    """Draws of what is sampled of each channel.

    Attributes
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its inputs.
    stated : mapping of str to Vector
        Beliefs about returns, by the word they are sampled in.
    returns, lengths, bends, contacts : mapping of str to mapping of str to xarray.DataArray
        Draws, dims ``(chain, draw)``, by parameter and channel: of returns, carry-over, curves, and
        curves of how often people are reached.
    controls : mapping of str to xarray.DataArray
        Draws of effects of controls and events that all cells share, dims ``(chain, draw)``.
    """

    spec: ModelSpec
    features: xr.Dataset
    stated: Mapping[str, Vector]
    returns: Mapping[str, Draws]
    lengths: Mapping[str, Draws]
    bends: Mapping[str, Draws]
    contacts: Mapping[str, Draws]
    controls: Draws

    @classmethod
    def of(cls, trace: xr.DataTree) -> "Channels":
        """Read them from a fit."""
        spec, features = read_spec(trace), trace["/inputs"].to_dataset()
        posterior = trace["/posterior"].to_dataset()
        stated = state_returns(spec, features)
        vectors = (
            ("", stated),
            ("adstock_", state_media_carryover(spec, features)),
            ("saturation_", state_saturation(spec, features)),
            (PREFIX, state_frequency(spec, features) if spec.reach_columns else {}),
        )
        returns, lengths, bends, contacts = (
            {word: vector.read_draws(f"{prefix}{word}", posterior) for word, vector in some.items()}
            for prefix, some in vectors
        )
        effects = posterior.get("gamma_control")
        controls = (
            {}
            if effects is None
            else {str(name): effects.sel(control=name) for name in effects["control"].to_numpy()}
        )
        return cls(spec, features, stated, returns, lengths, bends, contacts, controls)

    def list_parameters(self, channel: str) -> dict[str, xr.DataArray]:
        """List what is sampled of a channel, as it is called."""
        parts = (
            ("", self.returns),
            ("adstock_", self.lengths),
            ("saturation_", self.bends),
            (PREFIX, self.contacts),
        )
        return {
            f"{prefix}{word}[{channel}]": draws[channel]
            for prefix, some in parts
            for word, draws in some.items()
            if channel in draws
        }
