"""Calls to AWS in general: clients, credentials, roles, and what an error means."""
