"""The Web API under /api/: arguments, tokens, scopes, rate limits, and one file per family of methods."""
