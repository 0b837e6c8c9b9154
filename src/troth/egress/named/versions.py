"""Old versions of objects in an S3-shaped bucket: listed, and removed one by one (policy 9.4).

A bucket with versioning keeps what was deleted or written over. The library that reads and writes
objects does not list versions, so these three requests are signed and sent here (AWS Signature
Version 4, as other makers' stores take it as well).
"""

import hashlib
import hmac
import http.client
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from msgspec import Struct

from troth.model.errors import Unreachable

EMPTY: Final = hashlib.sha256(b"").hexdigest()
LARGEST: Final = 8 * 1024 * 1024
ALGORITHM: Final = "AWS4-HMAC-SHA256"
OFF: Final = frozenset({501, 404, 400, 405})
"""What a store answers that has no versions at all."""


class Bucket(Struct, frozen=True, kw_only=True):
    """Where a bucket is and who asks. ``virtual``: its name stands in the host's, as some want."""

    name: str
    endpoint: str
    region: str
    access: str
    secret: str
    token: str = ""
    prefix: str = ""
    virtual: bool = False


class Version(Struct, frozen=True, kw_only=True):
    """One version of an object. ``marker``: it says only that the object was deleted."""

    name: str
    id: str
    latest: bool
    marker: bool


class Versions:
    """The versions that a bucket keeps. Safe from many threads."""

    def __init__(self, bucket: Bucket, *, timeout: float) -> None:
        """Take the bucket; ``timeout`` (seconds) bounds every wait. Nothing is asked yet."""
        parts = urlsplit(bucket.endpoint)
        self._bucket = bucket
        self._tls = parts.scheme == "https"
        self._host = f"{bucket.name}.{parts.netloc}" if bucket.virtual else parts.netloc
        self._root = "" if bucket.virtual else f"/{quote(bucket.name)}"
        self._timeout = timeout
        self._kept: bool | None = None

    def kept(self) -> bool:
        """Tell whether the bucket keeps versions, or once did. Raises ``Unreachable``."""
        if self._kept is None:
            status, answer = self._ask("GET", "", {"versioning": ""})
            if status // 100 != 2 and status not in OFF:
                raise self._unanswered()
            told = _parsed(answer) if status == 200 else None
            self._kept = told is not None and _first(told, "Status") in ("Enabled", "Suspended")
        return self._kept

    def listed(self, prefix: str) -> Iterator[Version]:
        """Go through all versions under a prefix. Raises ``Unreachable``."""
        if not self.kept():
            return
        after: dict[str, str] = {}
        while True:
            query = {"versions": "", "prefix": self._bucket.prefix + prefix, **after}
            status, answer = self._ask("GET", "", query)
            told = _parsed(answer) if status == 200 else None
            if told is None:
                raise self._unanswered()
            for each in told:
                kind = each.tag.rpartition("}")[2]
                if kind in ("Version", "DeleteMarker"):
                    yield self._version(each, marker=kind == "DeleteMarker")
            if _first(told, "IsTruncated") != "true":
                return
            after = {
                "key-marker": _first(told, "NextKeyMarker"),
                "version-id-marker": _first(told, "NextVersionIdMarker"),
            }

    def purge(self, name: str, *, spare_latest: bool) -> int:
        """Remove every version of an object; return how many. Raises ``Unreachable``."""
        removed = 0
        for each in list(self.listed(name)):
            if each.name != name or (spare_latest and each.latest and not each.marker):
                continue
            status, _ = self._ask("DELETE", self._bucket.prefix + name, {"versionId": each.id})
            if status // 100 != 2 and status != 404:
                raise self._unanswered()
            removed += 1
        return removed

    def _version(self, told: ET.Element, *, marker: bool) -> Version:
        return Version(
            name=_first(told, "Key").removeprefix(self._bucket.prefix),
            id=_first(told, "VersionId"),
            latest=_first(told, "IsLatest") == "true",
            marker=marker,
        )

    def _ask(self, method: str, key: str, query: Mapping[str, str]) -> tuple[int, bytes]:
        path = f"{self._root}/{quote(key, safe='/-_.~')}"
        told = "&".join(
            f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
            for name, value in sorted(query.items())
        )
        headers = signed(self._bucket, method, self._host, path, told, time.gmtime())
        kind = http.client.HTTPSConnection if self._tls else http.client.HTTPConnection
        connection = kind(self._host, timeout=self._timeout)
        try:
            connection.request(method, f"{path}?{told}", headers=dict(headers))
            response = connection.getresponse()
            return response.status, response.read(LARGEST)
        except (OSError, http.client.HTTPException):
            raise self._unanswered() from None
        finally:
            connection.close()

    def _unanswered(self) -> Unreachable:
        return Unreachable(
            f"the bucket `{self._bucket.name}` did not answer about its versions",
            clause="9.4",
            remedy="let its key list and delete versions: what was deleted may still lie in them",
        )


def signed(
    bucket: Bucket, method: str, host: str, path: str, query: str, at: time.struct_time
) -> Mapping[str, str]:
    """Return the headers of a request without a body, signed (Signature Version 4)."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", at)
    headers = {"host": host, "x-amz-content-sha256": EMPTY, "x-amz-date": stamp}
    if bucket.token:
        headers["x-amz-security-token"] = bucket.token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join((method, path, query, lines, names, EMPTY))
    scope = f"{stamp[:8]}/{bucket.region}/s3/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{bucket.secret}".encode()
    for part in (stamp[:8], bucket.region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    told = hmac.new(key, "\n".join((ALGORITHM, stamp, scope, digest)).encode(), "sha256")
    return {
        **headers,
        "authorization": f"{ALGORITHM} Credential={bucket.access}/{scope},"
        f" SignedHeaders={names}, Signature={told.hexdigest()}",
    }


def _parsed(answer: bytes) -> ET.Element | None:
    # The controller's own store, and what expat calls expansion is bounded: nothing of ours opens.
    try:
        return ET.fromstring(answer) if b"<!DOCTYPE" not in answer else None  # noqa: S314  # see above
    except ET.ParseError:
        return None


def _first(told: ET.Element, name: str) -> str:
    for each in told:
        if each.tag.rpartition("}")[2] == name:
            return each.text or ""
    return ""
