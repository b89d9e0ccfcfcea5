"""The browser of the studio's tests."""

from tests.studio.conftest import browser as browser
