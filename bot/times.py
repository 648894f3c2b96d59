"""Lengths of time for people."""

from __future__ import annotations


def ago(seconds: float) -> str:
    """`just now`, `48 s ago`, `3 min ago`, `2 h ago`, `4 days ago`."""
    whole = max(0, int(seconds))
    if whole < 5:
        return "just now"
    if whole < 60:
        return f"{whole} s ago"
    if whole < 3600:
        return f"{whole // 60} min ago"
    if whole < 86_400:
        return f"{whole // 3600} h ago"
    days = whole // 86_400
    return f"{days} day ago" if days == 1 else f"{days} days ago"
