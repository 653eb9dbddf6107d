"""Where the migrations are, for commands, tests and the readiness check."""

from pathlib import Path

from alembic.config import Config

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def alembic_config() -> Config:
    """Return Alembic's configuration for this project's migrations."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
