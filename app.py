"""MCLD Studio: `python app.py` serves the page at http://127.0.0.1:7860 (GRADIO_SERVER_NAME and GRADIO_SERVER_PORT
choose another place). This file is also the entry point of a Hugging Face Space."""

from __future__ import annotations

import logging
import os
import sys

from mcld_app.studio.page import build, launch_options

demo = build()


def main() -> None:
    """Serve the page until it is stopped."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    name, port = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"), os.environ.get("GRADIO_SERVER_PORT", "7860")
    try:
        demo.launch(server_name=name, server_port=int(port), **launch_options())
    except OSError as error:
        if "empty port" not in str(error):
            raise
        sys.exit(f"Port {port} is taken, perhaps by another studio. Stop that, or set GRADIO_SERVER_PORT to another.")


if __name__ == "__main__":
    main()
