"""Holds the package lists of a release against the lock file: packages.py BINARY SBOM LOCK.

Every package that the binary says it was built from (its .dep-v0 section) and that the bill of materials names must
stand in the lock file with that version, and what the binary holds at run time must be in the bill of materials.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
import zlib


def main(binary, sbom, lock):
    with open(lock, "rb") as file:
        locked = {(package["name"], package["version"]) for package in tomllib.load(file)["package"]}
    with open(sbom, encoding="utf-8") as file:
        billed = {(part["name"], part["version"]) for part in json.load(file)["components"]}
    built = built_from(binary)
    root = {("handover-bridge", version) for name, version in built if name == "handover-bridge"}
    for what, packages in (("the binary", built), ("the bill of materials", billed)):
        if unknown := sorted(packages - locked):
            sys.exit(f"{what} names packages that the lock file does not: {unknown}")
    if missing := sorted(built - billed - root):
        sys.exit(f"the bill of materials leaves out what the binary holds: {missing}")
    print(f"{len(built)} packages in the binary, {len(billed)} in the bill of materials, {len(locked)} in the lock file")


def built_from(binary):
    """The packages that end up in the binary, without those that only its build needed."""
    with tempfile.NamedTemporaryFile() as section:
        subprocess.run(["objcopy", "--dump-section", f".dep-v0={section.name}", binary, "/dev/null"], check=True)
        packages = json.loads(zlib.decompress(section.read()))["packages"]
    return {(package["name"], package["version"]) for package in packages if package.get("kind") != "build"}


if __name__ == "__main__":
    main(*sys.argv[1:])
