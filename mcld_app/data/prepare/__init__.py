"""`python -m mcld_app prepare`: DeepFashion's In-shop pictures, as downloaded, into the authors' layout.

    photos       the pictures of a download, and the names the authors give them
    lists        the split into training and tests, and the pairs
    models       DensePose and the face model, which read a photo's IUV map and face
    photo        one photo's files: photo, IUV map, texture map, face
    shards       several runs that share the photos
    on_ray       machines of a cluster in place of this one's processes
    dataset      all photos: find and build the missing files, write the lists and the report
"""

from mcld_app.data.prepare.dataset import Outcome, prepare
from mcld_app.data.prepare.on_ray import RayPool
from mcld_app.data.prepare.shards import Shard

__all__ = ["Outcome", "RayPool", "Shard", "prepare"]
