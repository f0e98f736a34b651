"""All of it together: bad weather, a day without repairs, quiet nights, and accounts."""

import hashlib
from collections import Counter
from datetime import timedelta
from functools import partial

from simulation import operators
from simulation.clockwork import Clockwork
from simulation.faults import Faults
from simulation.instances import BEGAN, Instance, Killed, call_sites
from simulation.invariants import (
    lacking,
    problems,
    problems_of_audit,
    undelivered,
    unrepaired,
)
from simulation.people import PLAYERS, Client, Writer
from simulation.platform import Delivery, Log, Processes, Scheduler
from simulation.storage import Storage
from simulation.warehouse import SimulatedWarehouse
from simulation.wiring import ingest_of

_DAY = 86400.0
_DRAINED = 1.1 * _DAY  # until delivery has given up whatever fails
_REPAIRED = 2.2 * _DAY  # two nights


class World:
    """One world; everything in it follows from the seed, but what it is to be `without`.

    `drilled` is the one call of a role, by its number, at which a process is killed, if any.
    """

    def __init__(self, seed, days=14, without=frozenset(), drilled=None):
        self.days = days
        self.without = without
        self.drilled = drilled
        self.faults = Faults(seed, days, without)
        self.clockwork = Clockwork()
        self.kills = Counter()
        self.kills_at = Counter()
        self.kill_sites = set()
        self.calls = 0
        self.steps = Counter()
        self.stepped = {}
        self._number = 0
        self.cleaned = []
        self.forgotten = set()
        self.asked_to_forget = set()
        self.storage = Storage(self)
        self.warehouse = SimulatedWarehouse(self)
        self.log = Log(self)
        self.delivery = Delivery(self)
        self.scheduler = Scheduler(self)
        self.ingest = Processes(self, "ingest", ingest_of, 3)
        self.clients = []
        self.writer = Writer(self)

    def now(self):
        """Return the true time, UTC."""
        return BEGAN + timedelta(seconds=self.clockwork.loop.time())

    def number(self):
        """Return a number that was not used before."""
        self._number += 1
        return self._number

    async def sleep(self, seconds):
        """Let others go on, in a coroutine."""
        future = self.clockwork.loop.create_future()
        self.clockwork.loop.after(seconds, future.set_result, None)
        await future

    async def serve(self, instance, api, request):
        """Let a process of `ingest` answer a request."""

        async def entered():
            instance.enter()
            return await api.handle(request)

        return await self.clockwork.loop.create_task(entered())

    def finalized(self, made):
        """Let what happens when an object is finalized begin."""
        self.delivery.send(made)

    def deleted(self, there):
        """Keep account of what a command deleted."""
        self.cleaned.append(there)

    def step(self, role, when, frame):
        """Count a step of a process; returns whether it is to die there."""
        self.calls += when == "before"
        self.steps[role] += 1
        if self.drilled is None:
            return self.faults.kills_now()
        number = (role, self.steps[role])
        if self.drilled == ():  # look for where there is to be one
            self.stepped[number] = frozenset((when, *site) for site in call_sites(frame))
        return number == self.drilled

    def record_kill(self, role, when, sites):
        """Keep account of a kill."""
        self.kills[role] += 1
        path, line = sites[0]
        self.kills_at[f"{path}:{line}"] += 1
        self.kill_sites.update((when, *site) for site in sites)

    def live(self):
        """Let everything happen; returns what does not hold, in words."""
        loop = self.clockwork.loop
        last = self.days * _DAY + _DRAINED + _REPAIRED
        self.scheduler.begin(last)
        self._plan()
        loop.run(self.days * _DAY)
        self.faults.are_on = self.scheduler.is_on = False
        loop.run(self.days * _DAY + _DRAINED)
        found = [*undelivered(self), *self._audit()[1]]
        self.scheduler.is_on = True
        loop.run(last)
        found += unrepaired(self)
        for player in sorted({*self.asked_to_forget, self.faults.dice.choice(PLAYERS)}):
            self._forget(player)
        loop.run(loop.time() + _DAY / 4)
        audited, wrong = self._audit()
        return [*found, *wrong, *problems(self, audited, self.forgotten)]

    def _audit(self):
        """Audit while nothing moves; returns what was said, and what is wrong about it."""
        audited = self._finish(operators.audit)
        return audited, list(problems_of_audit(self, audited, lacking(self)))

    def _forget(self, player):
        """Forget somebody to the end: BigQuery keeps what it streamed for 90 minutes."""
        for _ in range(3):
            self._finish(operators.backfill)
            if self._finish(partial(operators.forget, player)):
                self.forgotten.add(player)
                return
            self.clockwork.loop.run(self.clockwork.loop.time() + 2 * 3600)

    def _plan(self):
        dice, loop = self.faults.dice, self.clockwork.loop
        end = self.days * _DAY
        bursts = [dice.uniform(0, 0.9 * end) for _ in range(3)]
        for number in range(6):
            client = Client(self, number)
            begins, batches = dice.choice(bursts) + dice.expovariate(1 / 30), dice.randrange(1, 14)
            if f"client{number}" not in self.without:
                self.clients.append(client)
                loop.create_task(client.play(begins, batches))
        for _ in range(dice.randrange(7)):
            moment = dice.uniform(0, end)
            if "writer" not in self.without:
                loop.call_at(moment, self.writer.write)
        player = dice.choice(PLAYERS)
        commands = (
            operators.backfill,
            operators.clean_up,
            operators.replay,
            operators.audit,
            partial(operators.forget, player),
        )
        for command in commands:
            is_run, moment = dice.random() < 0.5, dice.uniform(end / 3, end)
            if is_run and operators.name_of(command) not in self.without:
                loop.call_at(moment, operators.run_command, self, command, 3)
                if isinstance(command, partial):
                    self.asked_to_forget.add(player)

    def _finish(self, command):
        """Run a command now, to its end; again if it is killed."""
        loop = self.clockwork.loop
        while True:
            instance = Instance(self, "operator")
            future = instance.run(command, instance)
            while not future.done():
                loop.run(loop.time() + 60)
            if not isinstance(future.exception(), Killed):
                return future.result()

    def digest(self):
        """Return a digest of everything that happened."""
        hashed = hashlib.sha256()
        for made in self.storage.history:
            hashed.update(repr(made).encode())
        for part in (self.log.lines, *vars(self.warehouse.tables).values()):
            for each in part:
                hashed.update(repr(each).encode())
        hashed.update(repr(sorted(self.faults.counted.items())).encode())
        return hashed.hexdigest()
