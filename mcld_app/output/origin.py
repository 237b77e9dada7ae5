"""Where a picture comes from, in words: for people a sentence, for programs IPTC's digital source type in XMP."""

from __future__ import annotations

import re
from xml.sax.saxutils import quoteattr

GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's digital source type of what a trained model made."""

EDITED = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's digital source type of what was there before, a photo, and was edited with a trained model."""

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
  xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
  xmp:CreatorTool="MCLD Studio"
  Iptc4xmpExt:DigitalSourceType={source}
  Iptc4xmpExt:AISystemUsed={model}/>
</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


def source_type(*, edited: bool = False) -> str:
    """IPTC's digital source type of what a model made, or of a photo that was edited with it."""
    return EDITED if edited else GENERATED


def description(model: str, details: str = "", *, edited: bool = False) -> str:
    """The provenance as a sentence for people: a model's name, and whether it made the picture or edited a photo."""
    text = f"AI-{'edited' if edited else 'generated'} with {model}" + (f" ({details})" if details else "")
    return writable(text)


def xmp_packet(model: str, *, edited: bool = False) -> str:
    """The provenance for programs, as an XMP packet: IPTC's digital source type and the AI system used."""
    return _XMP.format(source=quoteattr(source_type(edited=edited)), model=quoteattr(writable(model)))


def writable(text: str) -> str:
    """Without the characters that neither XML nor PNG's texts may hold, as a folder's name on Linux can."""
    return re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
