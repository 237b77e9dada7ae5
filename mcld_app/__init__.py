"""MCLD Studio: re-pose, re-dress and re-identify a person by editing the conditions of MCLD's network."""

__version__ = "0.1.0"
