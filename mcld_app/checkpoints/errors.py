"""What can be wrong with weights. The kinds are told apart by `doctor` and the page; the message is for the user."""

from __future__ import annotations

from mcld_app.errors import DiskFull, StudioError

__all__ = ["BrokenWeights", "DiskFull", "DownloadError", "MissingWeights", "UntrustedWeights", "WeightsError"]


class WeightsError(StudioError):
    """Weights that cannot be used."""


class MissingWeights(WeightsError):
    """A file that is neither in the checkpoints folder nor in the Hugging Face cache."""


class UntrustedWeights(WeightsError):
    """A file put there by hand, of which the owner has not said yet that it may be loaded."""


class BrokenWeights(WeightsError):
    """A file that is cut short, changed, no weights at all, or does not fit the network."""


class DownloadError(WeightsError):
    """A download that did not come to its end."""
