"""How the configuration of two revisions differs, by field. Pure.

What a deploy sets by itself is no difference: the tags of the images that it deploys, and Slipway's own tags.
Values of environment variables are never shown, and neither is any other text that may hold a secret: only
its name is. Text is shown for the fields in `SHOWN` only; numbers and switches always are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from deploys.environment_values import MIN_VALUE_LENGTH
from deploys.formatting import shorten_line
from deploys.records.plan import ConfigChange
from deploys.redaction import redact
from workers.ecs import task_definitions
from workers.ecs.images.image_reference import repository_name
from workers.ecs.state import RevisionState

SHOWN = frozenset(
    {
        "appProtocol",
        "condition",
        "cpu",
        "cpuArchitecture",
        "executionRoleArn",
        "image",
        "ipcMode",
        "isolationMode",
        "logDriver",
        "memory",
        "networkMode",
        "operatingSystemFamily",
        "pidMode",
        "protocol",
        "requiresCompatibilities",
        "scope",
        "taskRoleArn",
        "transitEncryption",
        "user",
        "versionConsistency",
    }
)
"""Fields whose text is shown. Any other may hold a secret: a command, a label, an option of a log driver."""

VALUE_LENGTH = 60
NAME_LENGTH = 40
"""Of a value, and of a name (characters)."""

HIDDEN = "(not shown)"

_NAMES_ONLY = frozenset(
    {
        "dockerLabels",
        "driverOpts",
        "environment",
        "labels",
        "options",
        "properties",
        "secretOptions",
        "secrets",
    }
)
"""Lists and maps of which only the names are shown."""

_MEMBER_KEYS: Mapping[str, tuple[str, ...]] = {
    "dependsOn": ("containerName",),
    "devices": ("hostPath",),
    "environment": ("name",),
    "environmentFiles": ("value",),
    "extraHosts": ("hostname",),
    "inferenceAccelerators": ("deviceName",),
    "mountPoints": ("containerPath",),
    "placementConstraints": ("expression",),
    "portMappings": ("containerPort", "containerPortRange", "protocol"),
    "properties": ("name",),
    "resourceRequirements": ("type",),
    "secretOptions": ("name",),
    "secrets": ("name",),
    "systemControls": ("namespace",),
    "tmpfs": ("containerPath",),
    "ulimits": ("name",),
    "volumes": ("name",),
    "volumesFrom": ("sourceContainer",),
}
"""What tells the members of a list apart."""

_NO_CONFIG = frozenset({"containerDefinitions", "family", "tags"})
_EMPTY_MATTERS = frozenset({"command", "entryPoint"})
"""Fields for which empty is not the same as not set."""


def find_config_changes(
    running: RevisionState, newer: RevisionState, retagged: Collection[str]
) -> tuple[ConfigChange, ...]:
    """How the newer revision differs from the running one. retagged: containers whose tags the deploy
    sets.
    """
    hidden = _environment_values(running) | _environment_values(newer)
    found = [
        *_task_changes(running, newer),
        *_tag_changes(running, newer),
        *_all_container_changes(running, newer, retagged),
    ]
    return tuple(_redact(change, hidden) for change in found)


def _task_changes(running: RevisionState, newer: RevisionState) -> Iterator[ConfigChange]:
    for field in sorted(task_definitions.request_fields() - _NO_CONFIG):
        yield from _compare("", (field,), running.raw.get(field), newer.raw.get(field))
    unknown = (dict.fromkeys(revision.unknown_fields) for revision in (running, newer))
    yield from _name_changes("", ("fields that this boto3 does not know",), *unknown)


def _tag_changes(running: RevisionState, newer: RevisionState) -> Iterator[ConfigChange]:
    old, new = task_definitions.user_tags(running), task_definitions.user_tags(newer)
    yield from _name_changes("", ("tags",), old, new)


def _all_container_changes(
    running: RevisionState, newer: RevisionState, retagged: Collection[str]
) -> Iterator[ConfigChange]:
    old, new = task_definitions.containers_by_name(running), task_definitions.containers_by_name(newer)
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            yield ConfigChange(container=name, field="", removed=(name,), old=old[name]["image"])
        elif name not in old:
            yield ConfigChange(container=name, field="", added=(name,), new=new[name]["image"])
        else:
            yield from _container_changes(name, old[name], new[name], retagged)


def _container_changes(
    name: str, old: Mapping[str, Any], new: Mapping[str, Any], retagged: Collection[str]
) -> Iterator[ConfigChange]:
    for field in sorted(old.keys() | new.keys()):
        if field == "image" and name in retagged:
            before, after = repository_name(old["image"]), repository_name(new["image"])
            if before != after:
                yield ConfigChange(
                    container=name, field="image repository", old=before, new=after, keeps_old=True
                )
        else:
            yield from _compare(name, (field,), old.get(field), new.get(field))


def _compare(container: str, path: tuple[str, ...], old: Any, new: Any) -> Iterator[ConfigChange]:
    field = path[-1]
    if field not in _EMPTY_MATTERS:
        old, new = (None if value in (None, "", [], {}) else value for value in (old, new))
    if old == new:
        return
    by_name = _members_by_name(field, old), _members_by_name(field, new)
    if by_name[0] is not None and by_name[1] is not None:
        yield from _compare_members(container, path, by_name[0], by_name[1])
    else:
        yield ConfigChange(
            container=container,
            field=" ".join(path),
            old=_value_text(field, old),
            new=_value_text(field, new),
        )


def _compare_members(
    container: str, path: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[ConfigChange]:
    """Added and removed names are one change; of the names in both, each field that differs is one."""
    if path[-1] in _NAMES_ONLY:
        yield from _name_changes(container, path, old, new)
        return
    if (
        path[-1] not in _MEMBER_KEYS
    ):  # a structure: which of its fields are set is a difference of those fields
        for name in sorted(old.keys() | new.keys()):
            yield from _compare(container, (*path, name), old.get(name), new.get(name))
        return
    yield from _name_changes(container, path, dict.fromkeys(old), dict.fromkeys(new))
    for name in old:
        if name in new:
            yield from _compare(container, (*path, name), old[name], new[name])


def _name_changes(
    container: str, path: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[ConfigChange]:
    added = tuple(name for name in new if name not in old)
    removed = tuple(name for name in old if name not in new)
    changed = tuple(name for name in old if name in new and old[name] != new[name])
    if added or removed or changed:
        yield ConfigChange(
            container=container, field=" ".join(path), added=added, removed=removed, changed=changed
        )


def _members_by_name(field: str, value: Any) -> Mapping[str, Any] | None:
    """A list or structure as a map; None if its members have no names, or the same name twice."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or field not in _MEMBER_KEYS:
        return None
    named = {_member_name(field, member): member for member in value if isinstance(member, dict)}
    return named if len(named) == len(value) else None


