"""Render: records as text for a person, a forge or another program."""
