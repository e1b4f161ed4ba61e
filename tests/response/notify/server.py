"""A real SMTP server that demands STARTTLS and a login, and keeps what it is given.

    server.py FOLDER CERTIFICATE KEY USER PASSWORD REFUSED

Prints its port, and serves until its stdin ends. Each mail is a file in FOLDER, whose first line
names its recipients. Mail to the address REFUSED is refused for good.
"""

import asyncio
import ssl
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult

FOLDER, CERTIFICATE, KEY, USER, PASSWORD, REFUSED = sys.argv[1:]


class Handler:
    """Keeps mail."""

    count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == REFUSED:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        assert session.ssl is not None and session.authenticated
        Handler.count += 1
        head = ",".join(envelope.rcpt_tos).encode() + b"\n"
        path = Path(FOLDER) / f"{Handler.count:03}.eml"
        path.with_suffix(".part").write_bytes(head + envelope.original_content)
        path.with_suffix(".part").rename(path)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    """Lets one user in."""
    known = data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=known)


async def main():
    """Serves until stdin ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)

    def session():
        return SMTP(
            Handler(),
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=authenticate,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
