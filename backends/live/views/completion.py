"""What the engine adds to the scene that `build_scene` returned: findings, facts, variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Protocol

from backends.live.default_scene import facts_of
from backends.live.hooks import SessionHooks, misspelt_hooks
from backends.live.interaction_dispatch import InteractionDispatch
from backends.live.views.connections import SceneConnections
from backends.scene import DisplayVariable, Finding, MorphologyGeometry, Scene


class CompletedRun(Protocol):
    """What is needed of the engine."""

    BACKEND: ClassVar[str]
    session: SessionHooks
    geometry: MorphologyGeometry | None
    dt: float
    display_variable: DisplayVariable
    display_variables: tuple[DisplayVariable, ...]
    findings: tuple[Finding, ...]
    facts: Mapping[str, str]
    interactions: InteractionDispatch
    connections: SceneConnections

    def settings_facts(self) -> dict[str, str]:
        """Return the step and the voltage at t = 0, and where each comes from."""

    def simulator_facts(self) -> dict[str, str]:
        """Return facts of the simulator that matter for the numbers."""


def complete_scene(live: CompletedRun, scene: Scene) -> Scene:
    """Return a scene with what its author has left open."""
    findings, facts = _own_findings_and_facts(live)
    return replace(
        scene,
        controls=tuple(map(live.interactions.completed, scene.controls)),
        backend=scene.backend or live.BACKEND,
        dt_ms=live.dt if scene.dt_ms is None else scene.dt_ms,
        display_variables=scene.display_variables
        or live.display_variables
        or (live.display_variable,),
        findings=(scene.findings or findings) + misspelt_hooks(type(live.session)),
        facts=scene.facts
        or facts
        or {
            **facts_of(live.geometry),
            **live.connections.facts(),
            **live.settings_facts(),
            **live.simulator_facts(),
        },
    )


def _own_findings_and_facts(
    live: CompletedRun,
) -> tuple[tuple[Finding, ...], Mapping[str, str]]:
    """Return what the author has set as ``self.findings`` and ``self.facts``, where it can be shown."""
    own = vars(live.session)
    findings, facts = own.get("findings"), own.get("facts")
    if not isinstance(findings, (tuple, list)) or not all(
        isinstance(each, Finding) for each in findings
    ):
        findings = live.findings
    if not isinstance(facts, Mapping) or not all(
        isinstance(each, str) for pair in facts.items() for each in pair
    ):
        facts = live.facts
    return tuple(findings), facts
