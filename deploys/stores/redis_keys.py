"""Names of the Redis keys. The hash tag keeps all of them in one slot, so that one script may use them."""

from __future__ import annotations

PREFIX = "{slipway}:"

ACTIVE_DEPLOYS = f"{PREFIX}active"
"""Set of the deploys that have not ended."""
SUMMARIES = f"{PREFIX}summaries"
"""Hash from a deploy that has not ended to its summary as JSON (`deploys.stores.active_deploys`). One that an
older Slipway has submitted has none."""
HISTORY = f"{PREFIX}history"
"""Sorted set of all deploys by the time of their request."""
DUE = f"{PREFIX}due"
"""Sorted set of the active deploys by the time of their next step (epoch milliseconds)."""
NEXT_JOBS = f"{PREFIX}next-jobs"
"""Hash from deploy to the job that takes its next step."""
PUBLISH = f"{PREFIX}publish"
"""Sorted set of the threads that may be behind, by the time to update them (epoch milliseconds)."""
PUBLISH_PRIORITIES = f"{PREFIX}publish-priorities"
"""Hash from a thread that may be behind to how urgent that is (`deploys.publish_priority`), or to
`WAITS_FOR_SLACK`. A thread that is missing here has progress to show."""
PUBLISHER = f"{PREFIX}publisher"
"""The job that updates threads now. It expires by itself."""
AUDIT = f"{PREFIX}audit"
"""Stream of the audit's entries (`deploys.records.audit_entry`)."""
AUDIT_LOGGED = f"{PREFIX}audit-logged"
"""Id of the last entry that a scheduler has written to its standard output."""
AUDIT_LOGGING = f"{PREFIX}audit-logging"
"""The scheduler that writes entries to its standard output now. It expires by itself."""
AUDIT_POSTED = f"{PREFIX}audit-posted"
"""Id of the last entry that was looked at for the audit's channel."""
AUDIT_POSTING = f"{PREFIX}audit-posting"
"""The job that posts in the audit's channel now. It expires by itself."""
FENCE = f"{PREFIX}fence"
"""The fence of the last claim. Each claim gets a higher one."""
DISK_PROBE = f"{PREFIX}disk-probe"
"""Written before Redis is asked whether all earlier writes are on disk."""
REDIS_RUN = f"{PREFIX}redis-run"
"""The run id of the Redis seen last: another one may have lost what that one had accepted."""
ORPHANS_CHECKED_AT = f"{PREFIX}orphans-checked-at"
"""When all services were last checked for lost deploys (epoch seconds)."""
ORPHAN_SCAN_READ = f"{PREFIX}orphan-scan-read"
"""Set of the services that a check which is not over has read."""
LOST_DEPLOYS = f"{PREFIX}lost-deploys"
"""Hash from service to a deploy whose tags are on it and which has no record
(`deploys.stores.lost_deploys`)."""
LOCKS = f"{PREFIX}locks"
"""Hash from the target of a lock to the lock as JSON."""
STOP_ALL = f"{PREFIX}stop-all"
"""Who has stopped all deploys, as JSON; missing while they are not stopped."""
HEARTBEATS = f"{PREFIX}heartbeats"
"""Sorted set of the processes that run, each as JSON, by when they said so last (epoch seconds of Redis)."""
HOME_VIEWERS = f"{PREFIX}home-viewers"
"""Sorted set of the people who have opened their Home tab, by when that was last (epoch seconds)."""
HOME_SHOWN = f"{PREFIX}home-shown"
"""Hash from person to when their Home tab was sent last, and its fingerprint."""
NOTICES = f"{PREFIX}notices"
"""Hash from id to a message for one person that Slack has not taken yet."""
SENT_NOTICES = f"{PREFIX}sent-notices"
"""Hash from id to a message for one person that is edited once its lock is over."""
ASKED_REQUESTS = f"{PREFIX}asked-requests"
"""Sorted set of the requests that others are asked to run, by when they were asked (epoch seconds)."""
JOB_RESTS = f"{PREFIX}job-rests"
"""Hash: until when a job that is enqueued at intervals has nothing to do (epoch seconds), by its name."""
RETENTION = f"{PREFIX}retention"
"""Hash: how far the removal of old texts has come, and when its round began."""
WAITS_FOR_ECS = f"{PREFIX}waits-for-ecs"
"""Hash from a deploy whose next step waits for something to happen in ECS to the version of its record. An
event of ECS makes only these due. A deploy about which somebody decides is missing until its next step."""
EVENTS_ALIVE = f"{PREFIX}events-alive"
"""Set while events of ECS are received. It expires by itself."""
EVENTS_MISSED = f"{PREFIX}events-missed"
"""Set for some time after a rollout ended of which no event told. It expires by itself."""
EVENTS_PENDING = f"{PREFIX}events-pending"
"""Hash from a deploy to when an event wants it due (epoch milliseconds), until a worker claims it."""
EVENTS_SEEN = f"{PREFIX}events-seen"
"""Sorted set of the deploys that events told of, by when the last one came (epoch milliseconds)."""
WATCHED = f"{PREFIX}watched:"
CLAIM_HOLDER = f"{PREFIX}claim-holder:"
SLACK_NEEDED = f"{PREFIX}slack-needed"
"""Sorted set of the people and channels that access is decided about, by when that was last (epoch
seconds)."""
SLACK_NOTED = f"{PREFIX}slack-noted"
"""Set for some time after those of all deploys in progress were noted there. It expires by itself."""

