"""A run in numbers, and what they say."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.sending import Load
from analytics_commands.scale_test.load.tally import Tally
from analytics_commands.scale_test.proof.prover import Proof
from analytics_commands.scale_test.report.load_figures import LoadFigures, compute_load_figures
from analytics_commands.scale_test.report.proof_figures import ProofFigures, compute_proof_figures


@dataclass(frozen=True)
class Figures:
    """The load, and the proof: None when the run was interrupted, and nothing is known of it."""

    load: LoadFigures
    proof: ProofFigures | None

    def record(self) -> Mapping[str, Any]:
        """Return what `--json` prints: all figures by name, and whether it was interrupted."""
        proof = {} if self.proof is None else asdict(self.proof)
        return {**asdict(self.load), **proof, "interrupted": self.proof is None}

    def problems(self) -> list[str]:
        """Return what makes the test fail, in words; nothing when all is well.

        What an interrupted run did not send, or did not look for, is no problem.
        """
        counts = {"{} batches never acknowledged": sum(self.load.never_acknowledged.values())}
        if self.proof is not None:
            counts = {
                "{} events lost": self.proof.lost.count,
                "{} events doubled": self.proof.doubled.count,
                "{} events altered": self.proof.altered.count,
                "{} rows of no event that was sent": self.proof.strangers,
                "{} objects of another size": self.proof.objects_of_another_size,
                **counts,
                "{} batches not sent": self.load.not_sent,
            }
        return [text.format(f"{count:,}") for text, count in counts.items() if count]


def compute_figures(
    plan: Plan, load: Load, tally: Tally, proof: Proof | None, *, gateway: str
) -> Figures:
    """Return the figures of a run."""
    return Figures(
        compute_load_figures(plan, load, tally, gateway=gateway),
        None if proof is None else compute_proof_figures(plan, tally, proof),
    )
