"""Work on independent parts of a recording at once, one processor each.

The models are small: two processors that share one matrix product lose most of their time waiting
for each other, two that each have their own part do not. Native code leaves Python's lock alone.
"""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

Item = TypeVar("Item")
Worker = TypeVar("Worker")
Result = TypeVar("Result")

MOST_WORKERS = 4  # each holds a model and what it works on


def processors() -> int:
    """How many parts are worked on at once on this machine.

    >>> 1 <= processors() <= MOST_WORKERS
    True
    """
    return min(os.cpu_count() or 1, MOST_WORKERS)


def share_out(
    work: Callable[[Worker, Item], Result], items: Sequence[Item], workers: Sequence[Worker]
) -> list[Result]:
    """``work`` on every item, in the order of the items.

    Item *i* always goes to worker *i* modulo their number, and each worker takes its items in
    order, so that what a worker remembers from item to item is the same in every run.

    >>> share_out(lambda worker, item: (worker, item), [1, 2, 3], "ab")
    [('a', 1), ('b', 2), ('a', 3)]
    """

    stopped = Event()

    def own(number: int) -> list[Result]:
        results = []
        for item in items[number :: len(workers)]:
            if stopped.is_set():
                break
            results.append(work(workers[number], item))
        return results

    busy = min(len(workers), len(items))
    if busy <= 1:
        return own(0) if items else []
    with ThreadPoolExecutor(busy) as pool:
        running = [pool.submit(own, number) for number in range(busy)]
        try:
            done = [future.result() for future in running]
        except BaseException:  # an interruption, or one of them failed: no further item is begun
            stopped.set()
            raise
    return [done[i % busy][i // busy] for i in range(len(items))]


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Nothing looks for unused objects inside: that takes a quarter of the time of big imports."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextlib.contextmanager
def one_torch_thread() -> Iterator[None]:
    """Inside, each call into torch keeps to one processor."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
