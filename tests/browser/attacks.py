"""Texts that would run, load or lead somewhere if a page took them for more than text."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

WORD: Final = "perfidy"
"""In every hostile thread, so that one question finds them all."""

# BEACON stands for a host that nothing may ever ask. Every kind is there once, as it works where nothing is cleaned.
_TEXTS: Final = (
    # Tags, and ways out of where text stands.
    "<script>alert(1)</script>",
    "<ScRiPt src=//BEACON/mixed-case></sCrIpT>",
    "<script src=//BEACON/unclosed",
    '"><script>alert(1)</script>',
    "'></title></head><script>alert(1)</script>",
    "</textarea></select></button><script>alert(1)</script>",
    "</style></noscript></template><script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<<script>alert(1);//<</script>",
    "<body onload=alert(1)>",
    "<xss id=x tabindex=1 onfocus=alert(1) autofocus contenteditable></xss>",
    # Things that load.
    "<img src=x onerror=alert(1)>",
    "<img src=//BEACON/image.png>",
    "<img srcset='//BEACON/set.png 1x'>",
    "<video poster=//BEACON/poster><source src=x onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)></audio>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<object data=//BEACON/object></object><embed src=//BEACON/embed>",
    "<link rel=stylesheet href=//BEACON/sheet.css>",
    "<style>@import '//BEACON/import.css'; main { display: none !important }</style>",
    "<p style=\"position:fixed;inset:0;background:url('//BEACON/style.png')\">over everything</p>",
    "<base href=//BEACON/><a href=base>based</a>",
    "<meta http-equiv=refresh content='0;url=//BEACON/refresh'>",
    # Events.
    "<details open ontoggle=alert(1)>toggled",
    "<input autofocus onfocus=alert(1)>",
    '" onmouseover=alert(1) autofocus onfocus=alert(1) x="',
    "' onclick=alert(1) onpointerover='alert(1)",
    "<p onmouseover=alert(1) onclick=alert(1) onpointerenter=alert(1)>press me</p>",
    # Addresses.
    "<a href=javascript:alert(1)>press me</a>",
    "<a href='jav&#x09;ascript&colon;alert(1)'>press me</a>",
    "<a href=' &#14; javascript:alert(1)'>press me</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>press me</a>",
    "<form action=//BEACON/form><input name=q><button formaction=javascript:alert(1)>press me</button></form>",
    "javascript:alert(1)//https://example.org/",
    # Other languages inside HTML, and what is read twice in two ways.
    "<svg onload=alert(1)></svg>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text y=20>press me</text></a></svg>",
    "<svg><style><img title='</style><img src=x onerror=alert(1)>'></style></svg>",
    "<svg><image href=//BEACON/svg.png /><use href=//BEACON/use.svg#x /></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=alert(1)&gt;'>",
    "<math href=javascript:alert(1)><mi xlink:href=javascript:alert(1)>press me</mi></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form id=q><input name=value><input id=main name=getElementById></form>",
    # Templates and encodings.
    "{{ 7 * 7 }}{% raise %}${alert(1)}#{7*7}<%= 7*7 %>{{ config.items() }}",
    "{number} {name.__class__.__mro__} %(name)s %s",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E &lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202etpircs\u202c \u2066\u200b\ufeffalert(1)\u2028//",
    "<scr\u0000ipt>alert(1)</scr\u0000ipt><scr\u00adipt>alert(1)</scr\u00adipt>",
    # Exports and feeds.
    ']]><script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script><![CDATA[',
    '<html:script xmlns:html="http://www.w3.org/1999/xhtml">alert(1)</html:script>',
    '=HYPERLINK("http://BEACON/sheet","press me")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "x\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>",
)


def texts(beacon: str) -> tuple[str, ...]:
    """The corpus, with the address of the host that must not be asked."""
    return tuple(text.replace("BEACON", beacon) for text in _TEXTS)


class Beacon:
    """A host that notes everybody who asks it. At /raw it gives a page of one's choice, without any policy."""

    def __init__(self, listening: socket.socket) -> None:
        self._socket = listening
        self.address = f"127.0.0.1:{listening.getsockname()[1]}"
        self.asked: list[str] = []
        self.page = ""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(caller,), daemon=True).start()

    def _answer(self, caller: socket.socket) -> None:
        with caller:
            caller.settimeout(5)
            try:
                asked = caller.recv(200).split(b"\r\n")[0].decode("latin-1")
            except OSError:
                asked = "a call without a word"
            status, body = "404 Not Found", b""
            if asked.startswith("GET /raw "):
                status, body = "200 OK", self.page.encode()
            else:
                self.asked.append(asked)
            head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            with suppress(OSError):
                caller.sendall(head.encode() + body)


@contextmanager
def listen() -> Iterator[Beacon]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield Beacon(listening)
        listening.shutdown(socket.SHUT_RDWR)
