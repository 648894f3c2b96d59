"""Which revisions a deploy calls its own: the new one, the one that ran before, and a copy of that. Pure."""

from __future__ import annotations

from deploys.records.deploy import Deploy


def is_own_revision(deploy: Deploy, revision: str) -> bool:
    """Whether this deploy knows the revision: the new one, the recorded one, or a copy of that."""
    return revision in {
        deploy.ecs.new_revision,
        deploy.rollback.revision_copy,
        deploy.stop.restore_point.revision if deploy.stop.restore_point else None,
        deploy.plan.old_revision if deploy.plan else None,
    }


def recorded_revision(deploy: Deploy) -> str:
    """The revision that the service was set to before the deploy. Pure."""
    if deploy.stop.restore_point is not None:
        return deploy.stop.restore_point.revision
    return deploy.plan.old_revision if deploy.plan else ""


def rollback_revision(deploy: Deploy) -> str:
    """The revision that the way back sets: the recorded one, or the copy of it that had to be registered.

    What ECS shows is compared by `is_recorded`: ECS itself goes back to the recorded one all the same. Pure.
    """
    return deploy.rollback.revision_copy or recorded_revision(deploy)


def is_recorded_revision(deploy: Deploy, revision: str) -> bool:
    """Whether this is the recorded revision, or the copy of it. Pure."""
    return bool(revision) and revision in (recorded_revision(deploy), deploy.rollback.revision_copy)
