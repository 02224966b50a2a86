"""Report: a check as a page of Markdown, for a pull request."""
