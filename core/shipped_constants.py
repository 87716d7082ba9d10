"""Which constants are as the project ships them: a page shows those that are not, whatever the files say by now.

Checksums, so that each default is written once: in its top-level file.
"""

import zlib

SHIPPED = """
d11bb8cd a5cea2da 3d848a5a 4ff45b04 9c23cbab 9d045ec0 5f0a0208 c6615cdf 55423a37 c6980eea 1499d42b 617cce40 02ef9474
8bebbffa 26a6924e 6cc86a59 3c2251b4 b3f13533 d39e2bf6 49e34e9b 6c49d845 d478b050 26fc4a51 235348b6 efbf3a05 ebee1b6b
fde90f79 2e38900b dcf49038 a13fab3c da613ba1 55d02521 3aea3727 a9d9d966 ce3a492a d214bd03 6249e4b2 b1ae19bf fbe951ff
792a8f45 7e9c1cfd 53bd468e 3502b410 a10e367f cac015e8 08752227 56e49b37 97fb64e7 b62a6dda acafcfc3 3922f48c 39db7ab0
f4b1e4ec 3b8789e7 37a38a2b
"""


def is_shipped(name, value):
    """Tell whether a constant has the value that the project ships."""
    return checksum(name, value) in SHIPPED.split()


def checksum(name, value):
    """Return the checksum of a constant with its value."""
    return f"{zlib.crc32(f'{name} = {value!r}'.encode()):08x}"
