"""Report: the check as a page of Markdown."""
