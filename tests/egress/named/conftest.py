"""A real Redis, emptied for each test; an S3 stand-in with a bucket for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support.servers import BucketServer, bucket_server, redis_server


@pytest.fixture(scope="session")
def redis_socket() -> Iterator[Path]:
    with redis_server() as socket:
        yield socket


@pytest.fixture
def redis_url(redis_socket: Path) -> str:
    return f"unix://{redis_socket}?db=0"


@pytest.fixture
def cache(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        client.flushall()
        yield client


@pytest.fixture(scope="session")
def buckets() -> Iterator[BucketServer]:
    with bucket_server() as server:
        yield server
