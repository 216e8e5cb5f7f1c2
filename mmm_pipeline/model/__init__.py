"""From spec and validated frame to a posterior. The only room that builds models."""
