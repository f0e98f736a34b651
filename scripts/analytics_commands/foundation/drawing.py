"""A chart as SVG that needs nothing else, and is the same on every day."""

from xml.etree import ElementTree as ET

import pygal


def draw(chart: pygal.Graph, *, bare: bool = False) -> str:
    """Return the chart's SVG; values show where the mouse is.

    Without pygal's scripts, and its comments, which hold the date. A `bare` one has no style and no
    ids: the page that shows it, among others, has a style sheet for them.
    """
    root = chart.render_tree()
    left_out = {ET.Comment, "script", "style"} if bare else {ET.Comment, "script"}
    for parent in list(root.iter()):
        if bare:
            parent.attrib.pop("style", None)
            parent.attrib.pop("id", None)
        for child in list(parent):
            if child.tag in left_out:
                parent.remove(child)
            elif child.tag == "desc" and child.get("class") == "value":
                child.tag = "title"
            elif child.tag == "desc":
                parent.remove(child)
    return ET.tostring(root, encoding="unicode")
