"""A run in numbers, and what they say."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from analytics_commands.foundation.terminal.wording import counted
from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.sending import Load
from analytics_commands.scale_test.load.tally import Tally
from analytics_commands.scale_test.proof.prover import Proof
from analytics_commands.scale_test.report.load_figures import LoadFigures, compute_load_figures
from analytics_commands.scale_test.report.proof_figures import ProofFigures, compute_proof_figures


@dataclass(frozen=True)
class Figures:
    """The load, and the proof: None when the run ended before there was one."""

    load: LoadFigures
    proof: ProofFigures | None

    def record(self) -> Mapping[str, Any]:
        """Return what `--json` prints: all figures by name, and whether there is a proof."""
        proof = {} if self.proof is None else asdict(self.proof)
        return {**asdict(self.load), **proof, "proven": self.proof is not None}

    def problems(self) -> list[str]:
        """Return what makes the test fail, in words; nothing when all is well.

        What a run that ended early did not send, or did not look for, is no problem.
        """
        given_up = (sum(self.load.never_acknowledged.values()), "batch", "never acknowledged")
        found = [given_up]
        if self.proof is not None:
            found = [
                (self.proof.lost.count, "event", "lost"),
                (self.proof.doubled.count, "event", "doubled"),
                (self.proof.altered.count, "event", "altered"),
                (self.proof.strangers, "row", "of no event that was sent"),
                (self.proof.objects_of_another_size, "object", "of another size"),
                given_up,
                (self.load.not_sent, "batch", "not sent"),
            ]
        several = {"batch": "batches"}
        return [f"{counted(n, one, several.get(one, ''))} {what}" for n, one, what in found if n]


def compute_figures(
    plan: Plan, load: Load, tally: Tally, proof: Proof | None, *, gateway: str
) -> Figures:
    """Return the figures of a run."""
    return Figures(
        compute_load_figures(plan, load, tally, gateway=gateway),
        None if proof is None else compute_proof_figures(plan, tally, proof),
    )
