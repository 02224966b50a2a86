"""How a result is told: console, Markdown, JSON, JUnit."""
