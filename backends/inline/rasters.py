"""`SpikingView`: an inline view of a simulator's model, whose spikes a raster shows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from backends.errors import ProtocolError, RequestError
from backends.inline.handles import ViewHandle, bound
from backends.inline.labels import id_of, line_of_call
from backends.inline.session import InlineHooks
from backends.inline.view import InlineView
from backends.live.hook_checks import short_repr
from backends.live.views.spikes import SpikeSource
from backends.views import RasterViewSpec, ViewSpec


class Raster(NamedTuple):
    """The sources of one raster.

    Attributes
    ----------
    places : tuple of (str, object), or None
        Names, "" for the cell's or segment's, and places; None is one for each cell.
    """

    field_id: str
    places: tuple[tuple[str, Any], ...] | None
    threshold: float | None
    line: str


class SpikingView(InlineView):
    """A model of which a simulator knows the spikes."""

    SPIKE_SOURCES: ClassVar[str]
    """What `raster` takes, in words."""

    def __init__(self, title: str = "", **options: Any) -> None:
        super().__init__(title, **options)
        self.rasters: list[Raster] = []

    @abstractmethod
    def spike_name(self, source: Any) -> str:
        """Return the name of a source, "" for that of its cell or segment; RequestError if it is no source of spikes."""

    @abstractmethod
    def is_one_source(self, sources: Any) -> bool:
        """Whether this is one source, and no collection of them."""

    def raster(
        self,
        sources: Any = None,
        *,
        title: str = "Spikes",
        threshold: float | None = None,
        window_ms: Any = None,
        y_label: str = "Cell",
    ) -> ViewHandle:
        """Add a raster of spikes: ``raster([soma, dend(1)])``, ``raster({"first": soma}, threshold=-20)``.

        Parameters
        ----------
        sources : source, sequence of these, dict of these by name, or None
            One row each; None is a row for each cell: its soma, else its first part. On NEURON a source is a section
            (its middle), a segment or a NetCon, whose source it is then; on Jaxley a compartment, or a cell, whose
            first compartment it is then.
        threshold : float or None
            mV; None is 10 mV, on NEURON what the model's own NetCons from there have.
        window_ms : float, control or None
            Length of the rolling window; None shows everything.
        y_label : str
            What a row is.
        """
        taken = [each.field_id for each in self.rasters]
        field_id = id_of(f"{title} counts", taken)
        raster = Raster(field_id, self._places(sources), threshold, line_of_call())

        def make(id_: str) -> ViewSpec:
            return RasterViewSpec(id_, raster.field_id, title, y_label, bound(window_ms))

        handle = self.add_view(title, make, raster.field_id)
        self.rasters.append(raster)
        return handle

    def _places(self, sources: Any) -> tuple[tuple[str, Any], ...] | None:
        """Return sources and their names; ProtocolError if one is none."""
        if sources is None:
            return None
        if self.is_one_source(sources):
            sources = [sources]
        if isinstance(sources, str) or not isinstance(sources, Iterable):
            raise self._bad_sources(f"not {short_repr(sources)}")
        pairs = (
            sources.items() if isinstance(sources, Mapping) else (("", each) for each in sources)
        )
        found: list[tuple[str, Any]] = []
        for name, each in pairs:
            try:
                own = self.spike_name(each)
            except RequestError as error:
                raise self._bad_sources(error.message) from error
            found.append((_free(str(name) or own, [name for name, _ in found]), each))
        if not found:
            raise self._bad_sources("there are none")
        return tuple(found)

    def _bad_sources(self, why: str) -> ProtocolError:
        return ProtocolError(
            f"raster needs {self.SPIKE_SOURCES}, one or several: {why}", code="bad-source"
        )


def _free(name: str, taken: Sequence[str]) -> str:
    """Return a name that is not `taken`: ``"soma"``, ``"soma 2"``; "" as it is."""
    found, n = name, 2
    while found and found in taken:
        found, n = f"{name} {n}", n + 1
    return found


class SpikingHooks(InlineHooks):
    """Gives the session the sources of its view's rasters."""

    inline_view: ClassVar[SpikingView]

    def spike_sources(self) -> list[SpikeSource]:
        """Return the sources of all rasters, in order."""
        found = []
        for raster in self.inline_view.rasters:
            places = self.cell_places() if raster.places is None else raster.places
            found += [
                SpikeSource(name, place, raster.threshold, raster.field_id, raster.line)
                for name, place in places
            ]
        return found

    def cell_places(self) -> Sequence[tuple[str, Any]]:
        """Return names of the cells, and of each a place: its soma, else its first part."""
        raise NotImplementedError
