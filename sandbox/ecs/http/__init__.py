"""HTTP: AWS's protocols, faults, roles, and the sandbox's own control API."""
