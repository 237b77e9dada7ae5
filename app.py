"""MCLD Studio: `python app.py` serves the page at http://127.0.0.1:7860 (GRADIO_SERVER_NAME and GRADIO_SERVER_PORT
choose another place). This file is also the entry point of a Hugging Face Space (docs/spaces.md)."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from importlib.util import find_spec

from mcld_app.deployment import on_zerogpu, server_address, serves_mcp
from mcld_app.errors import StudioError
from mcld_app.studio import serving

_temporary_folder = serving.own_temporary_folder()
serving.one_thread_each()
serving.write_no_stubs()
with serving.without_unusable_proxies():  # all four are looked at when Gradio and OpenCV are imported
    from mcld_app.editing import samples
    from mcld_app.engine import finding_process
    from mcld_app.engine.registry import place_all
    from mcld_app.output.credentials import fault_of_the_operators
    from mcld_app.studio.half_sent import close_half_sent_requests
    from mcld_app.studio.page import build, launch_options
    from mcld_app.studio.redaction import redact_logs

try:
    demo = build()
except StudioError as error:
    sys.exit(str(error))
if on_zerogpu():  # `build` has imported `spaces`, without which there is no CUDA to load anything for
    place_all()


def main() -> None:
    """Serve the page until it is stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # Python's own end leaves temporary folders behind
    redact_logs()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if serves_mcp() and find_spec("mcp") is None:
        sys.exit('Serving MCP clients needs one more package: pip install "mcp>=1.21,<2", or leave MCLD_MCP out.')
    try:
        host, port = server_address()
        options = launch_options(lambda: demo.health)
    except StudioError as error:
        sys.exit(str(error))
    if fault := fault_of_the_operators():
        print(fault, file=sys.stderr, flush=True)
    serving.reach_this_machine(server_name=host)
    close_half_sent_requests()
    try:
        with serving.without_unusable_proxies():
            demo.launch(server_name=host, server_port=port, prevent_thread_lock=True, **options)
    except OSError as error:
        if "empty port" not in str(error):
            raise
        sys.exit(f"Port {port} is taken, perhaps by another studio. Stop that, or set GRADIO_SERVER_PORT to another.")
    threading.Thread(target=make_ready, name="ready", daemon=True).start()
    demo.block_thread()


def make_ready() -> None:
    """Work out what visitors will need, before they come."""
    try:
        demo.make_ready()
    except StudioError:
        return  # of the samples: the page says what is wrong
    samples.make_ready()
    finding_process.make_ready()


if __name__ == "__main__":
    main()
