"""The page's panels, a folder each: `__init__.py` has markup, wiring, actions and endpoints, and ends in
`PANEL`; beside it are the panel's script and its style sheet.

A new panel is a folder NAME with `__init__.py`, `NAME.js` and `NAME.css`, and its place in `studio/page.py`.
"""
