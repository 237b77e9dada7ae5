"""The studio for other programs: `gradio_client` in a process of its own, and what every endpoint says of itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mcld_app.errors import StudioError
from mcld_app.studio.api import endpoints
from mcld_app.studio.page import PANELS

api = SimpleNamespace(**endpoints(PANELS))

PROGRAM = '''
import base64, io, json, sys
from gradio_client import Client
from PIL import Image

client = Client(sys.argv[1], verbose=False)
samples = client.predict(api_name="/samples")
recipe = client.predict("person:mara", api_name="/start")
behind = client.predict(recipe, "back", api_name="/pose")  # of whom no photo shows anything from there
recipe = client.predict(recipe, "garment:jeans", "bottom", api_name="/wear")
recipe = client.predict(recipe, "upper", None, "#ff00ff", api_name="/cover")
recipe = client.predict(recipe, "arms-up", api_name="/pose")
recipe = client.predict(recipe, "person:kofi", 0.5, api_name="/face")
picture = Image.open(io.BytesIO(base64.b64decode(client.predict(recipe, api_name="/preview"))))
drawn = client.predict(recipe, [3, 4], 2, 1.0, "ddim", "bundled", api_name="/generate")
sizes = [Image.open(io.BytesIO(base64.b64decode(one))).size for one in drawn]
try:
    client.predict(recipe, "nonsense", api_name="/pose")
    told = ""
except Exception as error:
    told = str(error)
print(json.dumps({
    "people": len(samples["people"]), "edits": [e["kind"] for e in json.loads(recipe)["edits"]],
    "size": picture.size, "drawn": sizes, "told": told,
    "health": [sorted(f) for f in client.predict(behind, api_name="/health")],
}))
'''


@pytest.mark.browser
def test_another_program_edits_and_draws_by_named_endpoints(studio_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, studio_url], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["people"] >= 8
    assert told["edits"] == ["wear", "cover", "face", "skin"]
    assert told["size"] == [352, 512] and told["drawn"] == [[176, 256]] * 2
    assert "There is no such pose" in told["told"] and "Traceback" not in told["told"]
    assert told["health"] and {*map(tuple, told["health"])} == {("kind", "level", "measure", "text")}


def test_every_endpoint_is_typed_and_says_what_it_does() -> None:
    import inspect

    for name, function in vars(api).items():
        signature = inspect.signature(function)
        assert function.__doc__ and signature.return_annotation is not inspect.Signature.empty, name
        for parameter in signature.parameters.values():
            assert parameter.annotation is not inspect.Parameter.empty, (name, parameter.name)


def test_the_endpoints_are_those_that_programs_were_promised() -> None:
    assert set(vars(api)) == {
        "samples", "keep", "recipe", "start", "start_with_photo", "pose", "turn", "drag", "mirror", "pose_of",
        "pose_file", "paint_pose", "pose_by_hand", "wear", "garment_from_photo", "cover", "paint", "texture",
        "face", "face_weight", "switch", "stand_off", "move", "remove", "guess", "preview", "picture", "health",
        "see",
    }  # fmt: skip
    assert sum(len(panel.endpoints) for panel in PANELS) + 3 == len(vars(api)), "no two of one name"


def test_an_endpoint_keeps_nothing_and_the_recipe_holds_all() -> None:
    recipe = api.wear(api.start("person:tomas"), "garment:jeans", "bottom")
    again = api.mirror(api.pose(recipe, "one-hand-up"))
    assert json.loads(again)["edits"] == json.loads(recipe)["edits"]
    assert json.loads(api.remove(recipe, 0))["edits"] == []
    with pytest.raises(StudioError, match="not in the list"):
        api.remove(recipe, 3)


def test_a_photo_comes_in_and_goes_along_with_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    import base64

    from mcld_app.editing import samples

    sample = [*samples.people().values()][2]
    photo, iuv = (base64.b64encode(Path(p).read_bytes()).decode() for p in (sample.photo_path, sample.iuv_path))
    recipe = api.pose(api.start_with_photo(photo, iuv), "arms-up")
    assert len(json.loads(recipe)["pictures"]) == 1
    monkeypatch.setenv("SPACE_ID", "somebody/studio")
    with pytest.raises(StudioError, match="I may use these pictures"):
        api.start_with_photo(photo, iuv)
    assert api.start_with_photo(photo, iuv, may_use=True)
