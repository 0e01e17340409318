"""NeuroMorpho.Org on loopback: its answers, its files, and whatever goes wrong with it."""

from tests.neuromorpho.server.faults import KINDS, Fault, Faults
from tests.neuromorpho.server.journal import Seen
from tests.neuromorpho.server.made import KEYS, hostile_records
from tests.neuromorpho.server.serving import Server
from tests.neuromorpho.server.switches import Switches

__all__ = ["KEYS", "KINDS", "Fault", "Faults", "Seen", "Server", "Switches", "hostile_records"]
