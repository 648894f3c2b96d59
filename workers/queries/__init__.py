"""Queries: `/deploy plan`, `tags`, `logs`, `status` and `stats`. They change nothing, and need AWS, or more
time than Slack gives the bot, so a worker answers them.

A query has no record, so the scheduler does not enqueue it again: if Redis does not accept the job, the user
is told so at once; if no worker runs it within ten minutes, it is dropped. The job has only ids; the worker
finds the response_url for the answer in Redis.
"""
