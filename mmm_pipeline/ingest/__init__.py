"""From a source to one validated frame. Whoever owns this door owns the truth."""
