"""HTML: a report as one file that needs nothing else: no script, no picture, no request."""
