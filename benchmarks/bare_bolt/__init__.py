"""A Bolt app that acknowledges a command and does nothing else, to compare with."""
