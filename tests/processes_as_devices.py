"""`python -m mcld_app` for processes on a CPU which accelerate is to take for devices: FSDP is only offered for those.

    torchrun --nproc_per_node 2 tests/processes_as_devices.py train CONFIG

With the surroundings that `accelerate launch` would set for a file of configs/accelerate.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def main() -> int:
    """Run the command; returns its exit status."""
    from accelerate.state import PartialState
    from accelerate.utils import DistributedType

    from mcld_app.cli.main import main as command

    PartialState(cpu=True)
    PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU
    return command()


if __name__ == "__main__":
    sys.exit(main())
