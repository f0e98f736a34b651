"""What is found on this machine, and what it is called in Cloud Storage."""

import os
import re
from pathlib import Path

import pytest

from analytics_commands.upload_file.local_files import find_files
from analytics_commands.upload_file.naming import guess_content_type, make_segment

ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,256}")


class TestSegments:
    @pytest.mark.parametrize(
        ("name", "segment"),
        [
            ("core-1.2_x.dmp", "core-1.2_x.dmp"),
            ("two words.txt", "two_words.txt"),
            ("\x1b[31mü/é.log", "__31m___.log"),
            ("bytes\udcff", "bytes_"),
            ("", "unknown"),
            (".", "unknown"),
            ("..", "unknown"),
            ("...", "..."),
            ("\u3002", "_"),
        ],
    )
    def test_replaced(self, name, segment):
        """What the API does not take becomes `_`; what would be no segment, `unknown`."""
        assert segment == make_segment(name)
        assert ACCEPTED.fullmatch(segment)

    def test_long(self):
        """A name that is too long keeps its beginning and its ending."""
        segment = make_segment("a" * 300 + ".dmp")

        assert 256 == len(segment)
        assert segment.startswith("aaa")
        assert segment.endswith("a.dmp")
        assert "b" * 256 == make_segment("b" * 256)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("notes.txt", "text/plain"),
        ("state.json", "application/json"),
        ("core.dmp.unheard-of", "application/octet-stream"),
        ("core", "application/octet-stream"),
        ("logs.tar.gz", "application/gzip"),
        ("log.txt.bz2", "application/x-bzip2"),
        ("log.txt.Z", "application/octet-stream"),
    ],
)
def test_content_type(name, content_type):
    """The ending tells the type; of a compressed file it is that of the compression."""
    assert content_type == guess_content_type(name)


class TestFindFiles:
    @pytest.fixture(name="folder")
    def _folder(self, tmp_path):
        folder = tmp_path / "crashes"
        for name in ("b.txt", "a.txt", "sub/c.txt", "sub/deep/d.txt", "ab/e.txt"):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        return folder

    def test_directory(self, folder):
        """A directory stands for all files below it, sorted."""
        findings = find_files([folder])

        expected = [
            folder / n for n in ("a.txt", "b.txt", "ab/e.txt", "sub/c.txt", "sub/deep/d.txt")
        ]
        assert expected == findings.files
        assert ({}, {}) == (findings.failures, findings.left_out)

    def test_once(self, folder):
        """A file that several paths name is found once, in the place of the first."""
        findings = find_files([folder / "b.txt", folder, folder / "sub" / ".." / "a.txt"])

        assert ["b.txt", "a.txt", "e.txt", "c.txt", "d.txt"] == [
            path.name for path in findings.files
        ]

    def test_nothing_there(self, folder):
        """A missing path and a directory without files are told, and stop nothing."""
        (folder / "empty" / "inner").mkdir(parents=True)
        findings = find_files([folder / "gone", folder / "empty", folder / "a.txt"])

        assert [folder / "a.txt"] == findings.files
        assert {
            folder / "gone": "there is no such file or directory",
            folder / "empty": "there is no file in this directory",
        } == findings.failures

    def test_links(self, folder):
        """Links within a directory are not followed; those that lead out, or nowhere, are told."""
        outside = folder.parent / "outside"
        outside.mkdir()
        (outside / "secret").write_text("secret")
        (folder / "inner").symlink_to(folder / "a.txt")
        (folder / "loop").symlink_to(folder)
        (folder / "out").symlink_to(outside / "secret")
        (folder / "out-folder").symlink_to(outside)
        (folder / "nowhere").symlink_to("/nowhere/at/all")
        findings = find_files([folder])

        assert 5 == len(findings.files)
        assert {"out", "out-folder", "nowhere"} == {path.name for path in findings.left_out}
        assert {"a link that leads out of the directory"} == set(findings.left_out.values())

    def test_named_link(self, folder):
        """A link that the command line names is followed."""
        link = folder.parent / "link"
        link.symlink_to(folder / "a.txt")

        assert [link] == find_files([link]).files

    def test_no_file(self, folder):
        """A pipe is no file: in a directory it is left out, by itself it is a failure."""
        os.mkfifo(folder / "pipe")
        findings = find_files([folder, folder / "pipe"])

        assert 5 == len(findings.files)
        assert {folder / "pipe": "neither a file nor a directory"} == findings.left_out
        assert {folder / "pipe": "neither a file nor a directory"} == findings.failures

    def test_current_directory(self, folder, monkeypatch):
        """Relative paths stay what the person typed."""
        monkeypatch.chdir(folder)

        assert Path("a.txt") == find_files([Path()]).files[0]
