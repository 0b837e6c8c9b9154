"""A process that works in a vault until it is killed, and notes what was acknowledged.

``python -m tests.vault.worker FOLDER SEED``: one line to standard output after each act is durable.
"""

import random
import sys
from pathlib import Path

from tests.vault.room import PROFILE, Room, furnished
from troth.model.clock import Moment
from troth.store.sql import migrate
from troth.store.sqlite import SqliteStore
from troth.vault import keys as keys_module
from troth.vault.cells import Handle
from troth.vault.home import KeyHome, RootKey
from troth.vault.keys import KeyStore

AT = Moment(1_795_000_000_000)


def opened(folder: Path) -> Room:
    """Open the room in a folder; the first time, make it."""
    data, keys_data = SqliteStore(folder / "data.db"), SqliteStore(folder / "keys.db")
    migrate(data, "data", AT)
    migrate(keys_data, "keys", AT)
    home = KeyHome(folder / "keys", RootKey(bytes(32)))
    return furnished(data, keys_data, home, KeyStore(keys_data, home, at=AT))


def act(room: Room, chance: random.Random, known: list[Handle]) -> str:
    """Do one random thing to the end; return the line that acknowledges it."""
    choice = chance.random()
    if choice < 0.05:
        return f"rotated {room.keys.rotate(AT).live}"
    if choice < 0.6 or not known:
        email = f"s{chance.getrandbits(60)}@example.com"
        known.append(room.admitted(PROFILE | {"contact.email": email}))
        return f"kept {known[-1].subject} {email}"
    handle = known.pop(chance.randrange(len(known)))
    if choice < 0.8:
        room.erase(handle)
        return f"erased {handle.subject}"
    room.erase(handle, "contact.email")
    return f"shortened {handle.subject}"


def main() -> None:
    """Work until killed."""
    folder, chance = Path(sys.argv[1]), random.Random(int(sys.argv[2]))
    keys_module.CHUNK = 20
    room, known = opened(folder), list[Handle]()
    room.vault.finish_pending()
    while True:
        print(act(room, chance, known), flush=True)


if __name__ == "__main__":
    main()
