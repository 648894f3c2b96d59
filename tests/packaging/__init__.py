"""Dockerfile, compose.yml and the files of packaging/."""
