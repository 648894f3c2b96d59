"""`slipway init`: the first services.yml, and all that belongs to it, from the services of an AWS account."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import boto3
import typer
from dotenv import dotenv_values
from pydantic import TypeAdapter, ValidationError

from deploys.catalogue.catalogue import Catalogue, load_catalogue
from deploys.catalogue.slack_ids import CHANNEL_ID, EVERYONE, FIND_GROUP, FIND_PERSON, PEOPLE
from deploys.catalogue.text_values import REGION, ecs_name
from deploys.catalogue.value_kinds import ValueKind, list_kind
from deploys.errors import AwsCredentials, CatalogueInvalid, CatalogueUnreadable, SettingsInvalid
from deploys.mrkdwn import plural
from deploys.settings import read_env_file
from slipway.account_survey.survey import survey_account
from slipway.account_survey.surveyed_service import GapKind, Survey
from slipway.app_manifest import format_as_yaml, socket_mode_manifest
from slipway.commands.iam_policy import (
    describe_attachment,
    describe_credentials,
    describe_gaps,
    describe_placeholders,
    policy_files,
)
from slipway.iam.policies import policies
from slipway.iam.read_facts import match_facts, read_facts
from slipway.iam.service_facts import ServiceFacts
from slipway.new_files import SECRET, NewFile, Written, write_new_files
from slipway.services_draft.env_file import missing_settings, write_env_text
from slipway.services_draft.next_steps import NextSteps
from slipway.services_draft.services_yml import People, ServicesText, write_services_text
from slipway.terminal import print_safely
from workers.ecs.aws.aws_clients import AwsClients

HELP = """Write services.yml and all that Slipway needs, from the ECS services of an AWS account.

