"""What a service needs while Slipway has stopped it: tags to restore it by, its scaling suspended, its tasks
watched.

If Redis is lost, the tags alone say how to bring the service back.
"""
