"""The page's panels: a folder each, with its markup and wiring (`PANEL`), its script and its style sheet."""