WORKSPACE = f"{PREFIX}workspace"
"""Which Slack workspace this Slipway belongs to, as JSON."""
RUNNING_IMAGES = f"{PREFIX}running-images"
"""Hash from service to the images that it runs, as JSON (`deploys.stores.tag_lists`)."""
AWS_BUCKETS = f"{PREFIX}aws-buckets"
"""Set of the names of the buckets that `aws_bucket` has keys for."""
WATCH_INTERVALS = f"{PREFIX}watch-intervals"
"""How often rollouts are looked at, as JSON (`deploys.stores.watch_intervals`). It expires by itself."""


def record(deploy_id: str) -> str:
    """Hash: the record as JSON, and its version."""
    return f"{PREFIX}deploy:{deploy_id}"


def batch(batch_id: str) -> str:
    """The batch as JSON. It never changes, and is kept as long as a record of its deploys is."""
    return f"{PREFIX}batch:{batch_id}"


def lease(deploy_id: str) -> str:
    """The token of the claim on the deploy, which names the process that holds it. It expires by itself."""
    return f"{PREFIX}lease:{deploy_id}"


def claim_holder(holder_id: str) -> str:
    """The heartbeat of a process that holds claims. It expires by itself."""
    return f"{CLAIM_HOLDER}{holder_id}"


def service_queue(queue: str) -> str:
    """List of the deploys of a queue (`Deploy.queue`), the active one first."""
    return f"{PREFIX}queue:{queue}"


def in_progress(service: str) -> str:
    """Hash from request key to the deploy with that key whose outcome is open."""
    return f"{PREFIX}in-progress:{service}"


def open_by(requester: str) -> str:
    """Set of the deploys that a person has asked for: those that are still in `ACTIVE_DEPLOYS`, and some that
    have ended. It expires by itself."""
    return f"{PREFIX}open-by:{requester}"


def requested_services(requester: str) -> str:
    """List of the services of the last 50 deploys that a person has asked for, the newest first. It expires
    by itself."""
    return f"{PREFIX}requested-services:{requester}"


def history(service: str) -> str:
    """Sorted set of the service's deploys by the time of their request."""
    return f"{HISTORY}:{service}"


def watched(cluster_key: str) -> str:
    """Set of the deploys whose rollouts are read together."""
    return f"{WATCHED}{cluster_key}"


def calendar(name: str) -> str:
    """What a calendar of freezes says, as JSON. It expires by itself."""
    return f"{PREFIX}calendar:{name}"


def asked_lately(about: str) -> str:
    """Set while people were asked about this a short time ago. It expires by itself."""
    return f"{PREFIX}asked-lately:{about}"


def refused_request(request_id: str) -> str:
    """A refused request as JSON. It expires by itself."""
    return f"{PREFIX}refused-request:{request_id}"


def asked_request(asked_id: str) -> str:
    """Hash: a request that others are asked to run, its message, and who ran it. It expires by itself."""
    return f"{PREFIX}asked-request:{asked_id}"


def lock_question(lock_id: str) -> str:
    """Who asked the holder of a lock last. It expires by itself."""
    return f"{PREFIX}lock-question:{lock_id}"


def slack_person(user: str) -> str:
    """What Slack said of a user, as JSON. It expires by itself."""
    return f"{PREFIX}slack-person:{user}"


def slack_channel(channel: str) -> str:
    """What Slack said of a conversation, as JSON. It expires by itself."""
    return f"{PREFIX}slack-channel:{channel}"


def terminal_query(query_id: str) -> str:
    """Who waits at a terminal for a worker's answer. It expires by itself."""
    return f"{PREFIX}terminal-query:{query_id}"


def terminal_answer(query_id: str) -> str:
    """A worker's answer for a terminal, as JSON. It expires by itself."""
    return f"{PREFIX}terminal-answer:{query_id}"


def request_bucket(kind: str, user: str) -> str:
    """Hash: how many more requests of this kind are taken from this person for now. It expires by itself."""
    return f"{PREFIX}requests:{kind}:{user}"


def tag_list(service: str) -> str:
    """The tags of a service's image, as JSON. It expires by itself."""
    return f"{PREFIX}tags:{service}"


def revision_version(service: str, revision: str) -> str:
    """The version that a revision of this service (an ARN) is. It expires by itself."""
    return f"{PREFIX}revision-version:{service}:{revision}"


def tag_read(service: str) -> str:
    """Set while a worker reads the tags of a service, and shortly after. It expires by itself."""
    return f"{PREFIX}tag-read:{service}"


def aws_bucket(name: str) -> tuple[str, str, str, str]:
    """Four keys of one of AWS's limits (`deploys.stores.aws_budget`): the tokens left, as a hash; who waits,
    by place; when each was told to come back; since when each waits. They expire by themselves."""
    bucket = f"{PREFIX}aws-bucket:{name}"
    return bucket, f"{bucket}:waiting", f"{bucket}:turns", f"{bucket}:since"
