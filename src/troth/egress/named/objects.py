"""Files of the controller's: a folder, or a bucket of an S3-shaped store (policy 9.1, 9.4).

``file:///srv/uploads``, or ``s3://{key}:{secret}@bucket/prefix?endpoint=https://...&region=...``
with ``style=virtual`` where the bucket's name stands in the host's; without a key in it,
``AWS_ACCESS_KEY_ID`` and its fellows. Copies elsewhere (replication, backups, a delivery network)
are not seen from here and take a database of their own in the map.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from troth.egress.databases.edges import Edge
from troth.egress.databases.map import StoreMap
from troth.egress.named.files import Objects
from troth.egress.named.records import RecordDatabase
from troth.egress.named.versions import Bucket, Versions
from troth.egress.post import is_loopback
from troth.model.errors import Misconfigured
from troth.model.secret import Secret

SCHEMES: Final = ("file", "s3")
TIMEOUT: Final = 20.0
"""Seconds for which any one answer is waited for."""
OPTIONS: Final = frozenset({"endpoint", "region", "style"})


class ObjectDatabase(RecordDatabase):
    """A folder or a bucket."""

    def __init__(
        self,
        mapped: StoreMap,
        url: Secret | str,
        *,
        key: bytes,
        ways: Sequence[Edge] = (),
        timeout: float = TIMEOUT,
    ) -> None:
        """Take its map and address; a bucket is asked nothing yet. Raises ``Misconfigured``."""
        super().__init__(mapped, shelf(url, mapped.name, timeout), key, ways)

    def close(self) -> None:
        """Do nothing: no line stays open."""


def shelf(url: Secret | str, name: str, timeout: float = TIMEOUT) -> Objects:
    """Open what an address names. Raises ``Misconfigured``."""
    told = url.reveal() if isinstance(url, Secret) else url
    scheme = told.partition("://")[0]
    if scheme not in SCHEMES:
        raise Misconfigured(f"objects are at an address of `{', '.join(SCHEMES)}`", clause="9.1")
    try:
        if scheme == "file":
            return _folder(told, name)
        return _bucket(told, name, timeout)
    except (BaseError, ValueError):
        raise Misconfigured("the address of a bucket is not well formed", clause="9.1") from None


def _folder(told: str, name: str) -> Objects:
    root = Path(unquote(urlsplit(told).path))
    if not root.is_dir():
        raise Misconfigured(f"the folder of `{name}` is not there", clause="9.1")
    return Objects(LocalStore(root, automatic_cleanup=True), name, root, None)


def _bucket(told: str, name: str, timeout: float) -> Objects:
    bucket = bucket_of(told, os.environ)
    wait = timedelta(seconds=timeout)
    store = S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        endpoint=_endpoint(bucket),
        access_key_id=bucket.access,
        secret_access_key=bucket.secret,
        region=bucket.region,
        virtual_hosted_style_request=bucket.virtual,
        client_options={
            "timeout": wait,
            "connect_timeout": wait,
            "allow_http": bucket.endpoint.startswith("http://"),
        },
        retry_config={"max_retries": 1, "retry_timeout": wait},
        config={"session_token": bucket.token} if bucket.token else None,
    )
    return Objects(store, name, None, Versions(bucket, timeout=timeout))


def bucket_of(told: str, environment: Mapping[str, str]) -> Bucket:
    """Read the address of a bucket. Raises ``Misconfigured``.

    >>> found = bucket_of("s3://k:s@uploads.example/users?region=ap-east-1", {})
    >>> found.name, found.prefix, found.endpoint
    ('uploads.example', 'users/', 'https://s3.ap-east-1.amazonaws.com')
    """
    parts = urlsplit(told)
    options = dict(parse_qsl(parts.query))
    if options.keys() - OPTIONS or not parts.hostname:
        raise Misconfigured(
            f"a bucket's address takes `{', '.join(sorted(OPTIONS))}` and nothing else"
        )
    region = options.get("region", "us-east-1")
    endpoint = options.get("endpoint", f"https://s3.{region}.amazonaws.com").rstrip("/")
    there = urlsplit(endpoint)
    safe = there.scheme == "https" or (there.scheme == "http" and is_loopback(there.hostname or ""))
    if not safe:
        raise Misconfigured("a bucket is reached over https, or http on loopback", clause="9.1")
    access = unquote(parts.username or "") or environment.get("AWS_ACCESS_KEY_ID", "")
    secret = unquote(parts.password or "") or environment.get("AWS_SECRET_ACCESS_KEY", "")
    if not access or not secret:
        raise Misconfigured("a bucket needs a key: in its address, or `AWS_ACCESS_KEY_ID`")
    prefix = unquote(parts.path).strip("/")
    return Bucket(
        name=parts.netloc.rpartition("@")[2],
        endpoint=endpoint,
        region=region,
        access=access,
        secret=secret,
        token="" if parts.username else environment.get("AWS_SESSION_TOKEN", ""),
        prefix=f"{prefix}/" if prefix else "",
        virtual=options.get("style") == "virtual",
    )


def _endpoint(bucket: Bucket) -> str:
    if not bucket.virtual:
        return bucket.endpoint
    parts = urlsplit(bucket.endpoint)
    return f"{parts.scheme}://{bucket.name}.{parts.netloc}"
