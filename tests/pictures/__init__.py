"""The pictures of the README, taken of the demo's page: `make pictures`."""
