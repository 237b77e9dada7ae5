"""Commands of `python -m mcld_app`."""
