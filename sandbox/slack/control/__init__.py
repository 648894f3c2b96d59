"""The control API under /sandbox/: act as a person, read what a person sees, make things go wrong."""
