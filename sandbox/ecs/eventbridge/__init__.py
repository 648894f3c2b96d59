"""Amazon EventBridge: what ECS tells it, and how it reaches the queues of rules."""
