"""Whether tests try all examples they have, and not only enough of them: `MCLD_THOROUGH=1 make test`, some minutes
longer."""

from __future__ import annotations

import os

THOROUGH = "MCLD_THOROUGH" in os.environ
