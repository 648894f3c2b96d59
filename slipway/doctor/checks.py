"""Every check, in the order in which it is made: what others build on comes first."""

from __future__ import annotations

from slipway.doctor.aws_budget_checks import check_aws_budget, check_watch_interval
from slipway.doctor.clock_checks import check_clock_against_aws, check_clock_against_slack
from slipway.doctor.events_checks import check_events_arrive, check_events_queue
from slipway.doctor.finding import NamedCheck
from slipway.doctor.manifest_checks import check_installed_manifest
from slipway.doctor.permission_checks import check_permissions
from slipway.doctor.process_checks import (
    check_bot,
    check_scheduler,
    check_versions,
    check_waiting_jobs,
    check_workers,
)
from slipway.doctor.redis_checks import (
    check_redis_answers,
    check_redis_authentication,
    check_redis_eviction,
    check_redis_latency,
    check_redis_memory,
    check_redis_persistence,
    check_redis_role,
    check_redis_version,
)
from slipway.doctor.request_url_checks import check_request_url
from slipway.doctor.service_checks import check_alarms, check_credentials, check_services
from slipway.doctor.setup_checks import check_services_file, check_settings
from slipway.doctor.slack_checks import (
    check_app_token,
    check_bot_token,
    check_scopes,
    check_socket_mode,
)

SLOW_SECONDS = 60.0
"""For checks that ask AWS about each service (seconds)."""

CHECKS = (
    NamedCheck("settings", check_settings),
    NamedCheck("services-file", check_services_file),
    NamedCheck("slack-token", check_bot_token),
    NamedCheck("slack-scopes", check_scopes),
    NamedCheck("slack-manifest", check_installed_manifest),
    NamedCheck("slack-app-token", check_app_token),
    NamedCheck("socket-mode", check_socket_mode),
    NamedCheck("request-url", check_request_url),
    NamedCheck("redis", check_redis_answers),
    NamedCheck("redis-version", check_redis_version),
    NamedCheck("redis-role", check_redis_role),
    NamedCheck("redis-persistence", check_redis_persistence),
    NamedCheck("redis-eviction", check_redis_eviction),
    NamedCheck("redis-memory", check_redis_memory),
    NamedCheck("redis-latency", check_redis_latency),
    NamedCheck("redis-authentication", check_redis_authentication),
    NamedCheck("bot", check_bot),
    NamedCheck("workers", check_workers),
    NamedCheck("waiting-jobs", check_waiting_jobs),
    NamedCheck("scheduler", check_scheduler),
    NamedCheck("versions", check_versions),
    NamedCheck("watch-interval", check_watch_interval),
    NamedCheck("aws-budget", check_aws_budget),
    NamedCheck("aws-credentials", check_credentials),
    NamedCheck("services", check_services, SLOW_SECONDS),
    NamedCheck("alarms", check_alarms, SLOW_SECONDS),
    NamedCheck("permissions", check_permissions, SLOW_SECONDS),
    NamedCheck("events-queue", check_events_queue),
    NamedCheck("events", check_events_arrive),
    NamedCheck("clock-slack", check_clock_against_slack),
    NamedCheck("clock-aws", check_clock_against_aws),
)
