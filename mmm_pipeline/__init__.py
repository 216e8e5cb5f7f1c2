"""One YAML file becomes a gated, reported Bayesian marketing mix model."""
