"""The texture map: extraction, rendering, completion, and what is laid on it."""