It reads every cluster and service that your AWS credentials may see, and changes nothing in AWS. It
writes services.yml (what ECS does not say is a question in a comment), .env (with what is still
missing), manifest.yml (the Slack app) and iam/ (the workers' policies). A file that is there already
is left as it is.

Nobody may deploy until services.yml says who: --deployers says it at once, and on a terminal you are
asked.

Exits with 0 if services.yml is there and valid, with 1 if there is no service that Slipway can deploy,
with 2 if AWS cannot be read or a file cannot be written.
"""
"""Not a docstring, because `python -OO` drops those."""

_CHANNELS = list_kind("list of ids", CHANNEL_ID, "channel ids (C… or G…)")
_CLUSTERS = list_kind("list of names", ecs_name("a cluster"), "names of clusters")
_REGIONS = list_kind("list of regions", REGION, "AWS regions")


def init(
    out: Annotated[
        Path, typer.Option(metavar="DIR", file_okay=False, help="The folder for the files.")
    ] = Path(),
    region: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="The AWS region to look in. May be repeated. The default is that of your AWS settings.",
            show_default=False,
        ),
    ] = None,
    cluster: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Only this ECS cluster, by its name. May be repeated. The default is every cluster.",
            show_default=False,
        ),
    ] = None,
    deployers: Annotated[
        str | None,
        typer.Option(
            metavar="IDS",
            help="Who may deploy: ids of people (U…) and user groups (S…) with commas, or `everyone`.",
            show_default=False,
        ),
    ] = None,
    approvers: Annotated[
        str | None,
        typer.Option(metavar="IDS", help="Who may approve deploys, in the same way.", show_default=False),
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option(
            metavar="IDS",
            help="The channels (C…) from which may be deployed, with commas. The default is any.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", metavar="", help="Write nothing; print the services.yml that would be written."
        ),
    ] = False,
) -> None:
    """`slipway init`."""
    regions = _checked(region or [], _REGIONS, "--region")
    clusters = _checked(cluster or [], _CLUSTERS, "--cluster")
    people = People(
        deployers=_checked(_ids(deployers), PEOPLE, "--deployers"),
        approvers=_checked(_ids(approvers), PEOPLE, "--approvers"),
        channels=_checked(_ids(channel), _CHANNELS, "--channel"),
    )
    environ = dict(os.environ)
    try:
        read_env_file()
        survey = _survey(aws := AwsClients(), regions or _default_region(), clusters)
    except AwsCredentials as error:
        _fail(describe_credentials(error))
    except SettingsInvalid as error:
        _fail(error.message)
    for note in (*describe_gaps(survey.gaps), *_describe_missing_clusters(survey)):
        print_safely(note, to_stderr=True)
    if deployers is None and not dry_run and _is_terminal():
        people = _ask_for_deployers(people)
    services = write_services_text(survey, people)
    if services is None:
        _fail(_describe_nothing(survey, clusters), code=2 if survey.gaps else 1)
    if dry_run:
        print_safely(services.text.rstrip("\n"))
        return
    try:
        _write_all(out, aws, survey, services, environ)
    except AwsCredentials as error:
        _fail(describe_credentials(error))
    except CatalogueInvalid as error:
        _fail(f"The services.yml that is there has mistakes, so no policies were written.\n{error.message}")
    except (CatalogueUnreadable, OSError) as error:
        _fail(f"The files cannot be written: {error}")


def _survey(aws: AwsClients, regions: Sequence[str], clusters: Sequence[str]) -> Survey:
    return survey_account(
        [aws.region(name) for name in regions],
        clusters,
        progress=lambda text: print_safely(f"{text} ...", to_stderr=True),
    )


def _default_region() -> tuple[str, ...]:
    """That of the AWS settings."""
    found = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _region_of_profile()
    if not found:
        _fail("No AWS region is set. Name one: slipway init --region eu-west-1, say.")
    try:
        return _validate([found], _REGIONS)
    except ValidationError as error:
        _fail(f"The AWS region of your settings cannot be used: {_first_message(error)}")


def _region_of_profile() -> str | None:
    return boto3.Session().region_name


def _is_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _write_all(
    out: Path, aws: AwsClients, survey: Survey, services: ServicesText, environ: Mapping[str, str]
) -> None:
    """Writes everything, and says what became of each file and what comes next.

    environ: without what a `.env` added to it.

    The policies are those of the services.yml in the folder, whether it is new or was there.
    """
    written = write_new_files(out, _first_files(services, environ))
    catalogue = load_catalogue(out / "services.yml")
    needed = policies(catalogue.services.values(), _read_facts(aws, catalogue, survey))
    policy = [NewFile(f"iam/{name}", text) for name, text in policy_files(needed)]
    written |= write_new_files(out, policy)
    for name, what in written.items():
        print_safely(f"{out / name}: {what.value}")
    if written["services.yml"] is Written.NEW:
        print_safely(f"\n{_count(services)}")
    for note in describe_attachment(needed):
        print_safely(f"\n{note}")
    steps = NextSteps(
        missing_settings({**dotenv_values(out / ".env"), **environ}),
        " ".join(describe_placeholders(needed)),
        may_anybody_deploy=any(service.deployers for service in catalogue.services.values()),
        open_questions=services.questions if written["services.yml"] is Written.NEW else 0,
    )
    print_safely("\n" + steps.text(out))


def _read_facts(aws: AwsClients, catalogue: Catalogue, survey: Survey) -> dict[str, ServiceFacts]:
    """A services.yml that was there already may have services that were not surveyed: they are read now."""
    services = catalogue.services.values()
    surveyed = {(each.region, each.cluster, each.name) for each in survey.services}
    others = [
        each
        for each in services
        if each.role or (each.region, each.cluster, each.ecs_service) not in surveyed
    ]
    facts, gaps = read_facts(aws, others)
    for note in describe_gaps(gaps):
        print_safely(note, to_stderr=True)
    return {**match_facts(services, survey.services), **facts}


def _first_files(services: ServicesText, environ: Mapping[str, str]) -> tuple[NewFile, ...]:
    return (
        NewFile("services.yml", services.text),
        NewFile(".env", write_env_text(environ), SECRET),
        NewFile("manifest.yml", format_as_yaml(socket_mode_manifest())),
    )


def _count(services: ServicesText) -> str:
    left_out = (
        f" {plural(services.left_out, 'service')} that Slipway cannot deploy: a comment at its end says why."
        if services.left_out
        else ""
    )
    return (
        f"services.yml has {plural(len(services.names), 'service')} and "
        f"{plural(services.questions, 'question')} to you.{left_out}"
    )


def _ask_for_deployers(people: People) -> People:
    print_safely(
        f"\nWho may deploy? Ids of people (U…; {FIND_PERSON}) and user groups (S…; {FIND_GROUP}), with "
        f"commas, or `{EVERYONE}`. Press Enter for nobody yet."
    )
    while True:
        answer = str(typer.prompt("deployers", default="", show_default=False))
        try:
            return People(_validate(_ids(answer), PEOPLE), people.approvers, people.channels)
        except ValidationError as error:
            print_safely(_first_message(error))


def _ids(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _checked(values: Sequence[str], kind: ValueKind, option: str) -> tuple[str, ...]:
    try:
        return _validate(values, kind)
    except ValidationError as error:
        raise typer.BadParameter(_first_message(error), param_hint=option) from error


def _validate(values: Sequence[str], kind: ValueKind) -> tuple[str, ...]:
    """The values as services.yml would take them. Raises ValidationError."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind.annotation)
    return tuple(adapter.validate_python(list(values))) if values else ()


def _first_message(error: ValidationError) -> str:
    return error.errors()[0]["msg"]


def _describe_missing_clusters(survey: Survey) -> Iterator[str]:
    for name in survey.missing_clusters:
        there = f" There are: {', '.join(survey.known_clusters)}." if survey.known_clusters else ""
        yield f"There is no ECS cluster {name} in the regions that were read.{there}"


def _describe_nothing(survey: Survey, clusters: Sequence[str]) -> str:
    if read := [each for each in survey.services if each.state]:
        return (
            f"Found {plural(len(read), 'service')}, but none that Slipway can deploy: it has to be ACTIVE, "
            "and ECS itself has to roll it out. So nothing was written."
        )
    if survey.gaps:
        kinds = {each.kind for each in survey.gaps}
        advice = " ".join(_ADVICE[kind] for kind in GapKind if kind in kinds)
        return f"No service could be read, so nothing was written. {advice}"
    if survey.missing_clusters and not survey.clusters:
        return "So nothing was written. Without --cluster, every cluster is read."
    where = f"in {', '.join(clusters)}" if clusters else f"in {plural(survey.clusters, 'cluster')}"
    return f"There is no ECS service {where}, so nothing was written. Is it the right --region and account?"


_ADVICE = {
    GapKind.DENIED: "Ask for the permissions named above.",
    GapKind.UNANSWERED: "AWS did not answer: check the network and the name of the region, and try again.",
    GapKind.REFUSED: "What AWS refuses is said above.",
}


def _fail(message: str, code: int = 2) -> NoReturn:
    print_safely(message, to_stderr=True)
    raise typer.Exit(code)
