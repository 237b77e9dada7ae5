"""Actions, and pieces of them, that several panels share: functions (editor state, what the page sent) -> editor state.

Everything an action raises to tell the visitor something is a `StudioError`. What belongs to one panel alone is in its
folder.
"""
