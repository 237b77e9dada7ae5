"""The command line: `python -m mcld_app COMMAND`.

    main   the table of commands, and the way from the words typed to an exit status
    NAME   one module for each command: `arguments(parser)` adds its arguments, `run(chosen)` does the work, prints the
           outcome and returns the exit status

A command's module is imported when that command is used. The rooms below hold the work and know no `argparse`.
"""
