"""The region's door: AWS's protocols, and the sandbox's own control API."""
