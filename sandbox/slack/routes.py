"""The web application: the routes of the Web API, the control API and the page."""

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

from sandbox.slack.api_errors import ActionRefused
from sandbox.slack.control import actions, fault_requests, live_changes, queries
from sandbox.slack.dropped_connection import ConnectionAccess
from sandbox.slack.webapi.endpoint import handle_api_call
from sandbox.slack.webapi.response_url_endpoint import handle_response_url
from sandbox.slack.workspace_state import WorkspaceState

_PAGE = Path(__file__).parent / "page"


def build_application(state: WorkspaceState) -> ASGIApp:
    """The application with all routes, for one server."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await state.delivery.close()

    app = Starlette(
        routes=[*_app_routes(), *_control_routes(), *_page_routes()],
        exception_handlers={ActionRefused: _refused_response},
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        lifespan=lifespan,
    )
    app.state.slack = state
    return ConnectionAccess(app)


def _app_routes() -> list[Route | WebSocketRoute]:
    return [
        Route("/api/{method}", handle_api_call, methods=["GET", "POST"]),
        WebSocketRoute("/link/", _socket_mode),
        *(
            Route(f"/{kind}/{{rest:path}}", handle_response_url, methods=["POST"])
            for kind in ("commands", "actions", "app")
        ),
    ]


def _control_routes() -> list[Route | WebSocketRoute]:
    return [
        Route("/sandbox/health", queries.get_health),
        Route("/sandbox/workspace", queries.get_workspace),
        Route("/sandbox/messages", queries.get_messages),
        Route("/sandbox/views", queries.get_views),
        Route("/sandbox/wait", queries.wait_for_changes),
        Route("/sandbox/calls", queries.get_or_clear_calls, methods=["GET", "DELETE"]),
        Route("/sandbox/issued", queries.get_issued),
        Route("/sandbox/home", queries.get_home, methods=["GET"]),
        Route("/sandbox/home", actions.post_home, methods=["POST"]),
        Route("/sandbox/type", actions.post_text, methods=["POST"]),
        Route("/sandbox/click", actions.post_click, methods=["POST"]),
        Route("/sandbox/shortcut", actions.post_shortcut, methods=["POST"]),
        Route("/sandbox/submit", actions.post_submit, methods=["POST"]),
        Route("/sandbox/close", actions.post_close, methods=["POST"]),
        Route("/sandbox/options", actions.post_options, methods=["POST"]),
        Route("/sandbox/member", actions.post_member, methods=["POST"]),
        Route("/sandbox/archive", actions.post_archive, methods=["POST"]),
        Route("/sandbox/faults", fault_requests.handle_faults, methods=["GET", "POST", "DELETE"]),
        Route("/sandbox/verify", fault_requests.verify_urls, methods=["POST"]),
        WebSocketRoute("/sandbox/live", live_changes.stream_changes),
    ]


def _page_routes() -> list[Route | Mount]:
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
    """Redirects a message's permalink to the page, with `channel`, `ts` and `thread_ts` in the query."""
    digits = str(request.path_params["ts"])
    address = request.url_for("page").include_query_params(
        channel=request.path_params["channel"], ts=f"{digits[:-6]}.{digits[-6:]}"
    )
    if thread_ts := request.query_params.get("thread_ts"):
        address = address.include_query_params(thread_ts=thread_ts)
    return RedirectResponse(str(address))


async def _socket_mode(socket: WebSocket) -> None:
    state: WorkspaceState = socket.app.state.slack
    if state.faults.is_outage():
        await socket.close(1013)
        return
    enabled = state.installation.manifest.socket_mode
    await state.socket_mode.serve(socket, enabled=enabled, ticket=socket.query_params.get("ticket", ""))


async def _refused_response(_request: Request, problem: Exception) -> Response:
    if not isinstance(problem, ActionRefused):
        raise problem
    return JSONResponse(problem.as_json(), problem.status)
