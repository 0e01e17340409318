"""The words that made records are made of: values as the archive spells them, with all their snares.

Several words, a trailing blank, apostrophes, brackets, commas inside a value, one value inside another
("monkey", "capuchin monkey"), and half a dozen spellings of "not known".
"""

from __future__ import annotations

# Species, its scientific name as records have it, and how common it is.
SPECIES: tuple[tuple[str, str | None, int], ...] = (
    ("mouse", "Mus musculus", 400),
    ("rat", "rattus norvegicus", 170),
    ("drosophila melanogaster", "Drosophila melanogaster", 120),
    ("human", "Homo sapiens", 50),
    ("zebrafish", "Danio rerio", 24),
    ("monkey", "Macaca mulatta", 18),
    ("C. elegans", None, 8),
    ("chimpanzee", "Pan troglodytes", 6),
    ("Semipalmated sandpiper", "Calidris pusilla", 4),
    ("Xenopus laevis", "Xenopus laevis", 4),
    ("capuchin monkey", "", 3),
    ("Baboon", "Papio anubis", 3),
    ("giraffe", "Giraffa camelopardalis", 3),
    ("collared plover", None, 2),
    ("cattle", "", 2),
    ("leopard", "Panthera pardus", 2),
    ("clouded leopard", "Neofelis nebulosa", 2),
    ("Hamster", "Mesocricetus auratus", 2),
    ("domestic pig", "Sus scrofa", 2),
    ("cat", "Felis catus", 2),
    ("guinea pig", "Cavia porcellus", 2),
    ("humpback whale", None, 2),
    ("Steller's Sculpin", "", 2),
    ("goldfish", "Carassius auratus", 2),
    ("turtle", "", 2),
    ("African wild dog", "Lycaon pictus", 1),
    ("Calango lizard", None, 1),
    ("Rana esculenta", "Pelophylax esculentus", 1),
    ("blowfly", "Calliphora vicina", 1),
    ("bottlenose dolphin", "", 1),
    ("locust", "Schistocerca gregaria", 1),
    ("Apis mellifera", "Apis mellifera", 1),
    ("dragonfly ", "", 1),
    ("Blind mole-rat", None, 1),
    ("red panda", "Ailurus fulgens", 1),
    ("Praying mantis (Hierodula membranacea)", "Hierodula membranacea", 1),
    ("Praying mantis (Rhombodera megaera)", "", 1),
    ("Sea lamprey", "Petromyzon marinus", 1),
    ("Crisia eburnea", None, 1),
    ("drosophila sechellia", "Drosophila sechellia", 1),
)

INSECTS = frozenset(
    {
        "drosophila melanogaster",
        "drosophila sechellia",
        "C. elegans",
        "blowfly",
        "locust",
        "Apis mellifera",
        "dragonfly ",
        "Praying mantis (Hierodula membranacea)",
        "Praying mantis (Rhombodera megaera)",
    }
)

STRAINS: dict[str, tuple[str, ...]] = {
    "mouse": ("C57BL/6", "C57BL/6J", "B6.129S", "CD-1 (ICR)", "FVB/N", "Not reported", "Thy1-GFP"),
    "rat": ("Sprague-Dawley", "Wistar", "Long-Evans", "Fischer 344", "Not reported"),
    "drosophila melanogaster": ("Canton S", "VGlut-Gal4", "ppk-Gal4", "w1118", "fru-Gal4 "),
    "monkey": ("Rhesus", "Cynomolgus", "Macaque"),
    "human": ("Not applicable", "Not reported", "Caucasian"),
    "zebrafish": ("AB", "Tg(HuC:GFP)", "Not reported"),
}

REGIONS_OF_VERTEBRATES: tuple[tuple[str, ...], ...] = (
    ("neocortex", "prefrontal", "layer 3"),
    ("neocortex", "somatosensory", "layer 5", "barrel"),
    ("neocortex", "occipital", "primary visual", "layer 2-3", "left"),
    ("hippocampus", "CA1"),
    ("hippocampus", "CA3"),
    ("hippocampus", "dentate gyrus", "granule layer"),
    ("hippocampus",),
    ("entorhinal cortex", "medial", "layer 2"),
    ("cortex",),
    ("cerebellum", "cerebellar cortex", "Purkinje layer"),
    ("basal ganglia", "striatum"),
    ("retina", "ganglion layer"),
    ("retina", "inner nuclear layer"),
    ("spinal cord", "lumbar", "ventral horn (lamina IX)"),
    ("main olfactory bulb",),
    ("hypothalamus", "paraventricular nucleus"),
    ("Not reported",),
)
REGIONS_OF_INSECTS: tuple[tuple[str, ...], ...] = (
    ("peripheral nervous system", "dendritic arborization neuron"),
    ("protocerebrum", "Lobula", "right"),
    ("optic lobe", "Medulla", "left"),
    ("mushroom body", "Kenyon cell layer"),
    ("somatic nervous system",),
)

