"""Priors under which the controls that do not matter vanish."""

import pymc as pm
import pymc.dims as pmd
import pytensor.xtensor as ptx
import xarray as xr
from pytensor.xtensor.type import XTensorVariable

from mmm_pipeline.model.adapted import draw_adapted, draw_spread
from mmm_pipeline.model.terms import constant
from mmm_pipeline.spec import Selection

DEFAULT_EXPECTED = 2
"""How many controls are expected to matter where nothing is stated."""
SELECTED = "selectable_control"
"""Dim: controls that a selection may leave out."""
INCLUSION = "control_inclusion"
"""Variable: how far each of them is in the model, 0 to 1, dims ``(selectable_control,)``."""
SLAB_SD, SLAB_DF = 0.3, 4.0
"""Size of the effects that matter, share of the target's maximum, and how heavy their tails are."""
LOCAL_DF = 5.0
"""Degrees of freedom of the horseshoe's local scales."""
LASSO_MEAN = 0.05
"""Prior mean of the lasso's scale, share of the target's maximum."""
SPIKE = 0.3
"""Size of the effects that do not matter, in standard errors."""
GATE_SD = 1.7
"""Standard deviation of a normal that is nearly a logistic distribution."""
TEMPERATURE = 0.5
"""How gradually an effect goes from spike to slab."""


def draw_selected(selection: Selection, error: xr.DataArray) -> XTensorVariable:
    """Register effects of which some will be close to 0, and how far each is in the model.

    Parameters
    ----------
    selection : Selection
        The method.
    error : xarray.DataArray, dims ``(selectable_control,)``
        About how well the data tell each effect, as a standard error.

    Returns
    -------
    XTensorVariable, dims ``(selectable_control,)``
        Share of the target's maximum.

    Notes
    -----
    Every effect is ``Normal(0, s_k)``, and what differs is the scale. With ``D`` effects of which
    ``D0`` are expected to matter, and ``e`` the median standard error:

    * horseshoe: ``s_k = c t l_k / sqrt(c^2 + t^2 l_k^2)`` with ``t ~ HalfCauchy(e D0 / (D - D0))``,
      ``l_k ~ HalfStudentT(5)``, ``c^2 ~ InverseGamma(2, 2 x 0.3^2)``; the standard error stands for
      ``sigma / sqrt(N)`` (Piironen and Vehtari 2017, "Sparsity information and regularization in
      the horseshoe and other shrinkage priors")
    * lasso: ``s_k = b sqrt(2 v_k)`` with ``v_k ~ Exponential(1)``, which makes the effect Laplace
      with scale ``b`` (Park and Casella 2008, "The Bayesian lasso")
    * spike_slab: ``log s_k`` goes from that of 0.3 standard errors to that of 0.3 as ``z_k`` goes
      from 0 to 1, with ``z_k = sigmoid(g_k / 0.5)`` and ``g_k ~ Normal(0, 1.7)``, nearly logistic:
      a relaxed Bernoulli (Maddison, Mnih and Teh 2017, "The concrete distribution")

    How far an effect is in the model is ``z_k``, or ``1 - 1 / (1 + (s_k / error_k)^2)``: one less
    the share by which it is shrunk towards 0.
    """
    model = pm.modelcontext(None)
    model.add_coord(SELECTED, error[SELECTED].to_numpy().tolist())
    dims = (SELECTED,)
    known = constant(error)
    if selection.method == "spike_slab":
        gate = pmd.Normal("control_gate", mu=0.0, sigma=GATE_SD, dims=dims)
        inside = ptx.math.sigmoid(gate / TEMPERATURE)
        spike = SPIKE * known
        scale = spike * (SLAB_SD / spike) ** inside
    else:
        draw = _draw_horseshoe if selection.method == "horseshoe" else _draw_lasso
        scale = draw(selection, error)
        inside = 1 - 1 / (1 + (scale / known) ** 2)
    pmd.Deterministic(INCLUSION, inside)
    return draw_adapted("gamma_selected", scale, error, dims)


def _draw_horseshoe(selection: Selection, error: xr.DataArray) -> XTensorVariable:
    """Register the scales of a regularised horseshoe."""
    n_all = error.size
    n_matter = selection.expected or min(DEFAULT_EXPECTED, n_all - 1)
    width = float(error.median()) * n_matter / (n_all - n_matter)
    overall = pmd.HalfCauchy("control_shrinkage", beta=width)
    local = pmd.HalfStudentT("control_local", nu=LOCAL_DF, sigma=1.0, dims=(SELECTED,))
    shape = SLAB_DF / 2
    slab = pmd.InverseGamma("control_slab", alpha=shape, beta=shape * SLAB_SD**2)
    return overall * local * (slab / (slab + (overall * local) ** 2)) ** 0.5


def _draw_lasso(selection: Selection, error: xr.DataArray) -> XTensorVariable:  # noqa: ARG001
    """Register the scales whose mixture is a Laplace distribution."""
    scale = draw_spread("control_shrinkage", LASSO_MEAN)
    mixing = pmd.Exponential("control_local", lam=1.0, dims=(SELECTED,))
    return scale * (2 * mixing) ** 0.5
