"""`/deploy status [SERVICE]`: what runs now, as ECS says, with what the records know of it.

Of one service its tasks are read, and so the digest that each runs and its health checks; of several, only
what one DescribeServices says of ten of them, and the task definitions of which the version is not known yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import groupby

from deploys.catalogue.service import Service
from deploys.errors import AwsBudgetSpent, NoSuchContainer, SlipwayError
from deploys.message_size import utf8_bytes
from deploys.mrkdwn import code, escape_line, plural
from deploys.native_blocks import Cell, data_table, fit_rows
from deploys.records.deploy import Deploy
from deploys.stores.deploy_reader import DeployReader
from deploys.stores.revision_versions import RevisionVersions
from deploys.text_limits import TEXT, shorten
from workers.ecs import services, task_definitions, tasks
from workers.ecs.aws import principals
from workers.ecs.aws.aws_clients import AwsClients, RegionClients
from workers.ecs.images.app_containers import find_app_containers
from workers.ecs.images.pinned_tags import display_tag
from workers.ecs.state import RevisionState, ServiceState
from workers.flows.plan.service_checks import require_exists
from workers.queries import running_now_text
from workers.queries.answer import Answer, section
from workers.queries.running_now import (
    RunningNow,
    count_checks,
    find_origin,
    group_versions,
    judge_health,
    tags_by_revision,
)

MAX_SERVICES = 50
"""Services in one answer (count)."""
RECORDS_READ = 20
"""The newest records of a service, among which the one is that brought what runs (count)."""
PRINCIPAL_CHARACTERS = 80
MAX_BYTES = TEXT - 400
"""UTF-8 bytes of the list."""


def describe_running(
    asked: Sequence[Service],
    store: DeployReader,
    aws: AwsClients,
    versions: RevisionVersions,
    now: float,
    *,
    total: int,
) -> Answer:
    """What these services run, at most `MAX_SERVICES`. now: epoch seconds. total: services that were asked
    about (count).

    Raises:
        ServiceMissing: ECS does not have the one service that is asked about.
        The errors of `find_app_containers`, of one service.
        AwsError: AWS could not be read, of one service. Of several, the answer says which could not.
    """
    if len(asked) == 1:
        return Answer(running_now_text.describe_one(read_one(asked[0], store, aws), now))
    return _describe_several(asked, store, aws, versions, now, total)


def read_one(service: Service, store: DeployReader, aws: AwsClients) -> RunningNow:
    """All that is known of one service. Raises as `describe_running`."""
    region = aws.for_service(service, principals.STATUS_SESSION)
    described = services.describe(region, service.cluster, [service.ecs_service])
    ecs = require_exists(service, described.get(service.ecs_service))
    deploys = store.recent(service.name, RECORDS_READ)
    found = tasks.list_service_tasks(region, service.cluster, service.ecs_service, stopped=False)
    checks = count_checks(found)
    revision = task_definitions.describe(region, ecs.revision) if ecs.revision else None
    if revision is None:  # with an external controller only its task sets have revisions
        health = judge_health(ecs, checks)
        return RunningNow(service, ecs, health, find_origin(ecs, deploys), (), checks=checks)
    container = _main_container(revision, service, ecs)
    return RunningNow(
        service=service,
        ecs=ecs,
        health=judge_health(ecs, checks),
        origin=find_origin(ecs, deploys),
        versions=group_versions(found, container, revision, tags_by_revision(deploys)),
        set_to=_tag_of(revision, container),
        registered_by=shorten(
            principals.short_principal_name(revision.raw.get("registeredBy")), PRINCIPAL_CHARACTERS
        ),
        checks=checks,
    )


def _main_container(revision: RevisionState, service: Service, ecs: ServiceState) -> str:
    """The name of the app's main container; that of the first one if services.yml names none that is there:
    what runs is to be seen all the same."""
    try:
        return str(find_app_containers(revision, service, ecs.endpoints, guess=True)[0]["name"])
    except NoSuchContainer:
        return next(iter(task_definitions.containers_by_name(revision)))


def _tag_of(revision: RevisionState, container: str) -> str:
    return display_tag(task_definitions.images_by_container(revision)[container], revision)


def _describe_several(
    asked: Sequence[Service],
    store: DeployReader,
    aws: AwsClients,
    versions: RevisionVersions,
    now: float,
    total: int,
) -> Answer:
    lines: list[str] = []
    rows: list[list[Cell]] = []
    unread = 0
    shown = sorted(asked, key=_place)
    for _, group in groupby(shown, _place):
        together = list(group)
        try:
            found = _read_together(together, store, aws, versions)
        except SlipwayError as error:
            lines += [f"{code(each.name)} could not be read: {error.message}" for each in together]
            rows += [running_now_text.unread_row(each.name, "could not be read") for each in together]
            continue
        for service in together:
            running = found.get(service.name)
            if running is None:
                where = f"{code(service.cluster)} ({escape_line(service.region)})"
                lines.append(f"{code(service.name)}: ECS has no such service in {where}")
                rows.append(running_now_text.unread_row(service.name, "not in ECS"))
            else:
                lines.append(running_now_text.describe_briefly(running, now))
                rows.append(running_now_text.table_row(running))
                unread += bool(running.ecs.revision) and not running.set_to
    fitting = fit_rows(rows)
    head = "*Running now*"
    if unread:
        head += (
            f" (AWS takes only so many reads: of {plural(unread, 'service')} I do not know the version yet)"
        )
    table = data_table("What runs now", running_now_text.TABLE_HEADER, fitting)
    rest = _rest(total - len(fitting))
    return Answer(_list(head, lines, total), (table, *([section(rest)] if rest else [])))


def _place(service: Service) -> tuple[str, str, str]:
    role = service.role.arn if service.role else ""
    return (service.region, role, service.cluster)


def _read_together(
    group: Sequence[Service], store: DeployReader, aws: AwsClients, versions: RevisionVersions
) -> dict[str, RunningNow]:
    """The services of one cluster, by name; one that ECS does not have is absent."""
    region = aws.for_service(group[0], principals.STATUS_SESSION)
    names = list(dict.fromkeys(each.ecs_service for each in group))
    described = services.describe(region, group[0].cluster, names)
    present = [(each, described[each.ecs_service]) for each in group if each.ecs_service in described]
    deploys = store.recent_of_each([each.name for each, _ in present], RECORDS_READ)
    known = _known_versions(present, deploys, region, versions)
    return {
        service.name: RunningNow(
            service=service,
            ecs=ecs,
            health=judge_health(ecs),
            origin=find_origin(ecs, deploys[service.name]),
            versions=(),
            set_to=known.get(service.name, ""),
        )
        for service, ecs in present
    }


def _known_versions(
    present: Sequence[tuple[Service, ServiceState]],
    deploys: Mapping[str, Sequence[Deploy]],
    region: RegionClients,
    versions: RevisionVersions,
) -> dict[str, str]:
    """The version that each service is set to: of a record, or else of the revision itself. Those are absent
    whose revision cannot be read before AWS takes more calls: nobody waits for that, and what was read is
    known to the next who asks."""
    of_records = {service.name: tags_by_revision(deploys[service.name]) for service, _ in present}
    asked = [(each.name, ecs.revision) for each, ecs in present if ecs.revision]
    found = {name: of_records[name][arn] for name, arn in asked if arn in of_records[name]}
    stored = versions.known((name, arn) for name, arn in asked if name not in found)
    found |= {name: version for (name, _), version in stored.items()}
    read: dict[tuple[str, str], str] = {}
    with suppress(AwsBudgetSpent):
        for service, ecs in present:
            if ecs.revision and service.name not in found:
                revision = task_definitions.describe(region, ecs.revision)
                version = _tag_of(revision, _main_container(revision, service, ecs))
                read[service.name, ecs.revision] = version
    if read:
        versions.save(read)
    return found | {name: version for (name, _), version in read.items()}


def _list(head: str, lines: Sequence[str], total: int) -> str:
    shown: list[str] = [head]
    left = MAX_BYTES - utf8_bytes(head)
    for line in lines:
        left -= utf8_bytes(f"\n• {line}")
        if left < 0:
            break
        shown.append(f"• {line}")
    rest = _rest(total - len(shown) + 1)
    return "\n".join([*shown, *([f"• {rest}"] if rest else [])])


def _rest(count: int) -> str:
    return f"and {count} more; `/deploy status SERVICE` shows one whole" if count > 0 else ""
