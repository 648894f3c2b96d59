"""A person's Home tab: `content.py` reads what it shows, `view.py` draws it, and `publishing.py` sends it
and keeps it current for those who have it open."""
