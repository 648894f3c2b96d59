"""What holds a deploy that could otherwise go on: a lock, a freeze of its service, the stop of all deploys.

Who may let a deploy pass, and what is said of each, stands here too.
"""
