"""Start a SLURM of one node for tests: `python tests/slurm/cluster.py start | stop | status`.

It takes root on Debian or a child of it, and no systemd: missing packages are installed with apt-get. One
GPU is made up, so that requests for GPUs can be seen to arrive; a job that uses more memory than it asked for
is killed; and jobs have another $HOME than whoever sends them, as on many clusters. Needs nothing but the
standard library.

The exit code is 0 where the cluster is up, 77 where this machine cannot have one, 1 where it should and does
not.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

#: Where the scheduler keeps its state, its logs and the numbers of its processes.
STATE = Path("/var/lib/facebank-slurm")
#: SLURM's own place for its configuration. Jobs drop $SLURM_CONF before they call srun, so no other will do.
CONFIG = Path("/etc/slurm")
#: What jobs of this cluster have as $HOME.
HOME_OF_JOBS = STATE / "home-of-jobs"
#: The first line of every file under `CONFIG` that is ours.
MARK = "# Written by facebank's tests/slurm/cluster.py."
#: Ports of slurmctld and slurmd.
PORTS = (26817, 26818)
#: Debian's package of each program.
PACKAGES = {"slurmctld": "slurmctld", "slurmd": "slurmd", "sbatch": "slurm-client", "munged": "munge"}

UP, FAILED, NOT_HERE = 0, 1, 77


class NotHereError(Exception):
    """This machine cannot have a cluster of its own; the text says why."""


class BrokenError(Exception):
    """The cluster should be up, and is not."""


def main(arguments: Sequence[str]) -> int:
    """Do what is asked, and give the exit code."""
    os.environ["PATH"] += os.pathsep + "/usr/sbin:/sbin"
    os.environ.pop("SLURM_CONF", None)
    try:
        match list(arguments):
            case ["start"]:
                start()
            case ["stop"]:
                stop()
            case ["status"]:
                return subprocess.run(["sinfo", "-o", "%P %T %c %m %G"], check=False).returncode
            case _:
                say("usage: cluster.py start | stop | status")
                return 2
    except NotHereError as reason:
        say(f"No SLURM here: {reason}")
        return NOT_HERE
    except (BrokenError, OSError, subprocess.CalledProcessError) as fault:
        say(f"SLURM does not start: {fault}")
        for log in sorted(STATE.glob("*.log")):
            say("\n".join([f"== {log}", *log.read_text(errors="replace").splitlines()[-10:]]))
        return FAILED
    return UP


def say(text: str) -> None:
    """Write a line for whoever watches."""
    sys.stderr.write(f"{text}\n")


def start() -> None:
    """Bring the cluster up; one that is up with the same configuration is left as it is."""
    if os.geteuid() != 0:
        raise NotHereError("it takes root to start one")
    install()
    changed = configure()
    start_munge()
    for daemon in ("slurmd", "slurmctld"):
        if changed:
            end(daemon)
    for daemon, port in zip(("slurmctld", "slurmd"), PORTS, strict=True):
        if pid_of(daemon) is None:
            run([daemon])
        wait(f"{daemon} listens", lambda port=port: listens(port))
    wait("the node is idle", node_is_up)
    say(f"SLURM is up: {output(['sinfo', '--noheader', '-o', '%P %T, %c CPUs, %m MB, %G']).strip()}")


def stop() -> None:
    """End the processes that `start` began, and take their configuration away.

    Where there is one, and no controller, every command of SLURM waits for it, and so does every Snakemake.
    """
    if pid_of("slurmctld") is not None:
        run(["scancel", "--state=PENDING", "--user=root"])
        run(["scancel", "--state=RUNNING", "--user=root"])
    for daemon in ("slurmd", "slurmctld", "munged"):
        end(daemon)
    for file in (CONFIG / "slurm.conf", CONFIG / "gres.conf"):
        if is_ours(file):
            file.unlink()
    say("SLURM is down")


def install() -> None:
    """Install the programs that are missing."""
    missing = [package for program, package in PACKAGES.items() if shutil.which(program) is None]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise NotHereError(f"{' '.join(missing)} missing, and no apt-get to install them")
    say(f"Installing {' '.join(missing)} ...")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", *missing],
    ):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            last = (done.stderr.strip() or "no word of why").splitlines()[-1]
            raise NotHereError(f"`{' '.join(command)}` failed: {last}")


def configure() -> bool:
    """Write the configuration; say whether it is another than before."""
    theirs = CONFIG / "slurm.conf"
    if theirs.exists() and not is_ours(theirs):
        raise NotHereError(f"{theirs} is somebody else's, and their cluster does not answer")
    for folder in (CONFIG, STATE, STATE / "control", STATE / "node", HOME_OF_JOBS):
        folder.mkdir(parents=True, exist_ok=True)
    prologue = STATE / "prologue"
    changed = [
        write(theirs, slurm_conf(prologue)),
        # Any device file will do: what it is called is not what the test looks at.
        write(CONFIG / "gres.conf", f"{MARK}\nName=gpu File=/dev/null\n"),
        # SLURM puts into a job's environment what its prologue prints.
        write(prologue, f"#!/bin/sh\n{MARK}\necho export HOME={HOME_OF_JOBS}\n"),
    ]
    prologue.chmod(0o755)
    return any(changed)


def is_ours(file: Path) -> bool:
    """Tell whether a file of the configuration is there and was written here."""
    return file.is_file() and file.read_text(encoding="utf-8").startswith(MARK)


def slurm_conf(prologue: Path) -> str:
    """Give the configuration: one node with two partitions, no accounting, no cgroups."""
    host = socket.gethostname().partition(".")[0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 * 9 // 10
    settings = {
        "ClusterName": "facebank",
        "SlurmctldHost": f"{host}(127.0.0.1)",
        "SlurmctldPort": PORTS[0],
        "SlurmdPort": PORTS[1],
        "SlurmUser": "root",
        "AuthType": "auth/munge",
        "CredType": "cred/munge",
        # Everything that asks for cgroups, MPI or a cluster's network has a simple stand-in.
        "ProctrackType": "proctrack/linuxproc",
        "TaskPlugin": "task/none",
        "MpiDefault": "none",
        "SelectType": "select/cons_tres",
        "SelectTypeParameters": "CR_Core_Memory",
        "AccountingStorageType": "accounting_storage/none",
        # Memory is looked at once a second, and who has too much is killed.
        "JobAcctGatherType": "jobacct_gather/linux",
        "JobAcctGatherFrequency": 1,
        "JobAcctGatherParams": "OverMemoryKill",
        "KillWait": 2,
        # Jobs start at once, and the scheduler knows them for an hour after their end.
        "SchedulerParameters": "batch_sched_delay=0,sched_interval=2,bf_interval=2",
        "MinJobAge": 3600,
        "ReturnToService": 2,
        "MailProg": "/bin/true",
        "TaskProlog": prologue,
        "StateSaveLocation": STATE / "control",
        "SlurmdSpoolDir": STATE / "node",
        "SlurmctldPidFile": STATE / "slurmctld.pid",
        "SlurmdPidFile": STATE / "slurmd.pid",
        "SlurmctldLogFile": STATE / "slurmctld.log",
        "SlurmdLogFile": STATE / "slurmd.log",
        "GresTypes": "gpu",
    }
    node = f"NodeName={host} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} RealMemory={memory} Gres=gpu:1"
    partitions = [
        f"PartitionName={name} Nodes={host} Default={default} MaxTime=1-0 State=UP"
        for name, default in (("cpu", "YES"), ("gpu", "NO"))
    ]
    lines = [MARK, *(f"{key}={value}" for key, value in settings.items()), node, *partitions]
    return "\n".join(lines) + "\n"


def write(file: Path, text: str) -> bool:
    """Write a file; say whether that changed it."""
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return False
    file.write_text(text, encoding="utf-8")
    return True


def start_munge() -> None:
    """Start what SLURM signs its messages with, unless one answers."""

    def answers() -> bool:
        return subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode == 0

    if answers():
        return
    folders = {"/run/munge": 0o755, "/etc/munge": 0o700, "/var/log/munge": 0o700, "/var/lib/munge": 0o700}
    for name, mode in folders.items():
        folder = Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)
        shutil.chown(folder, "munge", "munge")
    key = Path("/etc/munge/munge.key")
    if not key.is_file():
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        shutil.chown(key, "munge", "munge")
    munged = shutil.which("munged") or "munged"
    run(["runuser", "-u", "munge", "--", munged])
    wait("munged answers", answers)
    shutil.copy("/run/munge/munged.pid", STATE / "munged.pid")


def pid_of(daemon: str) -> int | None:
    """Give the number of a process of ours; None where it has ended, even if the number is another's now."""
    try:
        pid = int((STATE / f"{daemon}.pid").read_text(encoding="utf-8"))
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    return pid if name == daemon else None


def end(daemon: str) -> None:
    """End a process of ours."""
    pid = pid_of(daemon)
    if pid is not None:
        os.kill(pid, 15)
        wait(f"{daemon} ends", lambda: pid_of(daemon) is None)


def node_is_up() -> bool:
    """Tell whether the node takes jobs."""
    states = output(["sinfo", "--noheader", "--partition=cpu", "--format=%T"]).split()
    return bool(states) and set(states) <= {"idle", "mixed", "allocated"}


def listens(port: int) -> bool:
    """Tell whether something takes connections at a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait(what: str, holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds."""
    for _ in range(int(seconds * 10)):
        if holds():
            return
        time.sleep(0.1)
    raise BrokenError(f"waited {seconds:g} s in vain: {what}")


def run(command: Sequence[str]) -> None:
    """Run a command that must succeed."""
    subprocess.run(command, check=True)


def output(command: Sequence[str]) -> str:
    """Give what a command prints; nothing where it fails."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
