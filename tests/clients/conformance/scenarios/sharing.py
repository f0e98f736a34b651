"""Several processes on one outbox."""

import time

TAKEN_OVER_SECONDS = 90.0


def play_two_processes(world):
    """Two processes on one folder lose nothing and send nothing twice [M1]."""
    world.is_shared = True
    world.open()
    first = world.driver
    second, _ = world.another()
    for _ in range(5):
        for driver in (first, second):
            world.begin_track(20, driver=driver)
        for driver in (first, second):
            world.end_track(driver=driver)
    for driver in (first, second):
        driver.begin("flush", timeout=60)
    for driver in (first, second):
        driver.answer()
    world.flush(driver=first)
    world.flush(driver=second)
    world.check()


def play_dead_owner(world):
    """What a killed process had kept goes out by the one that lives [M2]."""
    world.is_shared = True
    world.proxy.offline()
    world.open()
    first = world.driver
    second, _ = world.another()
    world.track(30, driver=first)
    world.track(30, driver=second)
    world.kill(driver=first)
    world.proxy.online()
    deadline = time.monotonic() + TAKEN_OVER_SECONDS
    while world.stored() < 60 and time.monotonic() < deadline:
        world.flush(driver=second)
        world.proxy.wait_for(lambda: world.stored() == 60, 0.2)
    world.check()
