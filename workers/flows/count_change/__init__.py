"""Phases SCALING, FOLLOWING_COUNT and RESTORING_COUNT: `/deploy scale` sets the desired count, and follows
the tasks until they run or have stopped. If they do not start, the count that there was before is set again.
"""
