"""The workspace, the app's manifest, and its installation."""
