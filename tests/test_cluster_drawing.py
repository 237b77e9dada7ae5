"""The page's drawing on a Ray cluster: the process beside the page asks its actors, and draws itself where none is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from ray_cluster import needs_ray
from test_worker import job
from tiny import tiny_pipeline

from mcld_app.checkpoints import save_pipeline
from mcld_app.engine import registry
from mcld_app.engine.drawing_process import DrawingProcess, drawing_process
from mcld_app.engine.worker import draw, drawer, drawings_at_once
from mcld_app.errors import Cancelled
from mcld_app.request import Settings
from mcld_app.studio.panels import weights

FEW, MANY = Settings(steps=2), Settings(steps=200)


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DrawingProcess]:
    """The front of a process that has yet to be started, which draws with a tiny model."""
    drawing_process().close()
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("MCLD_DRAWING", "process")
    for kept in (registry.model_named, registry.engine_for):
        kept.cache_clear()
    save_pipeline(tiny_pipeline(), tmp_path / "checkpoints" / "tiny")
    yield drawing_process()
    drawing_process().close()
    registry.model_named.cache_clear()
    registry.engine_for.cache_clear()


def test_where_no_cluster_is_a_sentence_says_so_and_this_machine_draws(
    process: DrawingProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCLD_RAY", "ray://nowhere:1")  # refused with ray, and without it
    drawing = drawer()
    assert process.process_id is not None
    assert len(list(drawing("tiny", [job()], FEW, str(tmp_path / "stop"), "a"))[-1]) == 1
    line = next(line for line in weights.told(True)["lines"] if line["what"] == "cluster")
    assert line["text"].startswith("MCLD_RAY: ") and "this machine draws by itself" in line["text"]
    assert process.draws_alone and drawings_at_once() == 1
    process.close()
    assert drawings_at_once() > 1, "the next process tries anew"


def actors() -> list[psutil.Process]:
    mine = psutil.Process().children(recursive=True)
    return [one for one in mine if one.is_running() and "ray::_Host" in " ".join(one.cmdline())]


class TestCluster:
    """On a cluster of this machine's own."""

    pytestmark = needs_ray

    def test_actors_draw_what_the_page_draws_and_forget_and_are_replaced(
        self, process: DrawingProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MCLD_RAY", "local")
        stop = str(tmp_path / "stop")
        drawing = drawer()
        *news, there = drawing("tiny", [job(0), job(1)], FEW, stop, "a")
        *_, here = draw("tiny", [job(0), job(1)], FEW, stop)
        assert [n.step for n in news] == [1, 2]
        assert all(np.array_equal(one.picture, other.picture) for one, other in zip(there, here, strict=True))
        assert there[0].picture.flags.owndata or there[0].picture.flags.writeable, "none lies in Ray's store"
        assert "for visitors on 1 machine of a cluster of this machine's own" in process.about()
        assert process.has_loaded("tiny") and process.count("a") > 0
        registry.forget("a")
        assert process.count("a") == 0

        flag, seen = tmp_path / "halt", 0
        with pytest.raises(Cancelled):
            for _ in drawing("tiny", [job()], MANY, str(flag), "a"):
                seen += 1
                flag.touch()
        assert 0 < seen < 200

        steps = []
        for item in drawing("tiny", [job(k) for k in range(8)], Settings(steps=40), stop, "b"):
            if isinstance(item, list):
                assert len(item) == 8
            elif not steps.append(item.step) and len(steps) == 3:
                for one in actors():
                    one.kill()
        assert steps.count(1) == 2 and steps[-1] == 40, "drawn once more, from its beginning"

        child = psutil.Process(process.process_id)
        running = [child, *child.children(recursive=True)]  # others of this process may be other tests'
        process.close()
        _, left = psutil.wait_procs(running, timeout=20)
        assert not [one for one in left if one.status() != psutil.STATUS_ZOMBIE]
        assert os.getpid() not in {one.pid for one in running}
