"""What is wrong with the conditions, said before anything is generated (the paper's failure cases, section 4.5)."""

from __future__ import annotations

import numpy as np

from mcld_app.body.iuv import check_iuv
from mcld_app.editing.diagnostics.finding import Finding, Kind, SourceConditions
from mcld_app.editing.diagnostics.source import source_findings
from mcld_app.editing.diagnostics.target import pose_findings

__all__ = ["Finding", "Kind", "SourceConditions", "findings"]


def findings(source: SourceConditions, target_iuv: np.ndarray) -> tuple[Finding, ...]:
    """What is wrong with a person's conditions for a target pose; nothing at all where they are healthy.

    Args:
        source: the person: photo, texture maps, face.
        target_iuv: (H, W, 3) uint8, channels I, U, V: the pose to draw them in.

    Returns:
        Findings, warnings first.

    Raises:
        IUVError: where the target is no IUV map. One that shows no body is a finding, not an error.
    """
    is_map = isinstance(target_iuv, np.ndarray) and target_iuv.dtype == np.uint8 and target_iuv.shape[2:] == (3,)
    if not is_map or target_iuv[..., 0].any():
        check_iuv(target_iuv)
    found = pose_findings(target_iuv)
    if not any(finding.kind == "pose_empty" for finding in found):
        found += source_findings(source, target_iuv)
    return tuple(sorted(found, key=lambda finding: finding.level != "warning"))
