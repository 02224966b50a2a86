"""Page: a whole HTML document around a body, in light and dark colours.

The policy in it forbids scripts and requests, so that a text that escaped us could do nothing.
"""

from __future__ import annotations

from html import escape

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """\
:root { color-scheme: light dark; --text: #1f2328; --page: #ffffff; --soft: #59636e; --line: #d1d9e0;
  --code: #f0f2f4; --link: #0969da; --base: #6e7781; --candidate: #bc4c00; --limit: #cf222e }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --page: #0d1117; --soft: #9198a1;
  --line: #3d444d; --code: #1c2128; --link: #4493f8;
  --base: #9198a1; --candidate: #f0883e; --limit: #f85149 } }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; overflow-wrap: break-word }
h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 .75rem }
h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 1rem 0 }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top }
td:last-child:not([style]):not(:first-child) { min-width: 11rem }
td[style*="right"] { white-space: nowrap } td[data-label="gate"] { min-width: 8rem }
td code { overflow-wrap: anywhere } td:has(> code:only-child) { min-width: 8rem; white-space: normal }
th { font-weight: 600; background: var(--code) }
td { font-variant-numeric: tabular-nums }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--code);
  padding: .1em .3em; border-radius: 4px }
pre { background: var(--code); padding: .8rem 1rem; overflow-x: auto; border-radius: 6px }
pre code { padding: 0; background: none }
details { margin: .75rem 0; border: 1px solid var(--line); border-radius: 6px; padding: .4rem .9rem }
summary { cursor: pointer; font-weight: 600 }
sub { vertical-align: baseline; color: var(--soft); font-size: .85em }
blockquote { margin: 1rem 0; padding: 0 1rem; border-left: 4px solid var(--line); color: var(--soft) }
a { color: var(--link) }
figure { margin: 1.25rem 0; max-width: 45rem; overflow-x: auto }
figcaption { font-weight: 600; margin-bottom: .3rem }
figcaption span { font-weight: 400; color: var(--soft) }
svg { display: block; width: 100%; min-width: 38rem; height: auto }
svg text { fill: var(--text); font-size: 12px }
svg path { fill: none } svg .grid { stroke: var(--line) } svg .axis { stroke: var(--soft) }
svg .curve { stroke-width: 2; stroke-linejoin: round }
svg .base { stroke: var(--base); stroke-dasharray: 6 3 } svg .candidate { stroke: var(--candidate) }
svg .limit { stroke: var(--limit); stroke-dasharray: 2 3 }
svg circle.base, svg circle.candidate { stroke-dasharray: none; fill: var(--page) }
@media (max-width: 40rem) { body { padding: 1rem } ul { padding-left: 1.2rem } thead { display: none }
  tbody, tr, td { display: block }
  tr { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .3rem .7rem }
  td { border: 0; padding: .1rem 0; text-align: left !important; white-space: normal !important;
    min-width: 0 !important; overflow-wrap: anywhere } td:empty { display: none }
  td[data-label]::before { content: attr(data-label) ": "; color: var(--soft) }
  svg { min-width: 0 } svg text { font-size: 14px } }
@media print { details:not([open]) > :not(summary) { display: block }
  details::details-content { content-visibility: visible; block-size: auto }
  figure { overflow-x: visible } svg { min-width: 0 } }
"""


def page(title: str, body: str) -> str:
    """The document; `title` is plain text, `body` HTML."""
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>
{_STYLE}</style>
</head>
<body>
{body}</body>
</html>
"""
