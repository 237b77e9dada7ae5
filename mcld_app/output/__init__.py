"""Drawn pictures as files with provenance, with a visible watermark, as animations, under heat maps."""
