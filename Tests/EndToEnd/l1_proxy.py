"""Stands between a node and its L1, and delays, cuts, hangs, loses replies and lies as a test asks."""

import contextlib
import http.client
import http.server
import json
import socket
import threading
import urllib.parse


class L1Proxy:
    """An HTTP server that passes JSON-RPC on. Everything can be changed while it runs."""

    def __init__(self, upstream: str):
        self.upstream = urllib.parse.urlsplit(upstream)
        # Seconds before each answer.
        self.delay = 0.0
        # "pass", "cut" (connections are closed without an answer) or "hang" (nothing is answered).
        self.mode = "pass"
        # Changes the answer to a call: (method, parameters, answer) to answer.
        self.lie = None
        # Methods after whose call the connection is cut: the L1 has done it, and nobody is told.
        self.loses_reply: set[str] = set()
        self._open: set[socket.socket] = set()
        self._resumed = threading.Event()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                proxy._open.add(self.request)
                super().setup()

            def finish(self):
                proxy._open.discard(self.request)
                with contextlib.suppress(OSError):
                    super().finish()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = proxy._answer(body)
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

            def handle(self):
                with contextlib.suppress(OSError):
                    super().handle()

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _answer(self, body: bytes) -> bytes | None:
        request = json.loads(body)
        method = request.get("method", "") if isinstance(request, dict) else "batch"
        if self.mode == "hang":
            self._resumed.wait(60)
            return None
        if self.mode == "cut":
            return None
        if self.delay:
            self._resumed.wait(self.delay)
        connection = http.client.HTTPConnection(self.upstream.hostname, self.upstream.port, timeout=30)
        try:
            connection.request("POST", self.upstream.path or "/", body, {"Content-Type": "application/json"})
            answer = connection.getresponse().read()
        except OSError:
            return None
        finally:
            connection.close()
        if self.mode == "cut" or method in self.loses_reply:
            return None
        if self.lie:
            answer = json.dumps(self.lie(method, request.get("params"), json.loads(answer))).encode()
        return answer

    def cut(self) -> None:
        """Closes what is open and answers nobody until `resume`."""
        self.mode = "cut"
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def resume(self) -> None:
        self.mode = "pass"
        self._resumed.set()
        self._resumed = threading.Event()

    def close(self) -> None:
        self._resumed.set()
        self.server.shutdown()
        self.server.server_close()
