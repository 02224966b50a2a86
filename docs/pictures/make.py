"""Pictures: draw docs/pictures from real output: `python docs/pictures/make.py [FOLDER OF A DEMO]`.

Each picture shows the output of a command on a pseudo-terminal. The report is also Markdown, rendered as text
(*.svg) and as a page in a browser (*.png, if Chromium is installed).
Nothing is edited by hand.
"""

from __future__ import annotations

import io
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt
from rich.console import Console
from rich.markdown import Markdown
from rich.terminal_theme import TerminalTheme
from rich.text import Text
from rich.theme import Theme

HERE = Path(__file__).parent
COLUMNS = 100
_THEME = TerminalTheme(
    (250, 250, 250),
    (36, 41, 47),
    [
        (36, 41, 47),
        (190, 30, 40),
        (17, 110, 50),
        (150, 95, 0),
        (9, 80, 180),
        (120, 60, 180),
        (20, 110, 125),
        (110, 119, 129),
    ],
)
_STYLES = Theme({"markdown.h3": "bold", "markdown.code": "cyan", "markdown.table.header": "dim"})
_LOOK = """
body { margin: 0; background: #fff; color: #1f2328 }
body { font: 14px/1.5 -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif }
article { margin: 12px; padding: 4px 18px; border: 1px solid #d1d9e0; border-radius: 6px }
h3 { font-size: 17px } h4 { font-size: 14px } li { margin: 3px 0 } ul { padding-left: 26px }
table { border-collapse: collapse; margin: 14px 0 } td, th { border: 1px solid #d1d9e0; padding: 5px 10px }
tr:nth-child(2n) td { background: #f6f8fa } details { margin: 10px 0 } sub { font-size: 11px; line-height: 0 }
code { font: 12px ui-monospace, 'DejaVu Sans Mono', Menlo, monospace; background: #eff1f3; border-radius: 5px;
  padding: 2px 5px } pre { background: #f6f8fa; padding: 12px; border-radius: 6px }
pre code { background: none; padding: 0 } a { color: #0969da; text-decoration: none }
"""
_FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def terminal(argv: list[str], folder: Path) -> str:
    """The output of a command on a terminal, with colours."""
    main_end, command_end = pty.openpty()
    env = os.environ | {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color", "LINES": "60"}
    env.pop("NO_COLOR", None)
    process = subprocess.Popen(
        argv, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=command_end, stderr=command_end
    )
    os.close(command_end)
    chunks = []
    while True:
        try:
            chunk = os.read(main_end, 65536)
        except OSError:  # on Linux: the other end is closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    process.wait()
    os.close(main_end)
    return b"".join(chunks).decode().replace("\r\n", "\n")


def draw(name: str, title: str, *parts: Text | Markdown) -> None:
    """Write one picture as SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, theme=_STYLES)
    for part in parts:
        console.print(part)
    svg = console.export_svg(title=title, theme=_THEME, unique_id=name)
    # The template loads a web font from elsewhere; a picture must work alone.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: Fira Code, monospace", f"font-family: {_FONT}", svg)
    # Some viewers drop spaces at the start of a piece of text.
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)
    (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")


def readable(markdown: str) -> Markdown:
    """The report as a forge shows it at first: `<details>` folded, without comments."""
    text = re.sub(r"<!--.*?-->", "", markdown, flags=re.DOTALL)
    text = re.sub(
        r"<details[^>]*>\s*<summary>(.*?)</summary>.*?</details>", r"\n▸ \1\n", text, flags=re.DOTALL
    )
    text = re.sub(r"</?sub>", "", text)
    return Markdown(text, code_theme="bw")


def photograph(name: str, markdown: str, *, height: int) -> None:
    """Write the report as a page in a browser, styled like a comment on a forge; skipped without Chromium."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        sys.stderr.write(f"{name}.png was not drawn: Chromium is not installed\n")
        return
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch, "page.html")
        page.write_text(f"<!doctype html><meta charset=utf-8><style>{_LOOK}</style><article>{body}</article>")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        subprocess.run(
            [*command, f"--window-size=900,{height}", f"--screenshot={HERE / name}.png", page.as_uri()],
            check=True,
            capture_output=True,
        )


def prompt(command: str) -> Text:
    """The line that a user typed."""
    return Text.assemble(("$ ", "dim"), (command, "bold"), "\n", end="")


def report(project: Path, *options: str) -> str:
    """The Markdown report of the branch that is checked out."""
    command = [sys.executable, "-m", "mlgit", "report", "--format", "markdown", *options]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False).stdout


def show(project: Path, branch: str) -> None:
    """Check out a branch, with the files that DVC stores."""
    subprocess.run(["git", "switch", "--quiet", branch], cwd=project, check=True)
    subprocess.run([sys.executable, "-m", "dvc", "checkout", "--quiet"], cwd=project, check=True)


def main() -> None:
    """Draw a given demo, or a new one."""
    mlgit = [sys.executable, "-m", "mlgit"]
    with tempfile.TemporaryDirectory() as scratch:
        if len(sys.argv) > 1:
            place = Path(sys.argv[1])
        else:
            place = Path(scratch, "mlgit-demo")
            subprocess.run([*mlgit, "demo", "-q", str(place)], check=True)
        project = place / "project"
        show(project, "neighbours")
        status = terminal([*mlgit, "status"], project)
        draw("status", "mlgit status", prompt("mlgit status"), Text.from_ansi(status))
        blocked = report(project)
        draw("report", "a pull request that is blocked", readable(blocked))
        photograph("report-blocked", blocked, height=1060)
        show(project, "weaker-penalty")
        # The demo has merged this branch; its pull request was compared with the commit before.
        photograph("report-pass", report(project, "--base", "HEAD^"), height=960)
        show(project, "main")


if __name__ == "__main__":
    main()
