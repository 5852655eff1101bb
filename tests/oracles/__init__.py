"""Slow, obvious references that share no code with neurosim. Tests import them as `oracles.NAME`."""