# What is traced: cell types, domain, and how its completeness is told.
NEURONS: tuple[tuple[str, ...], ...] = (
    ("Local projecting", "pyramidal", "principal cell"),
    ("principal cell", "pyramidal"),
    ("pyramidal", "principal cell"),
    ("interneuron", "basket", "Parvalbumin (PV)-positive"),
    ("interneuron", "Martinotti", "Somatostatin (SOM)-positive"),
    ("Aspiny", "interneuron"),
    ("principal cell", "granule"),
    ("principal cell", "Purkinje"),
    ("medium spiny", "principal cell"),
    ("ganglion", "principal cell", "ON-OFF direction-selective"),
    ("Sensory", "Class IV da (ddaC)"),
    ("Not reported",),
)
GLIA: tuple[tuple[str, ...], ...] = (
    ("Glia", "microglia", "Iba1-positive"),
    ("Glia", "astrocyte", "GFAP-positive"),
)

# Kind of tree: domain and integrity.
DENDRITES, WITH_AXON, PROCESSES, NEURITES = range(4)
DOMAINS = (
    "Dendrites, Soma, No Axon",
    "Dendrites, Soma, Axon",
    "Processes, Soma",
    "Neurites, No Soma",
)
INTEGRITIES: tuple[tuple[str, ...], ...] = (
    ("Dendrites Moderate", "Dendrites Complete", "Dendrites Incomplete"),
    ("Dendrites & Axon Complete", "Dendrites Complete, Axon Incomplete"),
    ("Process Complete", "Process Moderate"),
    ("Neurites Moderate", "Neurites Complete", "ERROR"),
)
ATTRIBUTES = (
    "Diameter, 3D, Angles",
    "No Diameter, 3D, Angles",
    "No Diameter, 2D, Angles",
    "Diameter, 2D, Angles",
)

# Archive and the beginning of its cells' names.
ARCHIVES: tuple[tuple[str, str], ...] = (
    ("Wearne_Hof", "cnic_"),
    ("Ascoli", "n"),
    ("De Koninck", "DK-cell "),
    ("Mancia-Leon", "ML-"),
    ("Smith", "0-"),
    ("Jacobs", "sup-"),
    ("Kellendonk", "WT-P90-"),
    ("Jaffe", "slm"),
    ("Allen Cell Types", "H17.03."),
    ("Saminathan_Sharma", "S18_Microglia"),
    ("Markram", "TypeA-"),
    ("Chiang", "VGlut-F-"),
    ("Borst", "HSE_"),
    ("O'Brien", "ob'"),
    ("Lee_LJ", "LLJ(+)"),
    ("Müller_Köhler", "Zelle_ö"),
    ("Wu & Ma", "ddaC&"),
    ("Tank", "tank.v2."),
)

# "<software>.<suffix>", and the suffix of the file that is really there.
FORMATS: tuple[tuple[str, str], ...] = (
    ("Neurozoom.swc", ".txt"),
    ("Neurolucida.asc", ".asc"),
    ("Neurolucida.dat", ".dat"),
    ("Neuron_Morpho.swc", ".swc"),
    ("neuTube.eswc", ".eswc"),
    ("Simple Neurite Tracer.traces", ".traces"),
    ("NeuronJ.ndf", ".ndf"),
    ("Imaris.ims", ".ims"),
    ("Imaris.swc", ".swc"),
    ("Eutectic.txt", ".nts"),
    ("Custom.am", ".am"),
)

STAINS = (
    "lucifer yellow",
    "green fluorescent protein",
    "biocytin",
    "Golgi",
    "Golgi-Cox",
    "Iba1",
    "Not reported",
    "immunostaining (GFAP)",
)
CONDITIONS: tuple[tuple[str, ...], ...] = (
    ("Control",),
    ("Control",),
    ("Beta-catenin overexpression",),
    ("Alzheimer's disease", "5xFAD"),
    ("Chronic stress",),
    ("Not reported",),
)
PROTOCOLS = ("in vivo", "in vitro", "culture", "ex vivo", "in utero", "Not reported")
SLICINGS = ("coronal", "custom", "horizontal", "sagittal", "whole mount", "Not reported")
OBJECTIVES = ("oil", "dry", "water", "electron microscopy", "Not reported", "Not Reported")
AGES: tuple[tuple[str, str, str, str], ...] = (
    ("Year", "old", "24.0", "25.0"),
    ("Day", "neonatal", "0.0", "0.0"),
    ("Month", "adult", "2.0", "3.5"),
    ("Day", "young", "14.0", "21.0"),
    ("Not reported", "larval", "Not reported", "Not reported"),
    ("Not reported", "Not reported", "Not Reported", "Not Reported"),
    ("Not applicable", "embryonic", "Not applicable", "Not applicable"),
)
GENDERS = ("Male", "Female", "Male/Female", "Hermaphrodite", "Not reported", "Not applicable")
WEIGHTS = (
    ("4500.0", "10000.0"),
    ("Not Reported", "Not Reported"),
    ("Not reported", "Not reported"),
)
THICKNESSES = ("400", "300.0", "50", "Not reported", "Not applicable", "")
MAGNIFICATIONS = ("100", "40", "63", "20", "Not reported", "")
JOURNALS = ("J Neurosci", "Neuron", "Cereb Cortex", "J Comp Neurol", "eLife")
SURNAMES = ("Peña", "O'Neill", "Nguyễn", "de la Cruz", "Smith", "Iwasaki", "Müller", "Kaplan Arı")
