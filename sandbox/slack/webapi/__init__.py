"""The Web API under /api/: arguments, tokens, scopes, rate limits, and methods."""
