"""The sources of the scripts that Redis runs. Read them when a module is loaded: a process that is forked for
jobs then has them."""

from __future__ import annotations

from importlib.resources import files


def lua_scripts(*names: str) -> dict[str, str]:
    """The source of each of these scripts, by name."""
    return {name: lua_script(name) for name in names}


def lua_script(name: str, package: str = "deploys.stores") -> str:
    """The source of the script in this file of the package's folder `lua`."""
    return files(package).joinpath(f"lua/{name}.lua").read_text()
