"""A copy of the project in a temporary folder, driven through the command line as users do."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Clone:
    """A project of its own, with its own history and outputs."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> "Clone":
        """Copy what a clone of the repository has."""
        for name in ("mmm_pipeline", "data"):
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("workspace.yaml", "dg.toml"):
            shutil.copy(ROOT / name, root / name)
        (root / ".dagster").mkdir()
        shutil.copy(ROOT / "dagster.yaml", root / ".dagster")
        return cls(root)

    def add_model(self, name: str, text: str) -> None:
        """Write ``defs/<name>/defs.yaml``."""
        folder = self.root / "mmm_pipeline" / "defs" / name
        folder.mkdir(exist_ok=True)
        (folder / "defs.yaml").write_text(text, encoding="utf-8")

    def materialize(
        self, selection: str, *options: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run ``dagster asset materialize`` in the clone."""
        return self._run("asset", "materialize", "--select", selection, *options, **environment)

    def run_job(
        self, job: str, ops: dict[str, dict[str, str]], **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run ``dagster job execute`` in the clone, with the config of its ops."""
        config = {"ops": {op: {"config": settings} for op, settings in ops.items()}}
        file = self.root / f"{job}.yaml"
        file.write_text(json.dumps(config), encoding="utf-8")
        return self._run("job", "execute", "-j", job, "--config", str(file), **environment)

    def _run(
        self, noun: str, verb: str, *options: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of Dagster's commands on the clone's definitions."""
        command = [str(Path(sys.executable).parent / "dagster"), noun, verb]
        own = {
            "DAGSTER_HOME": str(self.root / ".dagster"),
            "PYTHONPATH": str(self.root),
            "PYTHONWARNINGS": "ignore",
        }
        unset = {"MMM_DATA_ROOT", "MMM_OUTPUTS"}
        inherited = {key: value for key, value in os.environ.items() if key not in unset}
        return subprocess.run(
            [*command, "-m", "mmm_pipeline.definitions", *options],
            cwd=self.root,
            env=inherited | own | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def outputs(self, model: str) -> Path:
        """Where a model's results lie."""
        return self.root / "outputs" / model


def read_message(done: subprocess.CompletedProcess[str]) -> str:
    """The first line of the error that the command line shows."""
    marker = "dagster._core.definitions.events.Failure: "
    log = done.stdout + done.stderr
    return next(
        (line.removeprefix(marker) for line in log.splitlines() if line.startswith(marker)), ""
    )
