"""What a command prints: for people, with colours and tables on a terminal and plain elsewhere; or as JSON,
one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from deploys.native_blocks import NOTHING
from deploys.records.deploy import Deploy
from slipway.requests.choices import Choice
from slipway.requests.terminal_text import Table, read_blocks, to_plain, to_styled
from slipway.terminal import align_columns, print_safely


class Output:
    """Prints answers, what happens meanwhile, and how it ended. Refusals go to standard error."""

    def __init__(self, names: Mapping[str, str], *, as_json: bool) -> None:
        self._names = names
        self._as_json = as_json
        self._console = Console(highlight=False)
        self._errors = Console(stderr=True, highlight=False)

    def answer(
        self,
        text: str,
        blocks: Sequence[Mapping[str, Any]] = (),
        *,
        error: str = "",
        choices: Sequence[Choice] = (),
        deploys: Sequence[str] = (),
    ) -> None:
        """An answer. blocks: the same with a table; empty: there is none. error: the kind of the refusal."""
        if self._as_json:
            fields = {"text": to_plain(text, self._names), "error": error, "deploys": list(deploys)}
            tables = [each for each in read_blocks(blocks, self._names) if isinstance(each, Table)]
            offered = [each._asdict() for each in choices]
            rows = [dict(zip(each.header, row, strict=True)) for each in tables for row in each.rows]
            self._print_json("answer", **fields, choices=offered, rows=rows)
            return
        console = self._errors if error else self._console
        parts: Iterable[str | Table] = read_blocks(blocks, self._names) if blocks else [text]
        for number, part in enumerate(parts):
            if number:
                self._print("", console)
            self._print_part(part, console)
        self.offer(choices, console)

    def offer(self, choices: Sequence[Choice], console: Console | None = None) -> None:
        """What can be done about it."""
        if self._as_json:
            return
        for each in choices:
            warning = f" ({each.warning})" if each.warning else ""
            self._print(f"  {each.label}: `{each.command}`{warning}", console or self._console)

    def happened(self, at: float, deploy: Deploy, text: str, choices: Sequence[Choice] = ()) -> None:
        """Something happened to a deploy (epoch seconds)."""
        if self._as_json:
            plain, offered = to_plain(text, self._names), [each._asdict() for each in choices]
            self._print_json("happened", at=at, deploy=deploy.id, text=plain, choices=offered)
            return
        stamp = f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}"
        first, *rest = text.split("\n")
        self._print("\n".join([f"{stamp}  {first}", *(f"          {line}" for line in rest)]), self._console)
        self.offer(choices)

    def ended(self, deploys: Sequence[Deploy], code: int) -> None:
        """How the deploys that were waited for ended, or that they go on."""
        if self._as_json:
            states = [
                {
                    "id": each.id,
                    "service": each.service.name,
                    "outcome": each.outcome.value if each.outcome else None,
                    "phase": each.phase.value,
                    "reason": to_plain(each.outcome_reason, self._names),
                }
                for each in deploys
            ]
            self._print_json("ended", deploys=states, exit_code=code)

    def note(self, text: str) -> None:
        """A remark that is no part of the answer, on standard error."""
        if not self._as_json:
            self._print(text, self._errors)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A line at the bottom of a terminal that tells what goes on; none elsewhere."""
        if self._as_json or not self._console.is_terminal:
            yield Progress(None, self._names)
            return
        with self._console.status("") as status:
            yield Progress(status, self._names)

    def _print_part(self, part: str | Table, console: Console) -> None:
        if isinstance(part, str):
            self._print(part, console)
        elif console.is_terminal:
            console.print(rich_table(part))
        else:
            print_safely(f"{part.caption}\n{align_columns([part.header, *part.rows])}")

    def _print(self, mrkdwn: str, console: Console) -> None:
        if console.is_terminal:
            console.print(to_styled(mrkdwn, self._names))
        else:
            print_safely(to_plain(mrkdwn, self._names), to_stderr=console is self._errors)

    def _print_json(self, event: str, **fields: Any) -> None:
        print_safely(json.dumps({"event": event, **fields}))


class Progress:
    """The line at the bottom."""

    def __init__(self, status: Any, names: Mapping[str, str]) -> None:
        self._status = status
        self._names = names

    def show(self, mrkdwn: str) -> None:
        """Tells what goes on now."""
        if self._status is not None:
            self._status.update(to_styled(mrkdwn, self._names))


def rich_table(table: Table) -> RichTable:
    """As a terminal shows it. Columns that say nothing are left out; what has no blank in it, such as an id,
    stays whole."""
    shown = RichTable(
        title=Text(table.caption), title_justify="left", box=SIMPLE_HEAD, show_edge=False, pad_edge=False
    )
    columns = list(zip(table.header, *table.rows, strict=True))
    told = [each for each in columns if any(cell not in ("", NOTHING) for cell in each[1:])]
    for name, *cells in told:
        shown.add_column(Text(name), overflow="fold", no_wrap=not any(" " in cell for cell in cells))
    for row in zip(*(cells for _, *cells in told), strict=True):
        shown.add_row(*map(Text, row))
    return shown
