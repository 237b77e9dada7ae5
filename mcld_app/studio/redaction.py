"""No picture in any log: what a visitor sent stands in no error, no warning and no traceback that the server prints.

Gradio 6.31 puts the values that an event came with into the messages of its errors ("Received inputs: ..."), and prints
them with their tracebacks. Here an event's error becomes a sentence before Gradio sees it, and what the server's
libraries log besides is cut down to the kind of the error and the place in the code.
"""

from __future__ import annotations

import logging
import traceback
from typing import Any

import gradio as gr
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from gradio.block_function import BlockFunction
from gradio.blocks import Block
from gradio.state_holder import SessionState
from gradio.utils import is_prop_update
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcld_app.errors import StudioError
from mcld_app.studio import arguments
from mcld_app.studio.messages import NOT_UNDERSTOOD, sentence

BAD_REQUEST = "This request has not the form that the studio understands. /gradio_api/info says what it takes."

_OF_OTHERS = ("asyncio", "mcp", "py.warnings")
"""Loggers whose plain messages, too, may say what somebody sent: a task with its exception, a request that does not
validate, a warning about a value."""


class RedactedBlocks(gr.Blocks):
    """`gr.Blocks` whose errors are sentences without any value that was sent. What is sent is read here and not by
    Gradio, which would look for files in it, fetch what it names, and keep it."""

    async def preprocess_data(
        self, block_fn: BlockFunction, inputs: list[Any], state: SessionState | None, explicit_call: bool = False
    ) -> list[Any]:
        if any(part.get_block_name() == "api" for part in (*block_fn.inputs, *block_fn.outputs)):
            return arguments.read(block_fn.fn, inputs)
        if len(inputs) < len(block_fn.inputs):
            raise StudioError(NOT_UNDERSTOOD)
        state = state or SessionState(self)
        given = zip(block_fn.inputs, inputs, strict=False)
        return [state[part._id] if part.stateful else value for part, value in given]

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: list | dict, state: SessionState | None
    ) -> list[Any]:
        """As it is, but for what is none of this page's own components: Gradio would look for files in it, and copy
        those to its folder; and it would make every component anew that an answer says nothing of, forty for an edit,
        while all other visitors wait."""
        if any(part.get_block_name() == "api" for part in block_fn.outputs):
            return [predictions] if len(block_fn.outputs) == 1 else list(predictions)
        if not block_fn.outputs:
            return []
        state = state or SessionState(self)
        values = _by_output(block_fn, predictions)
        if not all(_is_plain(part, value) for part, value in zip(block_fn.outputs, values, strict=False)):
            return await super().postprocess_data(block_fn, predictions, state)
        self.validate_outputs(block_fn, values)
        return [_told(state, part, value) for part, value in zip(block_fn.outputs, values, strict=False)]

    async def process_api(self, *given: Any, **named: Any) -> dict[str, Any]:
        try:
            return await super().process_api(*given, **named)
        except gr.Error as error:
            raise gr.Error(error.message, print_exception=False) from None
        except Exception as error:
            raise gr.Error(sentence(error), print_exception=False) from None


def _by_output(block_fn: BlockFunction, predictions: list | dict) -> list[Any]:
    """What an event's function returned, for each of its outputs; `gr.skip()` where it says nothing of one."""
    if isinstance(predictions, dict) and predictions and all(isinstance(part, Block) for part in predictions):
        return [predictions.get(part, gr.skip()) for part in block_fn.outputs]
    if len(block_fn.outputs) == 1:
        return [predictions]
    if predictions is None or predictions == gr.skip():
        return [gr.skip()] * len(block_fn.outputs)
    return list(predictions)


def _is_plain(part: Any, value: Any) -> bool:
    """Whether a value goes to the page as it is: one of our own components', or the session, or none."""
    ours = part.stateful or (isinstance(part, gr.HTML) and (value is None or isinstance(value, dict)))
    return ours and (not is_prop_update(value) or value == gr.skip())


def _told(state: SessionState, part: Any, value: Any) -> Any:
    """What the page is told of a plain value, which Gradio keeps for it as it does usually."""
    if part.stateful:
        if value != gr.skip():
            state[part._id] = value
        return None
    if value != gr.skip():
        if part._id not in state:
            state[part._id] = part
        state._update_value_in_config(part._id, value)
    return value


class SentencesForErrors:
    """ASGI middleware: what goes wrong outside of events is logged by its kind and place, and answered with a sentence;
    it reaches no server that would print all of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            said = sentence(error)
            if scope["type"] == "http" and not begun:
                await JSONResponse({"detail": said, "error": said}, status_code=500)(scope, receive, send)


def application_options() -> dict[str, Any]:
    """What the FastAPI application under the page is made with."""

    async def malformed(request: Request, error: Exception) -> JSONResponse:
        """Without the request itself, which FastAPI would send back to whoever sent it."""
        return JSONResponse({"detail": BAD_REQUEST, "error": BAD_REQUEST}, status_code=422)

    async def misnamed(request: Request, error: Exception) -> JSONResponse:
        """Gradio looks for an endpoint, and for its arguments by name, outside of what it calls an event."""
        if "/call/v2/" not in request.url.path:
            raise error
        return await malformed(request, error)

    return {
        "exception_handlers": {RequestValidationError: malformed, TypeError: misnamed, KeyError: misnamed},
        "middleware": [Middleware(SentencesForErrors)],
    }


def redact_logs() -> None:
    """Let this process log of errors no more than their kind and their place, whatever package logs them; warnings go
    the same way. To be called once, by the program that serves the page."""
    made = logging.getLogRecordFactory()

    def redacted(*given: Any, **named: Any) -> logging.LogRecord:
        return _redacted(made(*given, **named))

    logging.setLogRecordFactory(redacted)
    logging.captureWarnings(True)


def _redacted(record: logging.LogRecord) -> logging.LogRecord:
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is not None:
        record.msg, record.args = "%s in %s", (type(error).__name__, _place(error))
    elif record.name.split(".")[0] in _OF_OTHERS or record.name in _OF_OTHERS:
        record.msg, record.args = "%s", (_kind_of_message(record),)
    record.exc_info = record.exc_text = record.stack_info = None
    return record


def _kind_of_message(record: logging.LogRecord) -> str:
    """Of a warning its file, line and kind; of other messages nothing."""
    said = record.getMessage() if record.name == "py.warnings" else ""
    file, line, kind = ([*said.split(":", 3), "", "", ""])[:3]
    return f"{file}:{line}:{kind}" if line.isdecimal() else "a message that may say what somebody sent is left out"


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
