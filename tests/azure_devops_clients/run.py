"""Runs Microsoft's own clients against the stand-in for Azure DevOps.

    run.py INSTALLED < START

INSTALLED is a folder for the clients, kept between runs; START is the line that
`fake-azure-devops --json` prints. Every check is a line on stdout: `ok: …`, `failed: …`, or
`skipped: …` where a client cannot be installed. Ends with 1 if a check failed.
"""

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent

# The checks name what these versions do; azure-devops is a pre-release.
PYTHON_CLIENT = "azure-devops==7.1.0b4"
NODE_CLIENT = "azure-devops-node-api@17.0.1"

# No installation and no check takes so long, in seconds.
PATIENCE = 300


class Skipped(Exception):
    """Why a client does not run."""


def attempt(command, what, **options):
    """Runs `command`, which installs `what`."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False, **options
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Skipped(f"{what} cannot be installed: {error.__class__.__name__}") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["nothing was said"]
        raise Skipped(f"{what} cannot be installed: {said[-1]}")


def finished(folder, what):
    """Whether `what` was installed in `folder` by an earlier run."""
    mark = folder / "installed"
    return mark.is_file() and mark.read_text() == what


def install_python(folder):
    """Returns a Python that has the client."""
    bin_folder = "Scripts" if os.name == "nt" else "bin"
    python = folder / bin_folder / ("python.exe" if os.name == "nt" else "python")
    if not finished(folder, PYTHON_CLIENT):
        shutil.rmtree(folder, ignore_errors=True)
        try:
            venv.create(folder, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Skipped(f"{PYTHON_CLIENT} cannot be installed: no venv") from error
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pip += ["--retries=1", "--timeout=20"]
        attempt([*pip, PYTHON_CLIENT], PYTHON_CLIENT)
        (folder / "installed").write_text(PYTHON_CLIENT)
    return python


def install_node(folder):
    """Returns a Node that finds the client in `folder`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise Skipped(f"{NODE_CLIENT} cannot be installed: there is no node or no npm")
    if not finished(folder, NODE_CLIENT):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}')
        flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        flags += ["--fetch-retries=1", "--fetch-timeout=20000"]
        attempt([npm, "install", *flags, NODE_CLIENT], NODE_CLIENT, cwd=folder)
        (folder / "installed").write_text(NODE_CLIENT)
    return node


def check(name, command, start, environment):
    """Runs a script of checks with `start` on its stdin; returns whether all held."""
    try:
        done = subprocess.run(
            command,
            input=start,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, **environment},
        )
    except subprocess.TimeoutExpired:
        print(f"failed: {name}: no end after {PATIENCE} s")
        return False
    for line in done.stdout.splitlines():
        print(line.replace(": ", f": {name}: ", 1))
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["nothing was said"]
        print(f"failed: {name}: ended with {done.returncode}: {said[-1]}")
    return done.returncode == 0


def main():
    installed = Path(sys.argv[1])
    start = sys.stdin.read()
    held = True
    try:
        python = install_python(installed / "python")
        cache = installed / "cache"
        # The client keeps what hosts told it, and the port is another each time.
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(parents=True)
        # It reads the address of the profile service from its configuration.
        sps = json.loads(start)["url"] + "/app.vssps.visualstudio.com"
        environment = {"AZURE_DEVOPS_CACHE_DIR": str(cache), "PATSWEEP_SPS_URL": sps}
        command = [python, HERE / "client.py"]
        held &= check("python", command, start, environment)
    except Skipped as reason:
        print(f"skipped: {reason}")
    try:
        node = install_node(installed / "node")
        command = [node, HERE / "client.js"]
        modules = {"NODE_PATH": str(installed / "node" / "node_modules")}
        held &= check("node", command, start, modules)
    except Skipped as reason:
        print(f"skipped: {reason}")
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
