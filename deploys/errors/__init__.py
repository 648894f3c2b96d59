"""Everything that can be refused or fail, by subject. `sentence` is what people read.

The names in braces are the error's facts, given when it is raised. What people or AWS wrote has to be escaped
first (`deploys.mrkdwn.escape`), because the sentences are Slack mrkdwn.
"""

from deploys.errors.access import *  # noqa: F403
from deploys.errors.aws import *  # noqa: F403
from deploys.errors.base import *  # noqa: F403
from deploys.errors.command_line import *  # noqa: F403
from deploys.errors.ecs_service import *  # noqa: F403
from deploys.errors.freezes import *  # noqa: F403
from deploys.errors.locks import *  # noqa: F403
from deploys.errors.plan_checks import *  # noqa: F403
from deploys.errors.requests import *  # noqa: F403
from deploys.errors.startup import *  # noqa: F403
from deploys.errors.storage import *  # noqa: F403
