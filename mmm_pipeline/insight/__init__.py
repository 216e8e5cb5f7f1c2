"""What a converged fit says: contributions, returns, curves."""
