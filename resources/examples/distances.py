"""Values that stand still: a pyramidal cell coloured by distance, diameter or area, with no simulator.

A `StaticSession` takes a morphology and one or more variables with a value per segment: an array, or a
function of the drawing. *Colour by* in the Cell panel chooses among them; hover over the cell to read a
value. There is no time, so the run buttons are off.
"""

from backends import StaticSession, StaticVariable
from resources import path_of


class Distances(StaticSession):
    def __init__(self):
        variables = {
            "distance": StaticVariable(
                lambda cell: cell.path_distance, "µm", "Distance to the soma"
            ),
            "diameter": StaticVariable(lambda cell: cell.diameter, "µm", "Diameter", (0.0, 4.0)),
            "area": StaticVariable(lambda cell: cell.area, "µm²", "Membrane area"),
        }
        super().__init__(path_of("pyramidal"), variables, title="Distances")
