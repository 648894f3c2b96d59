"""Questions that a worker answers, because a listener asks neither AWS nor Slack. They change nothing.

A question has no record, so no clock rings for it again: if Redis does not take the ring, whoever asked is
told; if no worker comes within ten minutes, it is forgotten. The job carries ids alone; the worker finds the
response_url of the answer in Redis.
"""
