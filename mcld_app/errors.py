"""The errors a user may see. Each message is one or two plain sentences: what is wrong and what to do."""


class StudioError(Exception):
    """A sentence for the user; the page and the command line show `str(error)` and nothing else."""


class PictureError(StudioError):
    """A picture that cannot be read or used."""


class NotAtHand(StudioError):
    """A picture that a recipe needs, does not carry, and that is not here."""


class IUVError(StudioError):
    """An IUV map that cannot be read, or does not belong to its photo."""


class PoseError(StudioError):
    """A pose that names an unknown joint or leaves a joint's limits."""


class FileError(StudioError):
    """A file or folder that cannot be written."""


class DiskFull(FileError):
    """Too little space on a disk."""


class Cancelled(StudioError):
    """Somebody stopped what was being done; nothing is wrong."""

    def __init__(self, message: str = "Stopped.") -> None:
        super().__init__(message)
