"""The state of a run, and its description in words."""

from headstart.base.events import (
    BudgetSpent,
    Event,
    IncumbentChanged,
    RunFinished,
    RunStarted,
    TrialFailed,
    TrialFinished,
)

__all__ = ["RunProgress"]


class RunProgress:
    """The state of a run, and its description in words."""

    def __init__(self, plan: RunStarted | None = None) -> None:
        self.plan = plan
        self.elapsed = 0.0
        self.n_done = 0
        self.n_failed = 0
        self.score: float | None = None
        self.members: tuple[tuple[str, float], ...] = ()
        self.running: tuple[str, ...] = ()

    def update(self, event: Event) -> None:
        """Update the state by an event of the run."""
        match event:
            case BudgetSpent():
                self.elapsed = event.elapsed
                self.running = event.running
            case TrialFinished():
                self.n_done += 1
            case TrialFailed():
                self.n_failed += 1
            case IncumbentChanged():
                self.score = event.score
                self.members = event.members
                self.elapsed = max(self.elapsed, event.elapsed)
            case RunFinished():
                self.elapsed = event.elapsed
                self.n_failed = event.n_failed
                self.n_done = event.n_trials - event.n_failed
                self.score = event.score

    def headline(self) -> str:
        """Return a line on the task and the plan of the run."""
        plan = self.plan
        if plan is None:
            return "headstart"
        return (
            f"{plan.task}: {plan.n_rows:,} rows, {plan.n_features:,} features · "
            f"{plan.metric} · {plan.validation} · {plan.n_jobs} at a time, "
            f"{plan.executor}"
        )

    def spent(self) -> tuple[float, str]:
        """Return the share of the budget that is spent, and its description."""
        plan = self.plan
        n_trials = self.n_done + self.n_failed
        if plan is not None and plan.time_limit is not None:
            share = self.elapsed / max(plan.time_limit, 1e-9)
            return min(share, 1.0), f"{self.elapsed:.0f} of {plan.time_limit:g} s"
        if plan is not None and plan.max_trials is not None:
            share = n_trials / max(plan.max_trials, 1)
            return min(share, 1.0), f"{n_trials} of {plan.max_trials} trials"
        return 0.0, f"{self.elapsed:.0f} s"

    def counted(self) -> str:
        """Return the numbers of finished and failed trials, in words."""
        n_trials = self.n_done + self.n_failed
        failed = f" ({self.n_failed} failed)" if self.n_failed else ""
        return f"{n_trials} trial{'' if n_trials == 1 else 's'}{failed}"

    def best(self) -> str:
        """Return the incumbent's score and its heaviest members, in words."""
        if self.score is None:
            return "no model yet"
        metric = self.plan.metric if self.plan else "score"
        return f"best {metric} {_number(self.score)}{_members(self.members)}"

    def summary(self, reason: str) -> str:
        """Return one line on the result of the run."""
        metric = self.plan.metric if self.plan else "score"
        result = "no model" if self.score is None else f"{metric} {_number(self.score)}"
        return (
            f"headstart: {result} (out-of-fold) after {self.counted()} in "
            f"{self.elapsed:.1f} s ({reason})"
        )


def _number(value: float) -> str:
    return f"{value:.5g}"


def _members(members: tuple[tuple[str, float], ...]) -> str:
    if not members:
        return ""
    heaviest = sorted(members, key=lambda member: -member[1])
    shown = ", ".join(f"{name} {weight:.2f}" for name, weight in heaviest[:3])
    more = f" and {len(members) - 3} more" if len(members) > 3 else ""
    return f" = {shown}{more}"
