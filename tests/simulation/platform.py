"""What calls the functions: the delivery of finalize events, the scheduler, and the log's way."""

from simulation.instances import Instance
from simulation.statements import receipt_of
from simulation.warehouse import Receipt
from simulation.wiring import loader_of, reconcile_of

_HOUR = 3600.0
_GIVEN_UP = 24 * _HOUR
_RECENT = b'{"days":1,"budget_minutes":21}'
_NIGHTLY = b'{"days":8,"budget_minutes":21,"list_bucket":true,"remove_repeated":true}'
_KEPT = {
    *("batch_stored", "batch_repeated", "upload_url_issued", "object_loaded"),
    *("object_dead_lettered", "object_gone", "repair_failed"),
}


class Log:
    """Cloud Logging, and the sink that makes receipts of its lines, some seconds later."""

    def __init__(self, world):
        self._world = world
        self.lines = []

    def take(self, instance, line):
        """Take what a process writes."""
        instance.step("before")
        self.lines.append(line)
        if line["event"] in _KEPT:
            self._sink(line)
        instance.step("after")

    def _sink(self, line):
        world = self._world
        now = world.clockwork.loop.time()
        if world.faults.strikes("log", "log line lost", now, 0.1):
            return
        copies = 2 if world.faults.strikes("log", "log line twice", now, 0.2) else 1
        is_late = world.faults.strikes("log", "log line late", now)
        for _ in range(copies):
            delay = world.faults.dice.expovariate(1 / (2 * _HOUR if is_late else 2))
            world.clockwork.loop.after(delay, self._arrive, line)

    def _arrive(self, line):
        if (receipt := receipt_of(line)) is not None:
            self._world.warehouse.tables.accept(Receipt(**receipt))


class Processes:
    """So many processes of one function; one that died is replaced when it is asked for."""

    def __init__(self, world, role, serve_of, number):
        self._world = world
        self._role = role
        self._serve_of = serve_of
        self._processes = [self._new() for _ in range(number)]

    def _new(self):
        instance = Instance(self._world, self._role)
        return instance, self._serve_of(instance)

    def pick(self):
        """Return a process and what it serves."""
        at = self._world.faults.dice.randrange(len(self._processes))
        if not self._processes[at][0].is_alive:
            self._processes[at] = self._new()
        return self._processes[at]


class Delivery:
    """Finalize events: at least once as a rule, again after a failure, late, twice, or never."""

    def __init__(self, world):
        self._world = world
        self._loaders = Processes(world, "load", loader_of, 2)
        self.given_up = set()  # names of objects of which an event was never delivered

    def send(self, made):
        """Let it be known that an object was finalized."""
        world, faults = self._world, self._world.faults
        now = world.clockwork.loop.time()
        if faults.strikes("deliver", "event dropped", now, 0.5):
            self.given_up.add(made.name)
            return
        copies = 1 + (
            faults.dice.randrange(1, 4) if faults.strikes("deliver", "event twice", now) else 0
        )
        for _ in range(copies):
            is_late = faults.strikes("deliver", "event late", now)
            delay = faults.dice.uniform(0, 2 * _HOUR) if is_late else faults.dice.expovariate(0.5)
            world.clockwork.loop.after(delay, self._deliver, made.resource(), now, 0)

    def _deliver(self, resource, since, attempt):
        instance, loader = self._loaders.pick()

        def settle(future):
            if future.exception() is None:
                return
            delay = min(600.0, 10.0 * 2**attempt) * self._world.faults.dice.uniform(0.8, 1.2)
            if self._world.clockwork.loop.time() + delay - since < _GIVEN_UP:
                self._world.clockwork.loop.after(delay, self._deliver, resource, since, attempt + 1)
            else:
                self._world.faults.counted["event given up"] += 1
                self.given_up.add(resource["name"])

        instance.run(loader.handle, resource).add_done_callback(settle)


class Scheduler:
    """Cloud Scheduler: every half hour, and at two in the night, twice at times."""

    def __init__(self, world):
        self._world = world
        self._processes = Processes(world, "reconcile", reconcile_of, 2)
        self.is_on = True

    def begin(self, until):
        """Plan all calls up to that second."""
        loop = self._world.clockwork.loop
        half_hours = range(1, int(until / 1800) + 1)
        for number in half_hours:
            is_night = number % 48 == 4
            loop.call_at(1800.0 * number, self._call, _NIGHTLY if is_night else _RECENT, 2)

    def _call(self, body, retries):
        if not self.is_on:
            return
        world = self._world
        now = world.clockwork.loop.time()
        copies = 2 if world.faults.strikes("deliver", "scheduled twice", now, 0.2) else 1
        for _ in range(copies):
            instance, work = self._processes.pick()

            def settle(future):
                failed = future.exception() is not None or future.result()[1] != 200
                if failed and body is _NIGHTLY and retries:
                    world.clockwork.loop.after(300.0, self._call, body, retries - 1)

            instance.run(work.handle, body).add_done_callback(settle)
