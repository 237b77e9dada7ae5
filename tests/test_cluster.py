"""Work on a Ray cluster: what fits, what is refused, and what survives when machines die."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from ray_cluster import ROOT, needs_ray, nodes_of
from tiny import tiny_pipeline

from mcld_app.catalogue.drawing import Options, Outcome
from mcld_app.catalogue.matrix import matrix
from mcld_app.catalogue.on_ray import on_ray
from mcld_app.catalogue.place import Place
from mcld_app.catalogue.run import run_rows
from mcld_app.catalogue.table import read_rows, write_rows
from mcld_app.checkpoints import save_pipeline
from mcld_app.cli.long_work import cluster_arguments, need_of
from mcld_app.cli.main import main
from mcld_app.cluster import connection
from mcld_app.cluster.connection import nodes
from mcld_app.cluster.fitting import Need, Node, Pool, awaited_pool, page_need, pool_for
from mcld_app.cluster.reports import Report, check_reports, unable
from mcld_app.cluster.spread import spread
from mcld_app.errors import StudioError

TWO = (Node("1", "one", 4, 1), Node("2", "two", 4, 2))


# --- without Ray ----------------------------------------------------------------------------------------------------


def test_as_many_actors_as_fit() -> None:
    assert pool_for(Need(), TWO).most == 3 and pool_for(Need(gpus=0.5), TWO).most == 6
    assert pool_for(Need(gpus=0, cpus=2), TWO).most == 4 and pool_for(Need(most=2), TWO).most == 2
    only = pool_for(Need(gpus=2), TWO)
    assert (only.most, [node.name for node in only.nodes]) == (1, ["two"])
    assert pool_for(Need(), [Node("1", "no GPU", 3)]).gpus == 0


@pytest.mark.parametrize(
    ("need", "nodes", "said"),
    [
        (Need(gpus=1), [Node("1", "a", 8)], "no GPU"),
        (Need(gpus=4), TWO, "room for 0 actors .* on 2 machines"),
        (Need(least=9, cpus=2), [Node("1", "a", 8)], "room for 4 actors .* on one machine"),
        (Need(least=0), TWO, "at least one"),
        (Need(), [], "0 machines"),
    ],
)
def test_what_does_not_fit_is_said(need: Need, nodes: list[Node], said: str) -> None:
    with pytest.raises(StudioError, match=said):
        pool_for(need, nodes)


@pytest.mark.parametrize(("join", "waits"), [(10.0, 60.0), (70.0, 60.0), (10.0, 0.0)])
def test_machines_that_join_late_are_waited_for(join: float, waits: float) -> None:
    now, told = [0.0], []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    def nodes() -> Sequence[Node]:
        return TWO if now[0] >= join else TWO[:1]

    def pool() -> Pool:
        return awaited_pool(Need(gpus=1, least=3, wait=waits), nodes, told.append, lambda: now[0], sleep)

    if join < waits:
        assert pool().most == 3 and now[0] == join
    else:
        with pytest.raises(StudioError, match=r"room for 1 actors .* 3 are asked for: 2 are missing"):
            pool()
        assert now[0] == waits
    said = "There is room for 1 of 3 actors on one machine. Others are waited for, 60 s at most."
    assert told == ([said] if waits else [])
    with pytest.raises(StudioError, match="at least one"):
        awaited_pool(Need(least=0, wait=60), nodes, told.append, lambda: now[0], sleep)


def test_a_head_that_comes_late_is_waited_for_and_one_that_refuses_is_asked_for_its_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With nothing of Ray but what is asked of it here."""

    class NoToken(ConnectionError):
        pass

    def init(*_, **__) -> None:
        raise NoToken("Failed to connect to Ray cluster at x")

    given = SimpleNamespace(init=init, shutdown=lambda: None, exceptions=SimpleNamespace(RayError=NoToken))
    monkeypatch.setitem(sys.modules, "ray", given)
    monkeypatch.setattr(connection, "_BETWEEN_LOOKS", 0.0)
    answers, told = iter([False, False, True]), []

    def answers_then(address: str) -> None:
        if not next(answers):
            raise connection.NoHead("No Ray cluster answers.")

    monkeypatch.setattr(connection, "_answers", answers_then)
    with pytest.raises(StudioError, match=r"at x.*RAY_AUTH_MODE"), connection.connected("HEAD:1", 60, told.append):
        raise AssertionError("there is no connection")
    assert len(told) == 1 and "HEAD:1" in told[0] and next(answers, None) is None


