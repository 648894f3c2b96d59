"""The flows: what the next step of a deploy is, phase by phase."""
