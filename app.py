"""MCLD Studio: `python app.py` serves the page at http://127.0.0.1:7860 (GRADIO_SERVER_NAME and GRADIO_SERVER_PORT
choose another place). This file is also the entry point of a Hugging Face Space."""

from __future__ import annotations

import logging
import os

from mcld_app.studio.page import build, launch_options

demo = build()


def main() -> None:
    """Serve the page until it is stopped."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    demo.launch(
        server_name=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"),
        server_port=int(os.environ.get("GRADIO_SERVER_PORT", "7860")),
        **launch_options(),
    )


if __name__ == "__main__":
    main()
