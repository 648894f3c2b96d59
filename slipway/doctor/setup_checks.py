"""The settings of the processes, and services.yml itself."""

from __future__ import annotations

from collections.abc import Iterator

from deploys.mrkdwn import plural
from slipway.doctor.context import DoctorContext
from slipway.doctor.finding import Finding, error, ok, warning


def check_settings(context: DoctorContext) -> Iterator[Finding]:
    """What each process reads from the environment and from .env."""
    bot = "web" if context.uses_http else "bot"
    told: set[str] = set()
    for process, wrong in context.wrong_settings.items():
        if not wrong.names:
            yield error(wrong.message, "Let Slipway read the file.")
            return
        if not set(wrong.names) <= told:
            yield error(
                f"Missing or wrong settings of the {process}: {', '.join(wrong.names)}.",
                "\n".join(line.strip() for line in wrong.facts["listing"].strip().splitlines()),
            )
        told |= set(wrong.names)
    if not context.wrong_settings:
        yield ok(f"The settings of {bot}, worker and scheduler are valid.")


def check_services_file(context: DoctorContext) -> Iterator[Finding]:
    """Whether services.yml can be used, and whether anybody may deploy."""
    if context.catalogue_error:
        advice = "`slipway check` names every mistake, with what is allowed."
        if context.is_catalogue_unreadable:
            advice = "Run `slipway doctor` in the folder that has it, or name it: slipway doctor FILE."
        yield error(context.catalogue_error, advice)
        return
    services = context.services
    if not services:
        yield error(
            f"{context.services_file} has no service.", "`slipway init` writes one for your ECS services."
        )
        return
    yield ok(f"{context.services_file} is valid: {plural(len(services), 'service')}.")
    if closed := [each.name for each in services if not each.deployers]:
        yield warning(
            f"Nobody may deploy {', '.join(closed)}: `deployers` is empty.",
            f"Write who may into {context.services_file}, as `deployers`.",
        )
