"""A client of the control API, with which tests and the demo act as a person in the played Slack."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

import httpx

from sandbox.slack.client_types import ClickResult, LoggedCall, MessageJson, SubmitResult, TypeResult

Json = dict[str, Any]
T = TypeVar("T")

# Slack waits 3 seconds for an app; no request here should take longer than this.
_TIMEOUT_SECONDS = 75.0
# How long to wait for a change in Slack before checking again: the expected thing may happen elsewhere.
_RECHECK_SECONDS = 0.2


class SandboxError(Exception):
    """The sandbox refused: `error` is its short name, `answer` the whole JSON."""

    def __init__(self, answer: Json) -> None:
        super().__init__(f"{answer.get('error')}: {answer.get('detail', '')}")
        self.error = str(answer.get("error"))
        self.answer = answer


class SlackClient:
    """Acts as a person and reads what they see. Users and channels are given by id or name.

    Every method raises SandboxError if the sandbox refuses: for an unknown name, a button that does not
    exist, a confirm dialog that was not confirmed.
    """

    def __init__(self, url: str) -> None:
        self.url = url if url.endswith("/") else url + "/"
        # Plain HTTP on this machine: reading the certificates would take longer than all of its requests.
        self._http = httpx.Client(
            base_url=self.url + "sandbox/", timeout=_TIMEOUT_SECONDS, trust_env=False, verify=False
        )

    def say(
        self, user: str, channel: str, text: str, *, thread_ts: str | None = None, broadcast: bool = False
    ) -> TypeResult:
        """Types a text and sends it. Returns once the app has acknowledged it, or its time is over."""
        body = {
            "user": user,
            "channel": channel,
            "text": text,
            "thread_ts": thread_ts,
            "broadcast": broadcast,
        }
        return cast("TypeResult", self._post("type", body))

    def click(
        self,
        user: str,
        action_id: str,
        *,
        channel: str | None = None,
        ts: str | None = None,
        view_id: str | None = None,
        block_id: str | None = None,
        confirm: bool = True,
        **given: Any,
    ) -> ClickResult:
        """Uses an element of a message (`channel`, `ts`) or view. `given` is the choice or the input."""
        body = {
            "user": user,
            "action_id": action_id,
            "channel": channel,
            "ts": ts,
            "view_id": view_id,
            "block_id": block_id,
            "confirm": confirm,
            **given,
        }
        return cast("ClickResult", self._post("click", body))

    def run_shortcut(
        self, user: str, callback_id: str, *, channel: str | None = None, ts: str | None = None
    ) -> ClickResult:
        body = {"user": user, "callback_id": callback_id, "channel": channel, "ts": ts}
        return cast("ClickResult", self._post("shortcut", body))

    def messages(self, channel: str, user: str = "alice") -> list[MessageJson]:
        """What this person sees in the channel, oldest first, without replies in threads."""
        return self._messages({"channel": channel, "as": user})

    def thread(self, channel: str, ts: str, user: str = "alice") -> list[MessageJson]:
        """The root message, then its replies; empty if there is no such message."""
        return self._messages({"channel": channel, "as": user, "thread_ts": ts})

    def replies(self, channel: str, ts: str, user: str = "alice") -> list[MessageJson]:
        """The thread without its root."""
        return [message for message in self.thread(channel, ts, user) if message["ts"] != ts]

    def workspace(self, user: str = "alice") -> Json:
        return self._get("workspace", {"as": user})

    def health(self) -> Json:
        return self._get("health")

    def views(self, user: str) -> list[Json]:
        """The modals that this person has open, bottom first."""
        return cast("list[Json]", self._get("views", {"as": user})["views"])

    def submit_view(self, user: str, view_id: str, values: Json | None = None) -> SubmitResult:
        """Submits a modal. `values` has the inputs by block_id and action_id."""
        return cast(
            "SubmitResult", self._post("submit", {"user": user, "view_id": view_id, "values": values or {}})
        )

    def close_view(self, user: str, view_id: str, *, whole_stack: bool = False) -> SubmitResult:
        return cast(
            "SubmitResult", self._post("close", {"user": user, "view_id": view_id, "all": whole_stack})
        )

    def load_options(self, user: str, action_id: str, value: str = "", **where: Any) -> Json:
        """Opens an external select and types `value`; `where` is channel and ts, or view_id."""
        return self._post("options", {"user": user, "action_id": action_id, "value": value, **where})

    def open_home(self, user: str) -> Json | None:
        """Opens the Home tab. Returns the view that is published once the app has taken the event."""
        return cast("Json | None", self._post("home", {"user": user})["view"])

    def home(self, user: str) -> Json | None:
        return cast("Json | None", self._get("home", {"as": user})["view"])

    def add_member(self, user: str, channel: str) -> bool:
        """Adds somebody to a channel. False if they were in it already."""
        return bool(self._post("member", {"user": user, "channel": channel, "present": True})["changed"])

    def remove_member(self, user: str, channel: str) -> bool:
        return bool(self._post("member", {"user": user, "channel": channel, "present": False})["changed"])

    def set_archived(self, channel: str, *, archived: bool = True) -> None:
        """Archives a channel, or unarchives it."""
        self._post("archive", {"channel": channel, "archived": archived})

    def add_fault(self, kind: str, **details: Any) -> Json:
        """Adds a fault; sandbox/slack/faults.py lists the kinds."""
        return self._post("faults", {"kind": kind, **details})

    def clear_faults(self) -> None:
        self._answer(self._http.delete("faults"))

    def verify(self) -> Json:
        """Sends url_verification and ssl_check to the URLs of an HTTP app. `verified` is the result."""
        return self._post("verify", {})

    def calls(self, method: str | None = None) -> list[LoggedCall]:
        """The latest Web API calls, oldest first; only those of `method` if it is given."""
        logged = cast("list[LoggedCall]", self._get("calls")["calls"])
        return [call for call in logged if method in (None, call["method"])]

    def clear_calls(self) -> None:
        self._answer(self._http.delete("calls"))

    def issued(self) -> dict[str, list[str]]:
        """The `response_urls` and `trigger_ids` that the app was given."""
        return self._get("issued")

    def wait(self, since: int | None = None, seconds: float = 10, user: str | None = None) -> Json:
        """Waits for changes after `since`, for this person or for all: `{"seq": …, "changes": […]}`."""
        given = {"since": since, "timeout": seconds, "as": user}
        return self._get("wait", {name: value for name, value in given.items() if value is not None})

    def wait_until(self, predicate: Callable[[], T | None], seconds: float = 10) -> T:
        """Calls `predicate` after every change until it returns a true value, and returns that.

        Raises:
            TimeoutError: it did not within `seconds`; the error names the last value
        """
        deadline = time.monotonic() + seconds
        seq = int(self.wait(seconds=0)["seq"])
        while not (found := predicate()):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"Not within {seconds} s; the last answer was {found!r}.")
            seq = int(self.wait(seq, min(left, _RECHECK_SECONDS))["seq"])
        return found

    def close(self) -> None:
        self._http.close()

    def _messages(self, query: Json) -> list[MessageJson]:
        return cast("list[MessageJson]", self._get("messages", query)["messages"])

    def _get(self, path: str, query: Json | None = None) -> Json:
        return self._answer(self._http.get(path, params=query))

    def _post(self, path: str, body: Json) -> Json:
        given = {name: value for name, value in body.items() if value is not None}
        return self._answer(self._http.post(path, json=given))

    def _answer(self, response: httpx.Response) -> Json:
        content = response.json()
        if response.is_error or content.get("ok") is False:
            raise SandboxError(content)
        return cast("Json", content)
