"""The control API under /sandbox/: act as a person, read what they see, add faults."""
