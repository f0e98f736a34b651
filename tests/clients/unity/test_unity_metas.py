"""clients/unity: the .meta file of each asset."""

from metas import PACKAGE, assets, meta_of, meta_path


def test_metas():
    """Each asset has its .meta file with its own GUID, and nothing else has one."""
    expected = {meta_path(asset): meta_of(asset) for asset in assets()}

    assert expected == {path: path.read_text() for path in PACKAGE.rglob("*.meta")}
    assert len(expected) == len(set(expected.values())) > 20
