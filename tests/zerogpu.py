"""A ZeroGPU Space without a GPU, for tests: `python tests/zerogpu.py MODEL STOP_FILE` with SPACES_ZERO_GPU=true.

Everything of the `spaces` package is real, its emulation of CUDA and its worker processes included, except what needs
the Hub or a card: a small server here lends the GPU, and the worker draws on its processor. Prints a line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


class Lender(BaseHTTPRequestHandler):
    """Lends the one GPU to everybody at once, and notes what it is asked."""

    asked: list[str] = []  # noqa: RUF012, one lender in this process

    def do_POST(self) -> None:
        self.asked.append(self.path)
        gpu = {"idle": False, "nvidiaIndex": 0, "nvidiaUUID": "none", "allowToken": "token"}
        answer = json.dumps(gpu if self.path.startswith("/schedule") else {}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


def not_forked() -> bool:
    """In the place of a question that only a CUDA build of torch can answer."""
    return False


def read_photo() -> str:
    """Where DensePose, in small, looks at a photo: in this process, the page's."""
    import numpy as np

    from mcld_app.perception.densepose import estimator

    seeing = estimator()
    seeing.bodies(np.random.default_rng(0).integers(0, 256, (240, 200, 3), np.uint8))
    return seeing.export.device


def main(model: str, stop: str) -> None:
    server = HTTPServer(("127.0.0.1", 0), Lender)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["SPACES_ZERO_DEVICE_API_URL"] = f"http://127.0.0.1:{server.server_port}"

    import torch

    torch.version.cuda = "12.8"  # this and the next: a build of torch for processors passes for one with CUDA
    torch._C._cuda_init = torch._C._cuda_exchangeDevice = None
    torch.cuda._is_in_bad_fork = not_forked

    from mcld_app.engine import registry
    from mcld_app.engine.worker import drawer

    registry.bundled_folder = lambda: ROOT / "no bundled model"  # it takes this emulation a minute
    drawing = drawer()
    placed = registry.place_all()
    pipe = registry.model_named(model).load("cuda", "float16")
    seeing = read_photo()
    told = {
        "torch sees a GPU": torch.cuda.is_available(),
        "people found on": seeing,
        "placed": placed,
        "devices": sorted({str(p.device) for p in pipe.denoising_unet.parameters()}),
        "same": pipe is registry.model_named(model).load("cuda", "float16"),
    }
    from spaces.zero import torch as emulation

    told["packed"] = emulation.pack()
    emulation.init = emulation.move = lambda *_, **__: None
    emulation.size = lambda: 0

    def visitor() -> None:  # Gradio calls in threads of its own, which know nothing of the emulation
        from test_worker import job

        from mcld_app.errors import StudioError
        from mcld_app.request import Settings

        *news, drawn = drawing(model, [job(3)], Settings(steps=2), stop)
        told["steps"] = [step.step for step in news]
        told["shape"], told["device"] = drawn[0].picture.shape, drawn[0].device
        told["kept here"] = registry.engine_for(model).is_loaded
        for name, say in (("missing", lambda: drawing(model, [], Settings(steps=2), stop)), ("stopped", stopped)):
            try:
                list(say())
            except StudioError as error:
                told[name] = f"{type(error).__name__}: {error}"

    def stopped():
        from test_worker import job

        from mcld_app.request import Settings

        flag = Path(stop).with_name(uuid.uuid4().hex)
        for item in drawing(model, [job()], Settings(steps=200), str(flag)):
            flag.touch()
            yield item

    thread = threading.Thread(target=visitor)
    thread.start()
    thread.join()
    told["asked"] = [path.split("?")[0] for path in Lender.asked]
    told["seconds"] = [part for path in Lender.asked for part in path.split("&") if part.startswith("durationSeconds")]
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
