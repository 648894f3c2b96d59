"""services.yml against ECS: what a deploy of each service would be refused for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from deploys.catalogue.service import Service
from deploys.errors import AwsError, SlipwayError
from deploys.mrkdwn import plain_text, plural
from slipway.account_survey.patient_reader import call_patiently
from slipway.account_survey.surveyed_service import Gap, GapKind, SurveyedService
from slipway.doctor.context import DoctorContext
from slipway.doctor.finding import Finding, error, ok, warning
from workers.ecs import alarms
from workers.ecs.alarms import AlarmState
from workers.ecs.aws.principals import SURVEY_SESSION
from workers.ecs.images.app_containers import find_app_containers
from workers.ecs.images.image_reference import parse_image
from workers.flows.observe.rollout_status import wants_no_tasks
from workers.flows.plan.pre_post_checks import require_alarms, require_pre_task_container
from workers.flows.plan.service_checks import is_express_mode, require_active
from workers.flows.strategies.registry import STRATEGIES


def check_credentials(context: DoctorContext) -> Iterator[Finding]:
    """Whether AWS accepts the credentials, and whose they are."""
    if not context.services:
        return
    if context.identity_error:
        yield error(
            context.identity_error,
            "Run `slipway doctor` where the workers run, with their AWS_PROFILE, role or keys.",
        )
        return
    yield ok(f"AWS accepts the credentials: {context.identity.arn}.")


def check_services(context: DoctorContext) -> Iterator[Finding]:
    """Each service as ECS has it: that it exists, its controller, strategy and containers."""
    survey, well = context.survey, 0
    for group in survey.groups:
        if group.error:
            yield error(
                plain_text(group.error.message),
                f"It is the `role` of {', '.join(each.name for each in group.services)}; "
                "`slipway iam-policy` prints its trust policy.",
            )
    yield from describe_gaps(survey.gaps)
    for service in context.services:
        surveyed = context.surveyed(service)
        if surveyed is None or (surveyed.state is None and not surveyed.is_missing):
            continue
        found = list(judge_service(service, surveyed))
        yield from found
        well += not found
    if well:
        yield ok(
            f"{plural(well, 'service')} in ECS {'is' if well == 1 else 'are'} as {context.services_file} "
            "says."
        )


def check_alarms(context: DoctorContext) -> Iterator[Finding]:
    """Whether CloudWatch has the alarms of services.yml."""
    watched = [each for each in context.services if each.after and each.after.alarms]
    if watched:
        context.require_aws()
    well = 0
    for service in watched:
        assert service.after
        region = context.aws.for_service(service, SURVEY_SESSION)
        try:
            states = call_patiently(partial(alarms.read, region, service.after.alarms))
        except AwsError as problem:
            yield error(
                f"{service.name}: {plain_text(problem.message)}",
                "`slipway iam-policy` prints the permission.",
            )
            continue
        found = list(judge_alarms(service, states))
        yield from found
        well += not found
    if well:
        yield ok(f"CloudWatch has the alarms of {plural(well, 'service')}.")


def describe_gaps(gaps: Iterable[Gap]) -> Iterator[Finding]:
    """What AWS did not answer: a line for each missing permission, and for each other reason. Pure."""
    denied: dict[str, list[str]] = {}
    for gap in gaps:
        if gap.kind is GapKind.DENIED:
            denied.setdefault(gap.action, []).append(gap.about)
        else:
            yield error(
                f"AWS did not answer {gap.action} ({gap.about}): {gap.why}",
                "Check `cluster` and `region` in services.yml, and whether AWS can be reached from here.",
            )
    for action, about in denied.items():
        yield error(
            f"AWS does not allow {action}, so this could not be read: {'; '.join(about)}.",
            "The lines about permissions name the statement to add.",
        )


def judge_service(service: Service, surveyed: SurveyedService) -> Iterator[Finding]:
    """What is wrong with it; nothing if it can be deployed. Pure."""
    state, revision = surveyed.state, surveyed.revision
    if refusal := _refusal(lambda: require_active(service, state)):
        yield _refused(service, refusal)
        return
    assert state is not None
    strategy = STRATEGIES[service.strategy]
    judgements: list[Callable[[], object]] = [
        partial(is_express_mode, service, state),
        partial(strategy.check_service, service, state),
    ]
    if wants_no_tasks(state):
        yield warning(
            f"{service.name}: it is set to 0 tasks, so a deploy is refused until it runs some.",
            f"/deploy scale {service.name} COUNT",
        )
    else:
        judgements.append(partial(strategy.check_count, service, state))
    if revision is not None:
        judgements.append(
            lambda: parse_image(find_app_containers(revision, service, state.endpoints)[0]["image"])
        )
        judgements.append(partial(require_pre_task_container, service, service.before, revision))
    for judge in judgements:
        if refusal := _refusal(judge):
            yield _refused(service, refusal)


def judge_alarms(service: Service, states: dict[str, AlarmState]) -> Iterator[Finding]:
    """What is wrong with the alarms that its deploys watch. Pure."""
    settings = service.after
    assert settings is not None
    if refusal := _refusal(lambda: require_alarms(service, settings, states)):
        yield _refused(service, refusal)
    if firing := [name for name, each in states.items() if each.is_alarming]:
        yield warning(
            f"{service.name}: {', '.join(firing)} is in ALARM, so a deploy is refused now.",
            "Find out why it fires, before somebody needs to deploy.",
        )


def _refusal(judge: Callable[[], object]) -> str:
    try:
        judge()
    except SlipwayError as problem:
        return plain_text(problem.message)
    return ""


def _refused(service: Service, why: str) -> Finding:
    return error(
        f"{service.name}: {why}",
        f"Until that is changed, deploys of {service.name} are refused with this message.",
    )
