"""Questions that a worker answers, because a listener asks neither AWS nor Slack. They change nothing.

A question has no record, so no clock rings for it again: if Redis does not take the ring, whoever asked is
told; if no worker comes within ten minutes, it is forgotten. The job carries ids alone; where an answer can
only go by `response_url`, as in a private channel without the bot, the worker finds that in Redis.
"""
