"""`python -m mcld_app prepare`: DeepFashion's In-shop pictures, as downloaded, into the authors' layout.

    photos   which pictures there are, and the names the authors give them
    lists    which of them are for training and which for tests, and the pairs
    looks    what is seen in a photo: its IUV map and its face, by models
    one      one photo's files: photo, IUV map, texture map, face
    worker pool     processes that make them, one photo each at a time
    whole    all of them: what is missing, in which order, and what came of it
"""

from mcld_app.data.prepare.dataset import Outcome, prepare

__all__ = ["Outcome", "prepare"]
