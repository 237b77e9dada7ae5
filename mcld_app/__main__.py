"""The command line: `python -m mcld_app COMMAND`."""

import sys

from mcld_app.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
