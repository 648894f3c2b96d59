"""The web application: which address leads where."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from sandbox.slack.connection_cut import ConnectionAccess
from sandbox.slack.control import acting, live, seeing, troubling
from sandbox.slack.people.refused import Refused
from sandbox.slack.state import State
from sandbox.slack.webapi.endpoint import web_api
from sandbox.slack.webapi.response_url import response_url

_PAGE = Path(__file__).parent / "page"


def build_application(state: State) -> ASGIApp:
    """Everything this Slack answers, for one server."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await state.delivery.close()

    app = Starlette(
        routes=[*_product_side(), *_control_side(), *_page_side()],
        exception_handlers={Refused: _refused},
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        lifespan=lifespan,
    )
    app.state.slack = state
    return ConnectionAccess(app)


def _product_side() -> list[Route | WebSocketRoute]:
    return [
        Route("/api/{method}", web_api, methods=["GET", "POST"]),
        WebSocketRoute("/link/", _socket_mode),
        *(
            Route(f"/{kind}/{{rest:path}}", response_url, methods=["POST"])
            for kind in ("commands", "actions", "app")
        ),
    ]


def _control_side() -> list[Route | WebSocketRoute]:
    return [
        Route("/sandbox/health", seeing.health),
        Route("/sandbox/workspace", seeing.workspace),
        Route("/sandbox/messages", seeing.messages),
        Route("/sandbox/views", seeing.views),
        Route("/sandbox/wait", seeing.wait),
        Route("/sandbox/calls", seeing.calls, methods=["GET", "DELETE"]),
        Route("/sandbox/home", seeing.home, methods=["GET"]),
        Route("/sandbox/home", acting.home, methods=["POST"]),
        Route("/sandbox/type", acting.type_text, methods=["POST"]),
        Route("/sandbox/click", acting.click, methods=["POST"]),
        Route("/sandbox/shortcut", acting.shortcut, methods=["POST"]),
        Route("/sandbox/submit", acting.submit, methods=["POST"]),
        Route("/sandbox/close", acting.close, methods=["POST"]),
        Route("/sandbox/options", acting.options, methods=["POST"]),
        Route("/sandbox/member", acting.member, methods=["POST"]),
        Route("/sandbox/archive", acting.archive, methods=["POST"]),
        Route("/sandbox/faults", troubling.faults, methods=["GET", "POST", "DELETE"]),
        Route("/sandbox/verify", troubling.verify, methods=["POST"]),
        WebSocketRoute("/sandbox/live", live.live),
    ]


def _page_side() -> list[Route | Mount]:
    return [
        Route("/", lambda _request: RedirectResponse("/sandbox/")),
        Route("/sandbox/", _page, name="page"),
        Mount("/sandbox/page", StaticFiles(directory=_PAGE, check_dir=False)),
        Route("/archives/{channel}/p{ts:int}", _permalink),
    ]


async def _page(_request: Request) -> Response:
    page = _PAGE / "index.html"
    if not page.is_file():
        return PlainTextResponse("This Slack has no page; its control API is under /sandbox/.", 404)
    return FileResponse(page)


async def _permalink(request: Request) -> Response:
    """A message's link leads to the page, with `channel`, `ts` and `thread_ts` in its query."""
    digits = str(request.path_params["ts"])
    address = request.url_for("page").include_query_params(
        channel=request.path_params["channel"], ts=f"{digits[:-6]}.{digits[-6:]}"
    )
    if thread_ts := request.query_params.get("thread_ts"):
        address = address.include_query_params(thread_ts=thread_ts)
    return RedirectResponse(str(address))


async def _socket_mode(socket: WebSocket) -> None:
    state: State = socket.app.state.slack
    if state.faults.during_outage():
        await socket.close(1013)
        return
    enabled = state.installation.manifest.socket_mode
    await state.socket.serve(socket, enabled=enabled, ticket=socket.query_params.get("ticket", ""))


async def _refused(_request: Request, problem: Exception) -> Response:
    if not isinstance(problem, Refused):
        raise problem
    return JSONResponse(problem.as_json(), problem.status)
