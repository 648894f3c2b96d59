"""The revisions that a deploy knows: the new one, the one recorded before it, and a copy of that. Pure."""

from __future__ import annotations

from deploys.records.deploy import Deploy


def is_own_revision(deploy: Deploy, revision: str) -> bool:
    """Whether it is the new revision, the recorded one, or a copy of that."""
    return revision in {
        deploy.ecs.new_revision,
        deploy.rollback.revision_copy,
        deploy.stop.restore_point.revision if deploy.stop.restore_point else None,
        deploy.plan.old_revision if deploy.plan else None,
    }


def known_revisions(deploy: Deploy) -> tuple[str, ...]:
    """ARNs of all revisions whose tasks the deploy may be told about."""
    plan = deploy.plan
    return tuple(
        dict.fromkeys(
            filter(
                None,
                (
                    deploy.ecs.new_revision,
                    recorded_revision(deploy),
                    plan.source_revision if plan else "",
                    deploy.rollback.revision_copy,
                ),
            )
        )
    )


def recorded_revision(deploy: Deploy) -> str:
    """The revision that the service had before the deploy."""
    if deploy.stop.restore_point is not None:
        return deploy.stop.restore_point.revision
    return deploy.plan.old_revision if deploy.plan else ""


def rollback_revision(deploy: Deploy) -> str:
    """The revision that a rollback sets: the recorded one, or the copy of it that had to be registered.

    Compare what ECS shows with `is_recorded_revision`: ECS itself may roll back to the recorded one despite a
    copy.
    """
    return deploy.rollback.revision_copy or recorded_revision(deploy)


def is_recorded_revision(deploy: Deploy, revision: str) -> bool:
    """Whether this is the recorded revision, or the copy of it."""
    return bool(revision) and revision in (recorded_revision(deploy), deploy.rollback.revision_copy)
