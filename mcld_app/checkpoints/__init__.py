"""Model weights: which there are, where they lie, whether they are what they were, and how they become a pipeline.

    table      every weight as data: where it comes from, its size, licence and, where known, its SHA-256
    places     the folders that weights are kept in
    find       where a weight lies: the checkpoints folder first, then the Hugging Face cache
    recognise  what a file is, by its outline
    manifest     the SHA-256 of each file at the time it came here; nothing else is ever loaded
    fetch      download with resume and progress
    read       tensors from a file without running anything in it; strict loading
    build      an `MCLDPipeline` from the published files (`published`) or from a folder in diffusers' layout (`saved`)

Every function here takes the path of a file that the owner of this machine put there. None takes bytes, and none may
be handed a file that a visitor of the page sent.
"""

from mcld_app.checkpoints.downloads import DownloadProgress, download
from mcld_app.checkpoints.errors import (
    BrokenWeights,
    DiskFull,
    DownloadError,
    MissingWeights,
    UntrustedWeights,
    WeightsError,
)
from mcld_app.checkpoints.find import Found, find, find_all
from mcld_app.checkpoints.folders import bundled_folder, checkpoints_folder
from mcld_app.checkpoints.loading import load_pipeline
from mcld_app.checkpoints.manifest import ChecksumManifest, trust
from mcld_app.checkpoints.saved import save_pipeline
from mcld_app.checkpoints.sizes import PUBLISHED, Sizes
from mcld_app.checkpoints.table import NEEDED, OPTIONAL, READERS, TABLE, Weight, wanted, weight_named

__all__ = [
    "NEEDED",
    "OPTIONAL",
    "PUBLISHED",
    "READERS",
    "TABLE",
    "BrokenWeights",
    "ChecksumManifest",
    "DiskFull",
    "DownloadError",
    "DownloadProgress",
    "Found",
    "MissingWeights",
    "Sizes",
    "UntrustedWeights",
    "Weight",
    "WeightsError",
    "bundled_folder",
    "checkpoints_folder",
    "download",
    "find",
    "find_all",
    "load_pipeline",
    "save_pipeline",
    "trust",
    "wanted",
    "weight_named",
]
