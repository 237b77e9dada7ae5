"""What memory a run takes, by arithmetic from its networks' sizes, and measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mcld_app.training.config import Config, ConfigError

_FLOAT = 4
_MOMENT_8 = 1 + _FLOAT / 256  # a byte, and a float32 scale for every 256 of them (Dettmers et al., 2022)
_MEASURED = 2  # steps
_UNITS = ("ResnetBlock2D", "FeedForward")  # of configs/accelerate/fsdp.yaml


@dataclass(frozen=True)
class Parameters:
    """How many parameters a part has.

    Attributes:
        learned, fixed: that are trained, and that are not.
        units: of both, those in the blocks that FSDP gathers one at a time.
    """

    learned: int
    fixed: int
    units: int


@dataclass(frozen=True)
class Line:
    """A way to train, and what each process holds for it before activations, in bytes.

    Attributes:
        name: of the way.
        weights: learned and fixed ones, in float32, and their average where the run keeps one.
        gradients: with the copies that processes send each other.
        moments: Adam's two.
    """

    name: str
    weights: float
    gradients: float
    moments: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.weights + self.gradients + self.moments


def parameters(config: Config) -> dict[str, Parameters]:
    """The parameters of a run of MCLD by part; needs no memory for them.

    Raises:
        ConfigError: for another task.
    """
    from accelerate import init_empty_weights

    from mcld_app.training.tasks.mcld import MCLDTask

    if config.task != "mcld":
        raise ConfigError("What memory a run takes is only worked out for `task: mcld`; the others are small.")
    with init_empty_weights():
        task = MCLDTask(replace(config, init="", base="", out=""))
    out = {}
    for name, part in task.named_children():
        learned = sum(p.numel() for p in part.parameters() if p.requires_grad)
        units = {id(p): p.numel() for m in part.modules() if type(m).__name__ in _UNITS for p in m.parameters()}
        out[name] = Parameters(learned, sum(p.numel() for p in part.parameters()) - learned, sum(units.values()))
    return out


def ways(config: Config, counted: Mapping[str, Parameters], processes: int = 2) -> Iterator[Line]:
    """What each process holds, for every way to train there is.

    Args:
        config: of the run.
        counted: see `parameters`.
        processes: how many share the work, where they do.
    """
    learned, fixed = sum(p.learned for p in counted.values()), sum(p.fixed for p in counted.values())
    weights = _FLOAT * (learned * (2 if config.ema else 1) + fixed)
    for name, moment in (("AdamW", _FLOAT), ("8-bit AdamW", _MOMENT_8)):
        yield Line(f"{name}, one process", weights, _FLOAT * learned, 2 * moment * learned)
        # DDP's buckets are a second copy of the gradients.
        yield Line(f"{name}, {processes} processes (DDP)", weights, 2 * _FLOAT * learned, 2 * moment * learned)
    # What is in no unit is gathered for the whole step, and so are its gradients until they are shared out.
    gathered = _FLOAT * (learned + fixed - sum(p.units for p in counted.values()))
    shares = [_FLOAT * learned / processes, 2 * _FLOAT * learned / processes]
    yield Line(f"AdamW, {processes} processes (FSDP)", weights / processes + gathered, shares[0] + gathered, shares[1])


def report(config: Config, *, activations: bool = True) -> str:
    """Tables as Markdown: parameters by part, and gigabytes (of 10^9 bytes) a process for each way.

    Args:
        config: of the run.
        activations: also those of a step, see `simulated`, which takes half a minute at full size.
    """
    counted = parameters(config)
    lines = ["| part | learned | fixed |", "|---|---:|---:|"]
    lines += [f"| {name} | {p.learned / 1e6:,.1f} M | {p.fixed / 1e6:,.1f} M |" for name, p in counted.items()]
    lines.append(
        f"| all | {sum(p.learned for p in counted.values()) / 1e6:,.1f} M "
        f"| {sum(p.fixed for p in counted.values()) / 1e6:,.1f} M |"
    )
    lines += ["", "| GB a process, before activations | weights | gradients | moments | all |"]
    lines.append("|---|---:|---:|---:|---:|")
    for way in ways(config, counted):
        figures = (way.weights, way.gradients, way.moments, way.total)
        lines.append(f"| {way.name} | " + " | ".join(f"{figure / 1e9:.1f}" for figure in figures) + " |")
    if activations:
        lines += ["", *_activation_lines(config)]
    return "\n".join(lines)


def _activation_lines(config: Config) -> Iterator[str]:
    from mcld_app.training.simulated import activation_bytes

    yield f"| GB of activations, {config.batch} people a step | kept | recomputed (`checkpointing`) |"
    yield "|---|---:|---:|"
    for precision in dict.fromkeys((config.precision, "no")):
        found = [
            activation_bytes(replace(config, precision=precision, checkpointing=again)) / 1e9 for again in (False, True)
        ]
        name = "float32" if precision == "no" else precision
        yield f"| {name} | {found[0]:.1f} | {found[1]:.1f} |"


def measure(config: Config) -> tuple[int, int]:
    """Make two steps with new weights (from the second on, the optimiser has its moments), and see how much this
    process grew.

    Returns:
        What it held before, and the most it held until they were done, in bytes, as the system counts them.
    """
    import resource
    import sys
    import tempfile

    from mcld_app.training.loop import Run

    unit = 1 if sys.platform == "darwin" else 1024
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
        run = Run(replace(config, init="", base="", out=folder, steps=_MEASURED))
        for batch in run.batches():
            run.learn(batch)
            if run.step == _MEASURED:
                break
    return before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