def test_with_a_least_number_of_actors_machines_are_waited_for() -> None:
    parser = argparse.ArgumentParser()
    cluster_arguments(parser)

    def wait(*words: str) -> float:
        return need_of(parser.parse_args(words)).wait

    assert wait("--ray", "a:1") == 0 and wait("--ray", "a:1", "--least-actors", "3") == 300
    assert wait("--ray", "local", "--least-actors", "3") == 0 and wait("--ray", "a:1", "--wait", "5") == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--ray", "--workers", "2"], "--workers is for this machine"),
        (["--ray", "--devices", "cpu"], "--devices is for this machine"),
        (["--actors", "2"], "--actors is for a Ray cluster"),
    ],
)
def test_what_preparing_would_ignore_is_refused(tmp_path: Path, capsys, words: list[str], said: str) -> None:
    assert main(["prepare", str(tmp_path / "source"), str(tmp_path / "folder"), *words]) == 1
    assert said in capsys.readouterr().err and not (tmp_path / "folder").exists()


def test_for_visitors_there_is_an_actor_for_each_gpu_or_one_for_each_machine() -> None:
    assert pool_for(page_need(TWO), TWO).most == 3
    plain = [Node("1", "a", 4), Node("2", "b", 2), Node("3", "head", 0)]
    pool = pool_for(page_need(plain), plain)
    assert (pool.most, pool.gpus, pool.cpus, [node.name for node in pool.nodes]) == (2, 0, 1, ["a", "b"])
    with pytest.raises(StudioError, match="room for 0 actors"):
        pool_for(page_need(plain[2:]), plain[2:])


def test_each_machine_that_cannot_do_the_work_is_named() -> None:
    good = Report("one", "1.0", "abc", "weights")
    check_reports([good, good], "1.0", "abc")
    bad = [good, Report("two", "1.0", "abc", fault="No model is here."), Report("three", "0.9", "def", "weights"),
           Report("four", "1.0", "abc", "others")]  # fmt: skip
    with pytest.raises(StudioError) as told:
        check_reports(bad, "1.0", "abc")
    lines = str(told.value).splitlines()[1:]
    assert [line.partition(":")[0] for line in lines] == ["two", "three", "four"]
    assert "version 0.9, here 1.0" in lines[1] and "other weights than one" in lines[2]


def test_a_machine_without_the_checkout_is_told_where_it_belongs() -> None:
    said = "ray::_report()\nModuleNotFoundError: No module named 'mcld_app'"
    assert f"no checkout of MCLD Studio at {Path('/opt/mcld')}" in unable(said, Path("/opt/mcld"))
    assert unable("a\nMemoryError: b\n", Path("/")) == "The program cannot be run there: MemoryError: b"


