"""A service that takes OpenDSR 2.0 requests, on loopback, honest or as badly behaved as told."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Processor:
    """What such a service holds, what it was asked, and how it behaves.

    ``slow``: how often it says "in progress" first. ``lies``: it completes erasures and erases
    nothing. ``status``: what it answers everything with instead. ``hangs``: it answers nothing.
    ``kinds``: what it says that it can do. ``signs``: what signs its answers, in which domain's
    name; ``certificate`` is the PEM it hands out, at ``certificate_at``.
    """

    def __init__(self, people: dict[str, Any]) -> None:
        self.people = people
        self.asked: dict[str, dict[str, Any]] = {}
        self.posts = 0
        self.headers: list[dict[str, str]] = []
        self.slow = 0
        self.lies = 0
        self.status = 0
        self.hangs = False
        self.elsewhere = ""
        self.kinds = ["access", "erasure"]
        self.signs: Callable[[bytes], str] | None = None
        self.domain = ""
        self.certificate = b""
        self.certificate_at = "/v2/certificate.pem"
        self.over = threading.Event()
        self.port = 0
        self.host = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v2"

    def post(self, told: dict[str, Any]) -> tuple[int, Any]:
        known = told["subject_request_id"]
        if known in self.asked:
            return 400, {"error": {"code": 400, "message": "duplicate"}}
        self.posts += 1
        self.asked[known] = told | {"waits": self.slow}
        return 201, {"subject_request_id": known, "controller_id": "c"}

    def get(self, path: str) -> tuple[int, Any]:
        known = path.rpartition("/")[2]
        if path == "/v2/discovery":
            told = {"api_version": "2.0", "supported_subject_request_types": self.kinds}
            place = {"processor_certificate": self.certificate_at} if self.certificate else {}
            return 200, told | place
        if path == "/v2/certificate.pem" and self.certificate:
            return 200, self.certificate
        if path.startswith("/results/"):
            return 200, self.results(known)
        if known not in self.asked:
            return 404, {"error": {"code": 404}}
        told = self.asked[known]
        if told["waits"]:
            told["waits"] -= 1
            return 200, {"subject_request_id": known, "request_status": "in_progress"}
        self.work(told)
        answer = {"subject_request_id": known, "request_status": "completed"}
        if told["subject_request_type"] == "access":
            answer["results_url"] = self.elsewhere or f"http://{self.host}/results/{known}"
        return 200, answer

    def work(self, told: dict[str, Any]) -> None:
        if told.get("done"):
            return
        told["done"] = True
        if told["subject_request_type"] == "access":
            told["found"] = [self.people[one] for one in self.named(told) if one in self.people]
        elif told["subject_request_type"] == "rectification":
            (changes,) = (each["corrections"] for each in told["extensions"].values())
            for one in self.named(told):
                self.people[one]["person"] |= changes
        elif told["subject_request_type"] == "erasure" and self.lies:
            self.lies -= 1
        elif told["subject_request_type"] == "erasure":
            for one in self.named(told):
                self.people.pop(one, None)

    def named(self, told: dict[str, Any]) -> Sequence[str]:
        return [each["identity_value"] for each in told["subject_identities"]]

    def results(self, known: str) -> Any:
        whole: dict[str, list[Any]] = {}
        for person in self.asked[known]["found"]:
            for table, record in person.items():
                whole.setdefault(table, []).append(record)
        return whole


@contextmanager
def processor(people: dict[str, Any]) -> Iterator[Processor]:
    """Run one; it ends with the context, whoever still waits for an answer."""
    service = Processor(people)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._answer(lambda: service.get(self.path))

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(lambda: service.post(json.loads(raw)))

        def _answer(self, work: Any) -> None:
            service.headers.append(dict(self.headers))
            service.host = self.headers["Host"]
            if service.hangs:
                service.over.wait(30)
                return
            status, body = (service.status, {}) if service.status else work()
            told = body if isinstance(body, bytes) else json.dumps(body).encode()
            with suppress(OSError):
                self.send_response(status)
                if service.signs is not None:
                    self.send_header("X-OpenDSR-Processor-Domain", service.domain)
                    self.send_header("X-OpenDSR-Signature", service.signs(told))
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
