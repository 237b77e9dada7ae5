"""Choose the fixed test cases of `python -m mcld_app evaluate --drawn` (run once; the list is in the repository).

Case k is test person k. Clothes and faces come from test people 1000 and up whose photos show what is taken.
"""

from __future__ import annotations

import csv

from mcld_app.body.texture.dressing import garment_layer
from mcld_app.errors import StudioError
from mcld_app.evaluation.cases import CASES, case_person

COUNT = 256


def main() -> None:
    clothes, faces, n = [], [], 1000
    while len(clothes) < COUNT or len(faces) < COUNT:
        candidate = case_person(n)
        try:
            garment_layer(candidate.person.texture, "upper")
            clothes.append(n)
        except StudioError:
            pass
        if candidate.head is not None:
            faces.append(n)
        n += 1
    CASES.parent.mkdir(parents=True, exist_ok=True)
    with CASES.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("person", "clothes", "face"))
        # The face is another one than that of the person whose clothes are taken.
        writer.writerows((k, clothes[k], faces[(k + 7) % COUNT]) for k in range(COUNT))


if __name__ == "__main__":
    main()
