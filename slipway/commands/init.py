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
from slipway.account_survey.surveyed_service import Survey
from slipway.app_manifest import format_as_yaml, socket_mode_manifest
from slipway.commands.iam_policy import describe_attachment, describe_gaps, policy_files
from slipway.iam.policies import policies
from slipway.iam.read_facts import match_facts
from slipway.new_files import SECRET, NewFile, Written, write_new_files
from slipway.services_draft.env_file import missing_settings, write_env_text
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
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder for the files.")] = Path(),
    region: Annotated[
        list[str] | None,
        typer.Option(
            help="The AWS region to look in. May be repeated. The default is that of your AWS settings.",
            show_default=False,
        ),
    ] = None,
    cluster: Annotated[
        list[str] | None,
        typer.Option(
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
        survey = _survey(regions, clusters)
    except (AwsCredentials, SettingsInvalid) as error:
        _fail(error.message)
    for note in describe_gaps(survey.gaps):
        print_safely(note, to_stderr=True)
    if deployers is None and not dry_run and _is_terminal():
        people = _ask_for_deployers(people)
    services = write_services_text(survey, people)
    if services is None:
        _fail(_nothing_found(survey, clusters), code=2 if survey.gaps else 1)
    if dry_run:
        print_safely(services.text.rstrip("\n"))
        return
    try:
        _write_all(out, survey, services, environ)
    except CatalogueInvalid as error:
        _fail(f"The services.yml that is there has mistakes, so no policies were written.\n{error.message}")
    except (CatalogueUnreadable, OSError) as error:
        _fail(f"The files cannot be written: {error}")


def _survey(regions: Sequence[str], clusters: Sequence[str]) -> Survey:
    aws = AwsClients()
    names = regions or [_default_region()]
    return survey_account(
        [aws.region(name) for name in names],
        clusters,
        progress=lambda text: print_safely(f"{text} ...", to_stderr=True),
    )


def _default_region() -> str:
    found = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _region_of_profile()
    if not found:
        _fail("No AWS region is set. Name one: slipway init --region eu-west-1, say.")
    return str(found)


def _region_of_profile() -> str | None:
    return boto3.Session().region_name


def _is_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _write_all(out: Path, survey: Survey, services: ServicesText, environ: Mapping[str, str]) -> None:
    """Writes everything, and says what became of each file and what comes next.

    environ: without what a `.env` added to it.

    The policies are those of the services.yml in the folder, whether it is new or was there.
    """
    written = write_new_files(out, _first_files(services, environ))
    file = out / "services.yml"
    catalogue = load_catalogue(file)
    needed = policies(catalogue.services.values(), match_facts(catalogue.services.values(), survey.services))
    policy = [NewFile(f"iam/{name}", text) for name, text in policy_files(needed)]
    written |= write_new_files(out, policy)
    for name, what in written.items():
        print_safely(f"{out / name}: {what.value}")
    if written["services.yml"] is Written.NEW:
        print_safely(f"\n{_count(services)}")
    for note in describe_attachment(needed):
        print_safely(f"\n{note}")
    missing = missing_settings({**dotenv_values(out / ".env"), **environ})
    open_questions = services.questions if written["services.yml"] is Written.NEW else 0
    print_safely("\n" + "\n".join(_next_steps(out, catalogue, missing, open_questions)))


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


def _next_steps(
    out: Path, catalogue: Catalogue, missing: Sequence[str], open_questions: int
) -> Iterator[str]:
    """What is left to do. missing: settings that have no value yet."""
    steps: list[str] = []
    if missing:
        steps.append(
            "Slack: api.slack.com/apps, Create New App, From a manifest: paste manifest.yml; install it. "
            f"Write its tokens into .env ({' and '.join(missing)})."
        )
    steps.append("AWS: attach the policies in iam/ to the role, or the user, that the workers will have.")
    if not any(service.deployers for service in catalogue.services.values()):
        steps.append("services.yml: nobody may deploy yet. Write who may, as `deployers`.")
    elif open_questions:
        steps.append("services.yml: answer its questions. Each may wait until you deploy that service.")
    at = f"cd {out} && " if out != Path() else ""
    steps.append(f"Check the files: {at}slipway check --env bot --env worker --env scheduler")
    steps.append(
        "With Redis running, start the three processes there: python -m bot, python -m workers and "
        "python -m workers.scheduler."
    )
    steps.append(f"Check the whole installation: {at}slipway doctor")
    steps.append(f"In Slack: /deploy {next(iter(catalogue.services))} TAG")
    yield "Next:"
    for number, step in enumerate(steps, start=1):
        yield f"  {number}. {step}"


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


def _nothing_found(survey: Survey, clusters: Sequence[str]) -> str:
    if survey.gaps and not survey.services:
        return "No service could be read, so nothing was written. Ask for the permissions named above."
    if survey.services:
        reasons = f"{plural(len(survey.services), 'service')}, but none that Slipway can deploy"
        return f"There is {reasons}. `slipway init` writes only services that ECS itself rolls out."
    where = f"in {', '.join(clusters)}" if clusters else f"in {plural(survey.clusters, 'cluster')}"
    return f"There is no ECS service {where}, so nothing was written. Is it the right --region and account?"


def _fail(message: str, code: int = 2) -> NoReturn:
    print_safely(message, to_stderr=True)
    raise typer.Exit(code)
