"""Jaxley's channels as NEURON has them. Importing this imports Jaxley.

`hh` of NEURON and `HH` of Jaxley are the same equations (Hodgkin & Huxley 1952, with V shifted to a
rest of -65 mV), with two differences that are corrected here: Jaxley's rates are 0/0 at exactly -40
and -55 mV, and do not depend on temperature. NEURON multiplies all rates by 3 to the power of (celsius - 6.3)/10.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jaxley.channels import HH, Leak
from jaxley.solver_gate import save_exp, solve_gate_exponential

__all__ = ["Leak", "SquidHH"]

SQUID_CELSIUS = 6.3


class SquidHH(HH):  # type: ignore[misc]  # Jaxley has no type information
    """`HH` with a temperature, defined at every voltage.

    The parameter ``HH_q10`` multiplies the rates: 1 at 6.3 °C.
    """

    def __init__(self, name: str | None = "HH") -> None:
        super().__init__(name)
        self.channel_params[f"{self._name}_q10"] = 1.0

    def update_states(
        self, states: dict[str, Any], dt: Any, v: Any, params: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the gates after a step of dt (ms) at v (mV)."""
        prefix = self._name
        warped = dt * params[f"{prefix}_q10"]
        gates = {"m": self.m_gate, "h": self.h_gate, "n": self.n_gate}
        return {
            f"{prefix}_{gate}": solve_gate_exponential(
                states[f"{prefix}_{gate}"], warped, *rates(v)
            )
            for gate, rates in gates.items()
        }

    @staticmethod
    def m_gate(v: Any) -> tuple[Any, Any]:
        """Return opening and closing rates of m, 1/ms."""
        return _linoid(v + 40.0, 10.0) * 0.1, 4.0 * save_exp(-(v + 65.0) / 18.0)

    @staticmethod
    def n_gate(v: Any) -> tuple[Any, Any]:
        """Return opening and closing rates of n, 1/ms."""
        return _linoid(v + 55.0, 10.0) * 0.01, 0.125 * save_exp(-(v + 65.0) / 80.0)


def _linoid(x: Any, y: float) -> Any:
    """Return x / (1 - exp(-x/y)), and its limit y at x = 0 (NEURON's vtrap: y (1 + x/y/2) nearby)."""
    near = jnp.abs(x / y) < 1e-6
    safe = jnp.where(near, 1.0, x)
    return jnp.where(near, y * (1 + x / y / 2), safe / (1 - save_exp(-safe / y)))


def squid_q10(celsius: float) -> float:
    """Return by how much HH rates are faster than at 6.3 °C, as in NEURON's hh.mod."""
    return float(3.0 ** ((celsius - SQUID_CELSIUS) / 10.0))
