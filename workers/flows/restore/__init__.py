"""What brings the recorded revision back, for every strategy.

A revision that ECS accepts, and the steps around the update that sets it.
"""
