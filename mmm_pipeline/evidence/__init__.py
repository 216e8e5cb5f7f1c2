"""Whether a model may be believed."""
