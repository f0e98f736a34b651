"""Pages that are written from data say what the data says."""

from generate import data_dictionary


def test_data_dictionary():
    """docs/data-dictionary.md has every column as the schemas describe it.

    `python scripts/generate/data_dictionary.py` mends it.
    """
    page = data_dictionary.PAGE.read_text(encoding="utf-8")

    assert page == data_dictionary.fill(page)
    assert all(f"<!-- table: {name} -->" in page for name in data_dictionary.TABLES)
