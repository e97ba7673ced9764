"""The pages that the handoff itself shows in a browser, when it cannot redirect it to a console. Pure."""

from __future__ import annotations

from html import escape

from ecsvnc.errors import EcsvncError, with_program

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --quiet: #5b6475; --paper: #f4f6fa; --card: #fff; --line: #d9dfe8 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebf2; --quiet: #9aa4b6; --paper: #12151c; --card: #1b1f29; --line: #2c3341 }
}
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
       font: 16px/1.5 system-ui, sans-serif }
main { box-sizing: border-box; max-width: 36rem; margin: 1rem; padding: 2rem; background: var(--card);
       border: 1px solid var(--line); border-radius: 12px; overflow-wrap: anywhere }
h1 { margin: 0 0 .75rem; font-size: 1.25rem }
p { margin: .5rem 0; white-space: pre-line }
.quiet { color: var(--quiet) }
small { color: var(--quiet) }
"""


def error_page(error: EcsvncError, program: str = "ecsvnc") -> bytes:
    """`error` as the terminal shows it, as a page; `program` as in `with_program`."""
    parts = [_paragraph(with_program(error.what, program))]
    if error.hint:
        parts.append(_paragraph(with_program(error.hint, program), quiet=True))
    if error.request_id:
        parts.append(f"<p><small>Request ID: {escape(error.request_id)}</small></p>")
    return _page("The console could not be opened", parts)


def bug_page() -> bytes:
    """The page after an unexpected failure."""
    return _page("The console could not be opened", [_paragraph("ecsvnc failed. See the terminal for details.")])


def used_page(command: str) -> bytes:
    """The page of an address that was used; `command` opens the console again."""
    hint = f"<p class=quiet>To open the console again, run: <code>{escape(command)}</code></p>"
    return _page("This address has been used", [_paragraph("It opens the console only once."), hint])


def other_browser_page(command: str) -> bytes:
    """The page for a browser that did not open the address first; `command` opens the console again."""
    text = "Another browser opened this address first, or this one does not keep cookies."
    hint = f"<p class=quiet>To open the console here, run: <code>{escape(command)}</code></p>"
    return _page("This console is open in another browser", [_paragraph(text), hint])


def enter_page(nonce: str) -> bytes:
    """A page that goes on to the console page at once.

    Not a redirect: where a link on another site led here, the browser would not send the cookie after it.
    """
    return _page("ecsvnc", [f"<meta http-equiv=refresh content='0; url=/{escape(nonce)}/'>", _paragraph("Opening …")])


def note_page(text: str) -> bytes:
    """One sentence."""
    return _page("ecsvnc", [_paragraph(text)])


def _paragraph(text: str, *, quiet: bool = False) -> str:
    return f"<p{' class=quiet' if quiet else ''}>{escape(text)}</p>"


def _page(title: str, parts: list[str]) -> bytes:
    body = "\n".join(parts)
    html = (
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n"
        "<meta name=viewport content='width=device-width, initial-scale=1'>\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n"
        f"<main>\n<h1>{escape(title)}</h1>\n{body}\n</main>\n</html>\n"
    )
    # A lone surrogate from a server must not make the page fail.
    return html.encode("utf-8", "replace")