def test_without_ray_a_sentence_says_what_to_install(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    write_rows(tmp_path / "t.csv", matrix(["person:mara"]))
    assert main(["generate", str(tmp_path / "t.csv"), "-o", str(tmp_path / "out"), "--ray"]) == 1
    assert "Ray is not installed" in capsys.readouterr().err


# --- with a cluster of two nodes -------------------------------------------------------------------------------------


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a tiny model, which draws 64 x 64 pixels."""
    monkeypatch.setattr("mcld_app.cluster.connection._answers", lambda address: None)  # tests reach only 127.0.0.1
    folder = tmp_path / "checkpoints"
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(folder))  # first: that folder is where it is vouched for
    save_pipeline(tiny_pipeline(), folder / "tiny")
    return folder


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    write_rows(path, matrix(["person:mara", "person:aiko"], poses=["walking", "photo"], seeds=list(range(10))))
    return path


def ours() -> list[psutil.Process]:
    """Processes of Ray that this one started and that still run."""
    words = ("raylet", "gcs_server", "ray::", "default_worker")
    running = psutil.Process().children(recursive=True)
    return [one for one in running if one.is_running() and any(word in " ".join(one.cmdline()) for word in words)]


class TestCluster:
    """Each of these starts one cluster: 10 s, and drawing."""

    pytestmark = needs_ray

    def test_forty_rows_are_drawn_once_though_a_node_is_killed_midway(self, tmp_path: Path, weights, jobs) -> None:
        out, seen = Place(str(tmp_path / "out")), []
        with nodes_of(1, 1, weights=weights) as cluster:
            draw = on_ray(Place(str(tmp_path)), out, Options("tiny", steps=2), Need(least=2), cluster.address)

            def kill(outcome: Outcome) -> None:
                seen.append(outcome)
                if len(seen) == 12:
                    cluster.remove_node(cluster.others[0], allow_graceful=False)

            totals = run_rows(read_rows(str(jobs)), out, draw, on_outcome=kill)
        assert (totals.made, totals.failed, len(out.names() - {".mcld-run.lock"})) == (40, [], 40)
        assert len({outcome.row.file for outcome in seen}) == 40
        print("rows by process:", Counter(outcome.where for outcome in seen))
        assert len({outcome.where for outcome in seen}) >= 2
        assert not ours()

    def test_a_piece_that_ends_its_process_costs_itself(self) -> None:
        import ray

        with nodes_of(1, 1) as cluster, ray.init(cluster.address, log_to_driver=False):
            pool = pool_for(Need(), nodes())
            told = list(spread(lambda: lambda asked: os._exit(1) if asked == "2" else asked, ["1", "2", "3"], pool))
        assert sorted(told) == ["1", "3"] and not ours()

    def test_weights_missing_on_one_machine_are_said_before_anything_is_drawn(
        self, tmp_path: Path, weights, jobs, capsys
    ) -> None:
        (empty := tmp_path / "empty").mkdir()
        with nodes_of(1, 1, weights=weights, checkpoints={1: empty}) as cluster:
            other = cluster.others[0].node_id[:6]
            words = ["generate", str(jobs), "-o", str(tmp_path / "out"), "--model", "tiny", "--ray", cluster.address]
            assert main(words) == 1
            said = capsys.readouterr().err
            assert f"node {other}): There is no model 'tiny'" in said and "Nothing was begun" in said
            assert main([*words, "--gpus", "1"]) == 1
            assert "no GPU" in capsys.readouterr().err
        assert not list((tmp_path / "out").glob("*.png")) and not ours()

    @pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
    def test_the_head_killed_ends_the_run_and_the_next_one_goes_on(self, tmp_path: Path, weights, jobs) -> None:
        out = tmp_path / "out"
        command = [sys.executable, "-m", "mcld_app", "generate", str(jobs), "-o", str(out), "--model", "tiny",
                   "--steps", "40", "--ray"]  # fmt: skip
        with nodes_of(1, 1, weights=weights) as cluster:
            driver = subprocess.Popen([*command, cluster.address], cwd=ROOT, stderr=subprocess.PIPE, text=True)
            while len(list(out.glob("*.png"))) < 4 and driver.poll() is None:
                time.sleep(0.05)
            for one in psutil.Process().children(recursive=True):
                if "gcs_server" in one.name():
                    one.kill()
            _, said = driver.communicate(timeout=150)
        there = len(list(out.glob("*.png")))
        assert driver.returncode and 4 <= there < 40, said[-2000:]
        command[command.index("40")] = "2"
        done = subprocess.run([*command, "local"], cwd=ROOT, stderr=subprocess.PIPE, text=True, timeout=150)
        assert done.returncode == 0 and f"{40 - there} pictures drawn, {there} were there" in done.stderr
        assert not ours()


def test_an_address_where_no_cluster_is(tmp_path: Path, capsys) -> None:
    pytest.importorskip("ray", reason="ray is not installed: pip install -r requirements-cluster.txt")
    write_rows(tmp_path / "t.csv", matrix(["person:mara"]))
    for address, said in (("127.0.0.1:1", "No Ray cluster answers"), ("ray://x:1", "no address of a head")):
        assert main(["generate", str(tmp_path / "t.csv"), "-o", str(tmp_path / "out"), "--ray", address]) == 1
        assert said in capsys.readouterr().err
