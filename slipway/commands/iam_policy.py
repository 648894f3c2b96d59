"""`slipway iam-policy`: the IAM policies that Slipway needs for the services of services.yml."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from deploys.catalogue.catalogue import load_catalogue
from deploys.catalogue.service import Service
from deploys.errors import AwsCredentials, CatalogueInvalid, CatalogueUnreadable, SettingsInvalid
from deploys.mrkdwn import plain_text, plural
from deploys.settings import read_env_file
from slipway.account_survey.surveyed_service import Gap
from slipway.iam.policies import (
    ATTACHED_POLICIES,
    MAX_ATTACHED_POLICIES,
    WORKERS_ROLE,
    RolePolicies,
    policies,
)
from slipway.iam.read_facts import read_facts
from slipway.iam.service_facts import PLACEHOLDER, ServiceFacts, unknown_facts
from slipway.iam.statement import Json
from slipway.terminal import print_safely
from workers.ecs.aws.aws_clients import AwsClients

_ROLE_ARN = r"arn:aws(-[a-z]+)*:iam::[0-9]{12}:(role|user)/\S+"

HELP = """Print the IAM policies that Slipway needs, no wider than the services of services.yml need them.

It reads in AWS which task definitions, roles, images and logs the services have; it needs no more
permissions for that than the policy itself has. There is a policy for the workers' own role, and one
for each `role` in services.yml, together with that role's trust policy.

Exits with 0 if the policies are complete, with 1 if something in capital letters has to be filled in,
because AWS did not tell it (standard error says what), with 2 if services.yml or AWS cannot be used.
"""
"""Not a docstring, because `python -OO` drops those."""


class OutputFormat(StrEnum):
    """How the policies are printed."""

    TEXT = "text"
    JSON = "json"


def workers_role_option(help_text: str) -> Any:
    """The option `--workers-role`. help_text: what the command does with the role."""
    return typer.Option(metavar="ARN", callback=_check_role, help=help_text, show_default=False)


def _check_role(arn: str | None) -> str | None:
    if arn is not None and not re.fullmatch(_ROLE_ARN, arn):
        raise typer.BadParameter(
            f"write the ARN of a role, such as arn:aws:iam::123456789012:role/slipway-workers; not {arn}"
        )
    return arn


def iam_policy(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="The file to read. The default is the file that SERVICES_FILE names, or services.yml.",
            show_default=False,
        ),
    ] = None,
    output_format: Annotated[
        OutputFormat, typer.Option("--format", help="How they are printed: text for people, or json.")
    ] = OutputFormat.TEXT,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            metavar="",
            help="Ask AWS nothing. What services.yml does not say is in capital letters.",
        ),
    ] = False,
    workers_role: Annotated[
        str | None,
        workers_role_option("The role of the workers, for the trust policies of the roles in services.yml."),
    ] = None,
) -> None:
    """`slipway iam-policy`."""
    try:
        read_env_file()
        path = file or Path(os.environ.get("SERVICES_FILE") or "services.yml")
        services = list(load_catalogue(path).services.values())
        facts, gaps = _offline_facts(services) if offline else read_facts(AwsClients(), services)
    except AwsCredentials as error:
        print_safely(describe_credentials(error), to_stderr=True)
        raise typer.Exit(2) from error
    except (CatalogueInvalid, CatalogueUnreadable, SettingsInvalid) as error:
        print_safely(error.message, to_stderr=True)
        raise typer.Exit(2) from error
    needed = policies(services, facts, workers_role or WORKERS_ROLE)
    print_safely(format_as_json(needed) if output_format is OutputFormat.JSON else format_as_text(needed))
    for note in (*describe_gaps(gaps), *describe_placeholders(needed), *describe_attachment(needed)):
        print_safely(note, to_stderr=True)
    if not offline and any(describe_placeholders(needed)):
        raise typer.Exit(1)


def format_as_json(needed: Sequence[RolePolicies]) -> str:
    """All policies as one JSON document, for programs."""
    return _dump(
        [
            {
                "role": each.role or None,
                "services": list(each.services),
                "policies": [
                    {"name": name, "document": document} for name, document in each.document_names()
                ],
                "trust_policy": each.trust,
            }
            for each in needed
        ]
    )


def format_as_text(needed: Sequence[RolePolicies]) -> str:
    """Each policy below a line that says where it belongs."""
    return "\n\n".join(f"# {heading}\n{_dump(document)}" for heading, document in _headed_documents(needed))


def policy_files(needed: Sequence[RolePolicies]) -> Iterator[tuple[str, str]]:
    """Each document with the name of a file, and its text."""
    for each in needed:
        for name, document in each.document_names():
            yield f"{name}.json", _dump(document) + "\n"
        if each.trust:
            yield f"{each.name}-trust.json", _dump(each.trust) + "\n"


def describe_gaps(gaps: Iterable[Gap]) -> Iterator[str]:
    """A line for each thing that could not be read."""
    for gap in gaps:
        about = f" ({gap.about})" if gap.about else ""
        yield f"Not read: {gap.action}{about}: {gap.why}"


def describe_placeholders(needed: Iterable[RolePolicies]) -> Iterator[str]:
    """What has to be filled in, as one sentence; nothing if that is nothing."""
    text = _dump([[*each.documents, each.trust] for each in needed])
    names = sorted({found[0] for found in PLACEHOLDER.finditer(text)})
    if names:
        yield f"To be filled in ({plural(len(names), 'name')}): {', '.join(names)}."


def describe_credentials(error: AwsCredentials) -> str:
    """That AWS does not accept the credentials of the person who runs the command."""
    action, detail = error.facts["action"], plain_text(str(error.facts["detail"]))
    return f"AWS does not accept your credentials for {action}: {detail} Set AWS_PROFILE, or renew them."


def describe_attachment(needed: Iterable[RolePolicies]) -> Iterator[str]:
    """What has to be known to attach them."""
    for each in needed:
        if each.privileged:
            run = "runs" if len(each.privileged) == 1 else "run"
            yield (
                f"{', '.join(each.privileged)} {run} privileged containers, so the policy for {_owner(each)} "
                "allows task definitions that have some."
            )
        if (count := len(each.documents)) > ATTACHED_POLICIES:
            raise_quota = "raise that quota, or " if count <= MAX_ATTACHED_POLICIES else ""
            yield (
                f"{count} managed policies are needed for {_owner(each)}, since IAM takes 6,144 characters "
                f"in one. A role has {ATTACHED_POLICIES} by default, and {MAX_ATTACHED_POLICIES} at most: "
                f"{raise_quota}give some of the services a `role` in services.yml."
            )


def _offline_facts(services: Iterable[Service]) -> tuple[dict[str, ServiceFacts], list[Gap]]:
    return {each.name: unknown_facts(each) for each in services}, []


def _headed_documents(needed: Sequence[RolePolicies]) -> Iterator[tuple[str, Json]]:
    for each in needed:
        what = f" ({', '.join(each.services)})" if each.services else ""
        count = len(each.documents)
        for number, (name, document) in enumerate(each.document_names(), start=1):
            part = f", part {number} of {count}" if count > 1 else ""
            yield f"{name}: for {_owner(each)}{what}{part}", document
        if each.trust:
            yield f"{each.name}-trust: who may assume {each.role}", each.trust


def _owner(each: RolePolicies) -> str:
    return each.role or "the role of the workers"


def _dump(value: object) -> str:
    return json.dumps(value, indent=2)
