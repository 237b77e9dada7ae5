"""How fast the studio is, measured: `python -m mcld_app.bench body`, `network`, `page` or `load`."""
