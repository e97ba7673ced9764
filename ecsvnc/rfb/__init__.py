"""RFB, the protocol of VNC, as pure functions and machines of bytes: no socket, no clock, no randomness.

Sources: RFC 6143 (The Remote Framebuffer Protocol, versions 3.3 to 3.8) and, for what came after it, the RFB community
specification (github.com/rfbproto/rfbproto, `rfbproto.rst`). Everything here is total: whatever bytes come, a function
returns or raises `RfbError`, and every length is bounded.
"""
