"""Where things lie: the repository root and the folders that runs write into."""

from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
BARS_DIR = PROJECT_ROOT / "data" / "storage"
MODELS_DIR = PROJECT_ROOT / "models" / "saved"
VAR_DIR = PROJECT_ROOT / "var"
REPORTS_DIR = VAR_DIR / "reports"
TENSORBOARD_DIR = VAR_DIR / "tensorboard"
CHECKPOINTS_DIR = VAR_DIR / "checkpoints"
TRIALS_DIR = VAR_DIR / "trials"
NUMBA_DIR = VAR_DIR / "numba"
