"""The page is served whatever the surroundings: proxies, and a temporary folder that belongs to somebody else."""

from __future__ import annotations

import importlib.util
import os
import urllib.request
from pathlib import Path

import pytest
from conftest import run_studio
from thorough import some

from mcld_app.studio import serving

NOWHERE = "http://127.0.0.1:9"
"""A proxy that takes no call."""


def page_of(url: str) -> tuple[int, str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=30) as answer:
        return answer.status, answer.read().decode()


@pytest.mark.parametrize(
    "proxies",
    some([
        {"HTTP_PROXY": NOWHERE, "HTTPS_PROXY": NOWHERE, "ALL_PROXY": "socks5://127.0.0.1:9"},
        {"http_proxy": NOWHERE, "no_proxy": "example.org"},
        {"ALL_PROXY": "socks5://127.0.0.1:9"},
    ], 1),
)  # fmt: skip
def test_the_page_is_served_under_a_proxy_and_where_the_temporary_folder_is_somebody_elses(
    proxies: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    taken = somebody_elses(tmp_path)
    with run_studio(tmp_path, GRADIO_TEMP_DIR=str(taken), **proxies) as running:
        status, page = page_of(running.url)
        assert status == 200 and "MCLD Studio" in page
        assert "Traceback" not in running.log()


def test_gradio_parses_itself_for_no_editor() -> None:
    import gradio

    spec = serving._WithoutStubs().find_spec("gradio.component_meta", gradio.__path__)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert made.create_or_modify_pyi(int, "int", []) is None, "else it looks for a class's source"
    assert made.ComponentMeta.__name__ == "ComponentMeta"
    assert serving._WithoutStubs().find_spec("gradio.blocks", gradio.__path__) is None
    assert gradio.component_meta.create_or_modify_pyi.__name__ == "<lambda>", "as it is for the studio"


def somebody_elses(folder: Path) -> Path:
    """A place that nothing can be put in. For root, who may write to every folder, it is no folder."""
    taken = folder / "gradio"
    if os.name == "posix" and os.geteuid() != 0:
        taken.mkdir(mode=0o555)
    else:
        taken.write_text("not a folder", "utf-8")
    return taken


# ---- each alone ---------------------------------------------------------------------------------------------------


def test_calls_to_this_machine_go_past_the_proxy_and_others_do_not() -> None:
    from httpx._utils import get_environment_proxies

    environment = {"HTTP_PROXY": NOWHERE, "NO_PROXY": "intern.example, 10.0.0.0/8"}
    serving.reach_this_machine(environment, "192.168.1.5")
    assert environment["no_proxy"] == environment["NO_PROXY"]
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        around = get_environment_proxies()
    for host in ("127.0.0.1", "localhost", "192.168.1.5"):
        assert any(host in pattern and proxy is None for pattern, proxy in around.items()), host
    assert any("intern.example" in pattern and proxy is None for pattern, proxy in around.items()), "as it was said"
    assert around["http://"] == NOWHERE


@pytest.mark.parametrize("said", ["*", "a.example,*"])
def test_who_wants_no_proxy_at_all_gets_none(said: str) -> None:
    environment = {"NO_PROXY": said}
    serving.reach_this_machine(environment, "127.0.0.1")
    assert environment["NO_PROXY"] == environment["no_proxy"] == "*"


def test_a_proxy_without_its_package_is_away_only_for_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "find_spec", lambda name: None)
    before = {"ALL_PROXY": "socks5h://127.0.0.1:9", "HTTP_PROXY": NOWHERE, "PATH": "socks"}
    environment = dict(before)
    with pytest.raises(KeyError), serving.without_unusable_proxies(environment):
        assert environment == {"HTTP_PROXY": NOWHERE, "PATH": "socks"}
        raise KeyError
    assert environment == before, "what calls out later must not go past it"
    monkeypatch.setattr(serving, "find_spec", lambda name: object())
    with serving.without_unusable_proxies(environment):
        assert environment == before


def test_the_usual_temporary_folder_is_kept_where_it_will_do(tmp_path: Path) -> None:
    environment = {"GRADIO_TEMP_DIR": str(tmp_path / "new" / "gradio")}
    assert serving.own_temporary_folder(environment) is None
    assert environment == {"GRADIO_TEMP_DIR": str(tmp_path / "new" / "gradio")}
    assert list((tmp_path / "new" / "gradio").iterdir()) == [], "nothing of the trial is left"


def test_else_there_is_one_of_its_own_that_nobody_else_can_read(tmp_path: Path) -> None:
    environment = {"GRADIO_TEMP_DIR": str(somebody_elses(tmp_path))}
    own = serving.own_temporary_folder(environment)
    folder = Path(environment["GRADIO_TEMP_DIR"])
    assert folder.is_dir() and str(folder) == own.name
    if os.name == "posix":
        assert folder.stat().st_mode & 0o077 == 0
    own.cleanup()
    assert not folder.exists()


def test_edits_are_worked_out_by_one_thread_each_unless_the_operator_says_otherwise() -> None:
    told = {"OPENBLAS_NUM_THREADS": "4"}
    serving.one_thread_each(told)
    assert told == {"OPENBLAS_NUM_THREADS": "4", "OPENCV_FOR_THREADS_NUM": "1"}
