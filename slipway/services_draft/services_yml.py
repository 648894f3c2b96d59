"""The text of a first services.yml. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploys.catalogue.slack_ids import EVERYONE
from deploys.safe_text import one_safe_line
from slipway.account_survey.surveyed_service import Survey, SurveyedService
from slipway.services_draft.service_draft import ServiceDraft, draft_service, has_pauses, yaml_text
from slipway.services_draft.service_names import EcsPlace, choose_names

QUESTION = "QUESTION:"
"""What a line begins with that only a person can answer, behind its `#`."""
_WIDTH = 100
"""Of a comment (characters)."""


@dataclass(frozen=True)
class People:
    """Who may do what, as far as it was said: ids of Slack, or `everyone`."""

    deployers: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServicesText:
    """A services.yml that `slipway check` accepts."""

    text: str
    names: tuple[str, ...]
    """The services in it."""
    left_out: int
    """Services that Slipway cannot deploy (count); they are in a comment."""

    @property
    def questions(self) -> int:
        """How many are open (count)."""
        return self.text.count(f"# {QUESTION}")


def write_services_text(survey: Survey, people: People) -> ServicesText | None:
    """The file for what was found; None if there is no service that Slipway can deploy."""
    has_approvers = bool(people.approvers)
    drafts = {
        _place(each): (each, draft_service(each, has_approvers=has_approvers)) for each in survey.services
    }
    deployable = {place: found for place, found in drafts.items() if not found[1].obstacle}
    if not deployable:
        return None
    names = choose_names(list(deployable))
    regions, clusters = {each.region for each in deployable}, {each.cluster for each in deployable}
    lines = [
        *_header(survey),
        "",
        "# These keys hold for every service that does not set them itself.",
        "defaults:",
        *([f"  region: {yaml_text(*regions)}"] if len(regions) == 1 else ()),
        *([f"  cluster: {yaml_text(*clusters)}"] if len(clusters) == 1 else ()),
        *_who_may(people, any(has_pauses(each) for each, _ in deployable.values())),
        "",
        "services:",
    ]
    for place in sorted(deployable, key=names.__getitem__):
        each, draft = deployable[place]
        own = {"region": len(regions) > 1, "cluster": len(clusters) > 1}
        lines += _entry(names[place], each, draft, [part for part, is_own in own.items() if is_own])
    left_out = {place: found for place, found in drafts.items() if found[1].obstacle}
    lines += _left_out(left_out)
    return ServicesText("\n".join(lines) + "\n", tuple(sorted(names.values())), len(left_out))


def _place(surveyed: SurveyedService) -> EcsPlace:
    return EcsPlace(surveyed.region, surveyed.cluster, surveyed.name)


def _header(survey: Survey) -> Iterator[str]:
    of = f" of account {survey.account}" if survey.account else ""
    yield from _comment(
        f"The ECS services{of}, as `slipway init` found them. Check the file after each edit with `slipway "
        "check`; docs/configuration.md describes every key."
    )
    yield "#"
    yield from _comment(
        f"Lines with {QUESTION} ask what ECS does not say. The lines below them answer it once you fill them "
        "in and remove their `#`; remove the question then."
    )
    if survey.gaps:
        yield "#"
        yield from _comment("Not everything could be read, so something may be missing here:")
        for gap in survey.gaps:
            yield from _comment(f"- {gap.action}: {gap.about}")


def _who_may(people: People, any_pauses: bool) -> Iterator[str]:
    ids = "Ids of people (U…) and user groups (S…)"
    if not people.deployers:
        yield from _question(f"who may deploy? {ids}, or the word `{EVERYONE}`. Until then nobody can.", "  ")
    yield f"  deployers: {_people(people.deployers)}"
    if people.approvers:
        yield f"  approvers: {_people(people.approvers)}"
    else:
        pauses = " Services whose rollouts pause need them to go on." if any_pauses else ""
        yield from _question(f"who may approve deploys? {ids}.{pauses}", "  ")
        yield "  # approvers: []"
    if people.channels:
        yield f"  channels: {_people(people.channels)}"
    else:
        yield from _question(
            "from which channels may be deployed? Without this key, from any channel that is not shared with "
            "another organisation.",
            "  ",
        )
        yield "  # channels: []"


def _entry(
    name: str, surveyed: SurveyedService, draft: ServiceDraft, own_keys: Sequence[str]
) -> Iterator[str]:
    """own_keys: which keys `defaults` does not have, of `region` and `cluster`."""
    keys = {
        **{key: getattr(surveyed, key) for key in own_keys},
        **({"ecs_service": surveyed.name} if surveyed.name != name else {}),
        **draft.keys,
    }
    yield ""
    yield from _comment(draft.facts, "  ")
    for note in draft.notes:
        yield from _comment(note, "  ")
    for question in draft.questions:
        yield from _question(question, "  ")
    yield f"  {yaml_text(name)}:"
    for key, value in keys.items():
        yield f"    {key}: {yaml_text(value)}"
    for suggestion in draft.suggestions:
        yield f"    # {suggestion}"


def _left_out(drafts: Mapping[EcsPlace, tuple[SurveyedService, ServiceDraft]]) -> Iterator[str]:
    if not drafts:
        return
    yield ""
    what = "service is" if len(drafts) == 1 else "services are"
    yield from _comment(
        f"{len(drafts)} more {what} not here, because Slipway cannot deploy them as they are:"
    )
    for place in sorted(drafts):
        draft = drafts[place][1]
        facts = f" ({draft.facts})" if draft.facts else ""
        yield from _comment(f"- {place.cluster}/{place.service} in {place.region}: {draft.obstacle}{facts}")


def _question(text: str, indent: str) -> list[str]:
    return _comment(f"{QUESTION} {text}", indent)


def _comment(text: str, indent: str = "") -> list[str]:
    """The text as lines of a comment. Names of AWS may hold anything, but end no line."""
    return textwrap.wrap(
        one_safe_line(text),
        _WIDTH,
        initial_indent=f"{indent}# ",
        subsequent_indent=f"{indent}#   ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _people(ids: Sequence[str]) -> str:
    return EVERYONE if tuple(ids) == (EVERYONE,) else f"[{', '.join(ids)}]"
