"""Pictures of pages, small enough to be in the repository."""

import json
from base64 import b64encode

from generate.screenshots import MOST_BYTES, PICTURES, SHOTS
from generate.small_png import read_png, shrink_png

# Resolves to how a browser reads two pictures, as [width, height, pixels that differ a lot].
_COMPARE = """
Promise.all(%s.map(async (text) => {
  const image = new Image();
  image.src = `data:image/png;base64,${text}`;
  await image.decode();
  const { width, height } = image;
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  return { width, height, bytes: canvas.getImageData(0, 0, width, height).data };
})).then(([one, other]) => [other.width, other.height,
  one.bytes.filter((byte, at) => Math.abs(byte - other.bytes[at]) > 32).length])
"""


async def test_same_picture(visit, home):
    """A picture becomes smaller, and shows the same."""
    await visit.open(f"{home}/console/charts?by=event", 500, 400)
    picture = await visit.picture()
    shrunk = shrink_png(picture)
    texts = [b64encode(each).decode() for each in (picture, shrunk)]

    *size, different = await visit.evaluate(_COMPARE % json.dumps(texts))

    assert [500, 400] == size
    assert different < 0.001 * 500 * 400
    assert len(shrunk) < len(picture)
    assert (400, 500) == (len(read_png(picture)), len(read_png(picture)[0]))


def test_pictures_are_there():
    """Each picture of the documentation is there, and small."""
    sizes = {path.stem: path.stat().st_size for path in PICTURES.glob("*.png")}

    assert SHOTS.keys() == sizes.keys()
    assert max(sizes.values()) <= MOST_BYTES
