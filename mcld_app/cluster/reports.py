"""What machines of a cluster say of themselves, and what is wrong with some of them. Knows nothing of Ray."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcld_app.errors import StudioError


@dataclass(frozen=True)
class Report:
    """What a machine says.

    Attributes:
        name: the machine's.
        version, code: the program's version, and a hash of its source.
        told: what was asked for: for instance which weights it has.
        fault: a sentence, where it cannot do the work; else "".
    """

    name: str
    version: str = ""
    code: str = ""
    told: str = ""
    fault: str = ""


def unable(said: str, folder: Path) -> str:
    """Why a machine cannot run the program.

    Args:
        said: what Ray said.
        folder: where the checkout lies on this machine.
    """
    if "No module named 'mcld_app'" in said:
        return f"There is no checkout of MCLD Studio at {folder}. It has to lie in the same place on all machines."
    lines = said.strip().splitlines() or [""]
    return f"The program cannot be run there: {lines[-1][:200]}"


def check_reports(reports: Sequence[Report], version: str, code: str) -> None:
    """Whether all machines can do the same work, for the same result.

    Args:
        reports: one of each machine.
        version, code: of this process's program.

    Raises:
        StudioError: one line for each machine that cannot.
    """
    faults = []
    for report in reports:
        if report.fault:
            faults.append(f"{report.name}: {report.fault}")
        elif report.code != code:
            faults.append(
                f"{report.name}: it has other code of MCLD Studio (version {report.version}, here {version}). Give all "
                "machines the same, and start Ray there again."
            )
        elif report.told != reports[0].told:
            faults.append(f"{report.name}: it has other weights than {reports[0].name}. Give all machines the same.")
    if faults:
        raise StudioError("Nothing was begun, because not every machine can do the work.\n" + "\n".join(faults))
