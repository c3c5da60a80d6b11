"""Draw the README's two pictures: the command in a terminal, and the report's top.

    python examples/pictures.py [SECONDS] [FOLDER]

Trains SECONDS (30) on scikit-learn's table of breast tumours, and writes ``train.svg``
and ``report.png`` to FOLDER (docs/pictures). It needs what the tests need: playwright,
Pillow and Chromium.
"""

import io
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text
from sklearn.datasets import load_breast_cancer

SECONDS = sys.argv[1] if len(sys.argv) > 1 else "30"
PICTURES = (
    Path(sys.argv[2])
    if len(sys.argv) > 2
    else Path(__file__).parents[1] / "docs" / "pictures"
)
COLUMNS = 100
WINDOW = {"width": 1180, "height": 900}
N_COLOURS = 128  # of the PNG: text and plots need no more
COMMANDS = (
    "headstart train tumours.csv --target diagnosis "
    f"--time-limit {SECONDS} --random-state 0 --output tumours.headstart",
    "headstart report tumours.headstart --output tumours.html",
)
# One font of the reader's machine: a picture must not fetch anything.
SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
<rect width="{width}" height="{height}" rx="8" fill="#1e1e1e"/>
<g transform="translate({terminal_x}, {terminal_y})"
  clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def write_table(folder: Path) -> None:
    """Write the table as a CSV file, with words for the two classes."""
    data = load_breast_cancer(as_frame=True)
    words = data.target.map(dict(enumerate(data.target_names)))
    data.data.assign(diagnosis=words).to_csv(folder / "tumours.csv", index=False)


def run_commands(folder: Path) -> str:
    """Run the commands in `folder`; return the terminal's text with its colours."""
    command = Path(sys.executable).parent / "headstart"
    environment = {
        **os.environ,
        "FORCE_COLOR": "1",
        "COLUMNS": str(COLUMNS),
    }
    lines = []
    for line in COMMANDS:
        lines.append(f"\x1b[1m$ {line}\x1b[0m\n")
        done = subprocess.run(
            [command, *shlex.split(line)[1:]],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
        lines.append(done.stdout)
    return "".join(lines)


def draw_terminal(text: str) -> str:
    """Return the SVG picture of a terminal's text."""
    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True
    )
    console.print(Text.from_ansi(text))
    return console.export_svg(code_format=SVG)


def draw_page(page: Path) -> bytes:
    """Return the top of a page as a PNG picture."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=browser_path)
        opened = browser.new_page(viewport=WINDOW)
        opened.goto(page.as_uri())
        opened.wait_for_load_state("networkidle")
        shot = opened.screenshot()
        browser.close()
    small = Image.open(io.BytesIO(shot)).convert("RGB").quantize(N_COLOURS)
    written = io.BytesIO()
    small.save(written, "PNG", optimize=True)
    return written.getvalue()


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_table(folder)
        text = run_commands(folder)
        (PICTURES / "train.svg").write_text(draw_terminal(text), encoding="utf-8")
        (PICTURES / "report.png").write_bytes(draw_page(folder / "tumours.html"))
    for path in sorted(PICTURES.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
