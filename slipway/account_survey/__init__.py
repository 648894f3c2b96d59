"""Reads which ECS services there are and how they are set up. It changes nothing in AWS."""
