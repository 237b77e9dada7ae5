"""The tasks that can be trained, one module each; `task_table` lists them."""
