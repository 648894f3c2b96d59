"""What `slipway demo --run` prints: wrapped for a terminal, unchanged for everything else."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from slipway.demo.transcript import Transcript

TEXT = (
    "*Plan* of `web` `1.4.2`, as of now. Nothing was changed, and nothing of this line is lost.\n"
    "• rolling, no downtime: ECS keeps 100 to 200 percent of the tasks while it replaces them\n"
    "\n"
    "• container `web`: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.0-a-tag-longer-than-a-line`"
)


def print_text(*, terminal: bool) -> list[str]:
    out = StringIO()
    console = Console(file=out, width=80, force_terminal=terminal, color_system=None)
    Transcript(console, {}).print_message("card", "slipway", TEXT)
    return [line.rstrip() for line in out.getvalue().splitlines()[1:]]


def test_in_a_terminal_long_lines_are_folded_below_their_beginning() -> None:
    assert print_text(terminal=True) == [
        "        Plan of `web` `1.4.2`, as of now. Nothing was changed, and nothing of",
        "        this line is lost.",
        "        • rolling, no downtime: ECS keeps 100 to 200 percent of the tasks while",
        "          it replaces them",
        "",
        "        • container `web`:",
        "          `123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1.4.0-a-tag-longer-than-a-line`",
    ]


def test_elsewhere_each_line_stays_one_line() -> None:
    assert print_text(terminal=False) == [
        f"        {line}".rstrip() for line in TEXT.replace("*", "").splitlines()
    ]


def test_nothing_that_was_said_commands_the_terminal() -> None:
    out = StringIO()
    console = Console(file=out, width=80, color_system=None)

    Transcript(console, {}).print_message("card", "slipway", "red \x1b[31malert\x07 \u202eback\n&lt;b&gt;")

    assert out.getvalue().splitlines()[1:] == ["        red alert back", "        <b>"]
