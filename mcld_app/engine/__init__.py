"""Drawing with a model: loaded once, cached by content, guarded, and run for page, API and command line."""
