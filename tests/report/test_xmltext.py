"""XML 1.0 of whatever was recorded."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.report.xmltext import attribute, content, document


@given(st.text())
def test_every_text_is_valid_xml(text: str) -> None:
    """As an attribute and as content; lone surrogates and control characters among them."""
    root = ET.Element("a", b=attribute(text))
    root.text = content(text)
    assert ET.fromstring(document(root)).get("b") is not None  # noqa: S314 - it is our own
