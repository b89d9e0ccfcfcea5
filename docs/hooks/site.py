"""Adds the reference pages to the site. MkDocs calls these functions by their names."""

import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

sys.path[:0] = [str(Path(__file__).parent)]

from reference import Page, navigation, pages  # noqa: E402  # stands beside this file


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Write the pages and put them below Reference."""
    config.extra["reference"] = _pages(config)
    for section in config.nav or []:
        if "Reference" in section:
            section["Reference"] = [*section["Reference"], *navigation(config.extra["reference"])]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages to those of docs/."""
    for page in config.extra["reference"]:
        files.append(File.generated(config, page.path, content=page.text))
    return files


def _pages(config: MkDocsConfig) -> list[Page]:
    return pages(Path(config.config_file_path).parent / "src")