def _member_name(field: str, member: Mapping[str, Any]) -> str:
    return "/".join(str(member[key]) for key in _MEMBER_KEYS[field] if key in member)


def _value_text(field: str, value: Any) -> str:
    """The value for people; empty if there is none, or if its text must not be shown."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if field not in SHOWN or not value:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _environment_values(revision: RevisionState) -> set[str]:
    return {
        value
        for _, value in task_definitions.environment_variables(revision)
        if len(value) >= MIN_VALUE_LENGTH
    }


def _redact(change: ConfigChange, hidden: Collection[str]) -> ConfigChange:
    """Shortened, and without any text that contains the value of an environment variable."""

    def without(text: str, instead: str) -> str:
        return instead if any(secret in text for secret in hidden) or redact(text) != text else text

    values = (change.old, change.new)
    if any(without(text, "") != text for text in values):
        values = ("", "")
    return change.evolve(
        field=shorten_line(without(change.field, change.field.split(" ")[0]), VALUE_LENGTH),
        old=shorten_line(values[0], VALUE_LENGTH),
        new=shorten_line(values[1], VALUE_LENGTH),
        **{
            kind: tuple(shorten_line(without(name, HIDDEN), NAME_LENGTH) for name in getattr(change, kind))
            for kind in ("added", "removed", "changed")
        },
    )
