"""A bounded memory, safe from many threads."""

from concurrent.futures import ThreadPoolExecutor

from troth.vault.recent import Recent


def filled(*keys: str, most: int = 3) -> Recent[str, str]:
    """Return a memory of these keys, in this order."""
    recent: Recent[str, str] = Recent(most)
    for key in keys:
        recent.put(key, key.upper(), recent.mark())
    return recent


def test_what_was_used_longest_ago_is_forgotten_first():
    recent = filled("a", "b", "c")
    recent.get("a")
    recent.put("d", "D", recent.mark())
    assert [recent.get(key) for key in "abcd"] == ["A", None, "C", "D"]


def test_what_is_dropped_is_gone():
    recent = filled("a", "b")
    recent.drop(["a", "unknown"])
    assert (recent.get("a"), recent.get("b")) == (None, "B")


def test_what_was_dropped_while_it_was_loaded_does_not_come_back():
    recent = filled("a")
    mark = recent.mark()
    recent.drop(["a"])
    recent.put("a", "stale", mark)
    assert recent.get("a") is None


def test_a_later_value_takes_the_place_of_an_earlier():
    recent = filled("a")
    recent.put("a", "new", recent.mark())
    assert (recent.get("a"), len(recent)) == ("new", 1)


def test_many_threads_never_make_it_grow_or_fail():
    recent = filled(most=50)

    def use(seed: int) -> None:
        for number in range(2000):
            key = str((number * seed) % 97)
            if recent.get(key) is None:
                recent.put(key, key, recent.mark())
            if number % 50 == 0:
                recent.drop([key])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(use, (3, 5, 7, 11)))
    assert len(recent) <= 50
    assert all(recent.get(str(key)) in (None, str(key)) for key in range(97))
