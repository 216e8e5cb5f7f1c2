"""A spec from its file, for who works without a lineage."""

from pathlib import Path

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mmm_pipeline.errors import SpecError
from mmm_pipeline.spec.location import SettingLocation
from mmm_pipeline.spec.model import ModelSpec
from mmm_pipeline.spec.wording import tell_error


def read_spec(path: Path) -> ModelSpec:
    """Read the spec of a model.

    Parameters
    ----------
    path : pathlib.Path
        A `defs.yaml` that holds one model.

    Returns
    -------
    ModelSpec

    Raises
    ------
    SpecError
        If it is no YAML, holds no model, or says what a spec cannot; with file and line.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        message = f"{path.name} must be YAML: {error}"
        raise SpecError(message) from None
    attributes = document.get("attributes") if isinstance(document, dict) else None
    if not isinstance(attributes, dict):
        message = f"{path.name} must hold a model: `type`, and its words under `attributes`"
        raise SpecError(message)
    location = SettingLocation.from_yaml(path, path.name, str(attributes.get("name")))
    try:
        return ModelSpec.model_validate(attributes)
    except ValidationError as error:
        problems = [_tell(location, one) for one in error.errors(include_url=False)]
        raise SpecError("\n".join(problems)) from None


def _tell(location: SettingLocation, error: ErrorDetails) -> str:
    """Tell a refusal, with the place of what is refused."""
    return f"{location.locate([str(word) for word in error['loc']])}: {tell_error(error)}"
