"""Events of ECS, which EventBridge puts into a queue of SQS: each makes the deploys due that it is about.

`ecs_event.py` reads one, `event_routing.py` finds its deploys, `look_spacing.py` keeps them from being read
too often, `event_receiver.py` does all of it for what `event_queue.py` receives; `__main__.py` runs that.
"""
