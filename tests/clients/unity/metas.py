"""Writes the .meta files of the Unity package: `python tests/clients/unity/metas.py`.

Unity tells assets apart by the GUID in the file beside each. It follows from the path here, so that
it is the same whoever writes it.
"""

import hashlib
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "clients/unity"
_IMPORTERS = {
    ".cs": "MonoImporter",
    ".asmdef": "AssemblyDefinitionImporter",
    ".md": "TextScriptImporter",
    ".json": "PackageManifestImporter",
}


def assets():
    """Return what Unity imports: folders and files, but for those whose names end with `~`."""
    return sorted(
        path
        for path in PACKAGE.rglob("*")
        if path.suffix != ".meta"
        and not any(part.endswith("~") for part in path.relative_to(PACKAGE).parts)
    )


def meta_of(asset):
    """Return the text of an asset's .meta file."""
    name = asset.relative_to(PACKAGE).as_posix()
    guid = hashlib.md5(f"com.analytics-pipeline.client/{name}".encode()).hexdigest()
    folder = "folderAsset: yes\n" if asset.is_dir() else ""
    importer = _IMPORTERS.get(asset.suffix, "DefaultImporter")
    return (
        f"fileFormatVersion: 2\nguid: {guid}\n{folder}{importer}:\n  externalObjects: {{}}\n"
        "  userData: \n  assetBundleName: \n  assetBundleVariant: \n"
    )


def meta_path(asset):
    """Return where it is."""
    return asset.with_name(f"{asset.name}.meta")


if __name__ == "__main__":
    for each in assets():
        meta_path(each).write_text(meta_of(each))
