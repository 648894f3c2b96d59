"""Other ways to deploy and to wait for the end, to compare with. Each is a process of its own."""
