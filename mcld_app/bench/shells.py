"""What shells of hair and skirts are worth: `python -m mcld_app.bench shells`.

Drawn people in a plain studio are known by one photo and its map. In other poses they are drawn from that, without and
with what stands off their body, and compared with how they are drawn there in truth, on a white ground: pixels in
common by those of either (IoU), and PSNR over the box around the person.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.mannequin.rendering import kept_drawing
from mcld_app.body.shells.drawing import draw_shells, over_body
from mcld_app.body.shells.find import found_shells
from mcld_app.body.shells.shell import Shell
from mcld_app.body.shells.standing import stand
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.filling import fill
from mcld_app.body.texture.texture_map import TextureMap, render
from mcld_app.synthetic.people import DrawnPerson, draw_person, render_view

POSES = ("three-quarter", "walking", "side", "back", "sitting-front", "arms-up", "wide-stance")
SIZE = (512, 352)
PEOPLE = {"skirts": 8, "hair": 13}
_LOOSE = ("afro", "bob", "long", "ponytail", "bun")
_GOALS = {"skirts": (0.93, 18.0), "hair": (0.96, 21.5)}
_WORST, _MORE_MS, _MAKE_S = -0.3, 6.0, 0.5


@dataclass(frozen=True)
class Compared:
    """One drawn person in one pose, without shells and with them.

    Attributes:
        seed: the person's.
        pose: its name.
        iou, psnr: without and with.
    """

    seed: int
    pose: str
    iou: tuple[float, float]
    psnr: tuple[float, float]


@dataclass(frozen=True)
class Group:
    """People of one kind.

    Attributes:
        name: of the kind.
        pictures: all of them in all poses.
        make: seconds of processor time to find a person's shells, pose and silhouette included, median.
        more: milliseconds of processor time that a picture takes more with them, median.
    """

    name: str
    pictures: tuple[Compared, ...]
    make: float
    more: float


def people(kind: str) -> Iterator[DrawnPerson]:
    """The first drawn people of a kind of `PEOPLE`: in skirts, or in trousers with hair that stands off."""
    found, seed = 0, 0
    while found < PEOPLE[kind]:
        person = draw_person(seed)
        seed += 1
        skirt = person.bottom.kind == "skirt"
        if skirt if kind == "skirts" else not skirt and person.hair.style in _LOOSE:
            found += 1
            yield person


def bench_shells(kind: str, poses: Sequence[str] = POSES, most: int | None = None) -> Group:
    """Compare the people of a kind, or the first `most` of them. OpenCV is held at one thread: while a second one waits
    for so short a job, its waiting would count as processor time."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return _group(kind, poses, most)
    finally:
        cv2.setNumThreads(threads)


def _group(kind: str, poses: Sequence[str], most: int | None) -> Group:
    pictures, make, more = [], [], []
    for number, person in enumerate(people(kind)):
        if most is not None and number >= most:
            break
        view = render_view(person, named_poses()["standing"], SIZE)
        texture = fill(extract(view.photo, view.iuv), through=True)
        start = time.process_time()
        shells = found_shells(view.photo, view.iuv)
        make.append(time.process_time() - start)
        for name in poses:
            pose = named_poses()[name].of(person.body)
            pictures.append(_compare(person, pose, texture, shells))
            more.append(_more(pose, shells))
    return Group(kind, tuple(pictures), float(np.median(make)), 1000 * float(np.median(more)))


def _compare(person: DrawnPerson, pose: Pose, texture: TextureMap, shells: Sequence[Shell]) -> Compared:
    standing = stand(pose, SIZE)
    body = render(texture, standing.iuv)
    dressed, _ = over_body(body, standing.depth, draw_shells(shells, pose, SIZE))
    truth = render_view(person, pose, SIZE, background=False)
    there = truth.alpha >= 128
    rows, columns = (np.flatnonzero((truth.alpha > 0).any(axis)) for axis in (1, 0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    iou, psnr = [], []
    for drawn in (body, dressed):
        own = drawn[..., 3] > 0
        iou.append(float((own & there).sum() / (own | there).sum()))
        shown = np.where(own[..., None], drawn[..., :3], 255)[box].astype(float)
        psnr.append(float(10 * np.log10(255**2 / ((shown - truth.photo[box]) ** 2).mean())))
    return Compared(person.seed, pose.name, (iou[0], iou[1]), (psnr[0], psnr[1]))


def _more(pose: Pose, shells: Sequence[Shell]) -> float:
    """Seconds that shells cost in a picture: nothing of the pose is kept from before."""
    plain, dressed = pose.replace(), pose.replace()
    start = time.process_time()
    iuv = kept_drawing(plain, SIZE).iuv  # as a preview without shells draws the body
    without = time.process_time() - start
    body = np.dstack([iuv, (iuv[..., 0] > 0) * np.uint8(255)])  # of any colours; a preview has it anyway
    start = time.process_time()
    over_body(body, stand(dressed, SIZE).depth, draw_shells(shells, dressed, SIZE))
    return time.process_time() - start - without


def table(groups: Sequence[Group]) -> str:
    """The groups as text, with the goals."""
    lines = []
    for group in groups:
        iou, psnr = (np.mean([getattr(c, name) for c in group.pictures], axis=0) for name in ("iou", "psnr"))
        gains = [c.psnr[1] - c.psnr[0] for c in group.pictures]
        least = min(range(len(gains)), key=gains.__getitem__)
        worst = group.pictures[least]
        goal = _GOALS[group.name]
        lines += [
            f"{group.name}: {len(group.pictures)} pictures",
            _line("silhouette IoU", f"{iou[0]:.3f} without, {iou[1]:.3f} with", iou[1] >= goal[0], f">= {goal[0]}"),
            _line("PSNR over the box", f"{psnr[0]:.2f} dB, {psnr[1]:.2f} dB", psnr[1] >= goal[1], f">= {goal[1]}"),
            _line("least gain", f"{gains[least]:+.2f} dB, seed {worst.seed}", gains[least] >= _WORST, f">= {_WORST}"),
            _line("to make", f"{group.make:.2f} s", group.make <= _MAKE_S, f"<= {_MAKE_S}"),
            _line("more for a picture", f"{group.more:.1f} ms", group.more <= _MORE_MS, f"<= {_MORE_MS}"),
        ]
        for name in dict.fromkeys(c.pose for c in group.pictures):
            own = [c for c in group.pictures if c.pose == name]
            means = np.mean([(c.iou[1], c.psnr[1]) for c in own], axis=0)
            lines.append(f"    {name:<26}{means[0]:.3f}  {means[1]:.2f} dB")
    return "\n".join(lines)


def _line(what: str, found: str, met: bool, goal: str) -> str:
    return f"  {what:<20}{found:<28}{goal:<10}{'met' if met else 'MISSED'}"
