"""Records as compressed JSON, in which the order of the keys stays; and the words that a record is found by.

Records are short (1.5 kB) and similar, so zlib gets a dictionary of what most of them contain; a record then
takes a fifth of its JSON. zlib's checksum covers the complete text: a damaged record is found when read.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
import zlib
from collections.abc import Mapping
from typing import Any

# zlib refers to the end of the dictionary most cheaply, so the most frequent text comes last. It is part
# of the format: a change needs another schema version.
_DICTIONARY = (
    b'{"neuron_id":,"neuron_name":"","surface":0.0,"volume":0.0,"soma_Surface":null,"n_stems":1.0,"n_bifs":0.0,'
    b'"n_branch":0.0,"width":0.0,"height":0.0,"depth":0.0,"diameter":0.0,"eucDistance":0.0,"pathDistance":0.0,'
    b'"branch_Order":0.0,"contraction":0.9,"fragmentation":0.0,"partition_asymmetry":0.5,"pk_classic":1.0,'
    b'"bif_ampl_local":0.0,"bif_ampl_remote":0.0,"fractal_Dim":1.0,"length":0.0}'
    b"Not applicable Neurolucida.asc Neurolucida.dat Neurolucida Neuron_Morpho.swc Imaris.ims Simple Neurite "
    b"Tracer.traces NeuronStudio.swc Custom.swc Custom.am Golgi-Cox biocytin lucifer yellow green fluorescent "
    b"protein immunostaining hippocampus neocortex CA1 layer 2-3 layer 5 somatosensory prefrontal basal ganglia "
    b"cerebellum retina principal cell interneuron pyramidal granule Purkinje ganglion Glia microglia astrocyte "
    b"in vitro in vivo culture ex vivo coronal horizontal sagittal whole mount human monkey drosophila "
    b"melanogaster zebrafish rat Sprague-Dawley Wistar mouse C57BL/6 Mus musculus Rattus norvegicus Homo sapiens"
    b'{"neuron_id":,"neuron_name":"","archive":"","note":"","age_scale":"Month","gender":"Not reported",'
    b'"age_classification":"adult","brain_region":["neocortex","occipital","layer 2-3"],'
    b'"cell_type":["principal cell","pyramidal"],"species":"mouse","strain":"C57BL/6","scientific_name":"Mus '
    b'musculus","stain":"","experiment_condition":["Control"],"protocol":"in vitro","slicing_direction":'
    b'"Not reported","reconstruction_software":"Neurolucida","objective_type":"Not reported","original_format":'
    b'"Neurolucida.asc","domain":"Dendrites, Soma, No Axon","attributes":"Diameter, 3D, Angles",'
    b'"magnification":"100","upload_date":"2020-01-01","deposition_date":"2019-12-01","shrinkage_reported":'
    b'"Not reported","shrinkage_corrected":"Not Corrected","reported_value":null,"reported_xy":null,'
    b'"reported_z":null,"corrected_value":null,"corrected_xy":null,"corrected_z":null,"soma_surface":null,'
    b'"surface":"0.0","volume":"0.0","slicing_thickness":"Not reported","min_age":"0.0","max_age":"0.0",'
    b'"min_weight":"Not reported","max_weight":"Not reported","png_url":'
    b'"http://neuromorpho.org/images/imageFiles//.png","reference_pmid":[""],"reference_doi":["10.1016/j."],'
    b'"physical_Integrity":"Dendrites Moderate","_links":{"self":{"href":"http://neuromorpho.org/api/neuron/id/"},'
    b'"measurements":{"href":"http://neuromorpho.org/api/morphometry/id/"},"persistence_vector":'
    b'{"href":"http://neuromorpho.org/api/pvec/id/"}}}'
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_MAX_BYTES = 16 * 1024**2
_WORD = re.compile(r"[^\W_]+")


def json_of(record: Mapping[str, Any]) -> bytes:
    """Return a record's JSON without spaces, keys in their order.

    Raises
    ------
    ValueError
        A value cannot be written as JSON.
    """
    try:
        text = _ENCODER.encode(record)
    except (TypeError, ValueError, RecursionError):
        from neuromorpho.records.serialise import jsonable

        try:
            text = json.dumps(jsonable(record), ensure_ascii=False, separators=(",", ":"))
        except (TypeError, RecursionError) as error:
            raise ValueError(f"a record cannot be written as JSON: {error}") from error
    return text.encode("utf-8", "surrogatepass")


def digest_of(text: bytes) -> bytes:
    """Return eight bytes by which equal records are recognized."""
    return hashlib.blake2b(text, digest_size=8).digest()


def pack(text: bytes) -> bytes:
    """Return a record's JSON, compressed."""
    # The small window has room for the dictionary and a record, and is made five times as fast as the default.
    compressor = zlib.compressobj(6, zlib.DEFLATED, 13, 8, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY)
    return compressor.compress(text) + compressor.flush()


def unpack(blob: bytes) -> dict[str, Any]:
    """Return the record that `pack` compressed.

    Raises
    ------
    ValueError
        It is damaged.
    """
    try:
        decompressor = zlib.decompressobj(15, _DICTIONARY)
        text = decompressor.decompress(blob, _MAX_BYTES)
        if not decompressor.eof:
            raise ValueError("it is cut short or too long")
        record = json.loads(text.decode("utf-8", "surrogatepass"))
    except (zlib.error, TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    if not isinstance(record, dict):
        raise ValueError("it is not an object")
    return record


def words_of(text: str) -> list[str]:
    """Return the words of a text for searching: lower case, no accents, split at everything but letters and digits."""
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(part for part in parts if not unicodedata.combining(part))
    return _WORD.findall(text.casefold())


_TEXT_KEYS = ("neuron_name", "archive", "species", "scientific_name", "strain", "note")


def indexed_words(record: Mapping[str, Any]) -> str:
    """Return the words that a record is found by, each once."""
    texts = [str(record.get(key) or "") for key in _TEXT_KEYS]
    for key in ("brain_region", "cell_type"):
        value = record.get(key)
        texts += map(str, value) if isinstance(value, list | tuple) else [str(value or "")]
    return " ".join(dict.fromkeys(words_of("\n".join(texts))))
