"""What a deploy was asked to do, where it is and how it ended."""

from __future__ import annotations

from enum import StrEnum


class Verb(StrEnum):
    """What was asked for."""

    DEPLOY = "deploy"  # another version
    RESTART = "restart"  # the same version, in new tasks
    ROLLBACK = "rollback"  # an earlier revision, as it was
    FOLLOW = "follow"  # nothing: a rollout that is not ours is looked on


class Phase(StrEnum):
    """Where a deploy is. Each phase that changes AWS is the written intent to do so.

    Every deploy is taken in as WAITING, since the script that does so cannot know the line's length
    beforehand; the first in line is due at once.
    """

    WAITING = "waiting"  # in the line of its service
    PLANNING = "planning"  # reading what runs now and what would change
    AWAITING_APPROVAL = "awaiting approval"  # the plan is shown, people decide
    REGISTERING = "registering"  # about to register the new revision
    RUNNING_PRE_TASK = "preparing"  # a one-off task runs with the new revision, before the service is touched
    UPDATING = "updating"  # rolling: about to point the service at the new revision
    SAVING_RESTORE_POINT = "recording"  # stop-start: about to write down the count and tasks to bring back
    STOPPING = "stopping"  # stop-start: about to set the desired count to 0
    DRAINING = "draining"  # stop-start: waiting until every old task is STOPPED
    STARTING = "starting"  # stop-start: about to set the new revision and the recorded count, in one update
    FOLLOWING = "following"  # our rollout is under way in ECS
    CHECKING = "checking"  # the rollout has succeeded; what has to hold afterwards is looked at
    FOLLOWING_EXTERNAL = (
        "looking on"  # a rollout that is not ours is under way in ECS; nothing of it is changed
    )
    RESTORING = "restoring"  # about to bring back the recorded revision and count
    FOLLOWING_ROLLBACK = "following back"  # the way back is under way in ECS
    SETTLING = "settling"  # the outcome is known; a later look proves that it held
    ENDED = "ended"


class Outcome(StrEnum):
    """How a deploy ended. None of them is 'stable'."""

    SUCCEEDED = "succeeded"  # our own rollout completed
    ROLLED_BACK = "rolled back"  # the recorded revision serves again
    FAILED = "failed"  # it did not succeed and the recorded revision could not be brought back by itself
    SUPERSEDED = "superseded"  # somebody else's newer deployment took the service
    CANCELLED = "cancelled"  # a person withdrew it; what had changed was brought back
    REJECTED = "rejected"  # an approver said no
    EXPIRED = "expired"  # time ran out: nobody decided, or a rollout that is only followed did not end
    REFUSED = "refused"  # a check said no before anything was changed
