"""A PostGIS cluster of this clone's own: made once, found again, reached through a closed folder only.

`initdb` refuses root, and `postgres` cannot enter a folder that only root may enter: as root the data lies under
/var/lib/wangge and everything runs as `postgres`; an ordinary user's data lies in the clone's `.local`.
A socket path may have 107 bytes at most, so sockets lie in a short folder of their own.
"""

import json
import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from gis.setup import local, paths
from gis.setup.postgres import OLDEST, SERVERS, as_owner, own_folder, owned, owner_reads, servers
from gis.setup.talk import Stop, explain, say

ROLE = "wangge"
TEMPLATE = "template_postgis"
EXTENSIONS = ("postgis", "btree_gist", "pg_trgm")
PORT = 5432  # only a part of the socket's name: no TCP port is opened

CONFIGURATION = """
# Added by Wangge's set-up: reached through a socket in a closed folder, never over the network.
listen_addresses = ''
max_connections = 200
shared_buffers = {buffers}MB
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_compression = lz4
random_page_cost = 1.1
jit = off
timezone = 'UTC'
"""
# A cluster that is thrown away after use (`.ci/run`) need not outlive a power cut: nothing waits for the disk.
UNSAFE = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"
HOST_RULES = """# Made by Wangge's set-up: the owner by name, the application by password.
local all postgres peer map=owner
local all all scram-sha-256
"""


@dataclass(frozen=True)
class Cluster:
    """One clone's database server: whose clone, where the data and the sockets are."""

    clone: str
    data: str
    sockets: str

    @property
    def log(self) -> Path:
        """The server's own log, beside its data."""
        return Path(self.data).with_name(Path(self.data).name + ".log")


def programs(cluster: Cluster) -> Path:
    """The folder of the programs that fit the cluster's data; raises Stop when that version is gone."""
    found = servers()
    if not found:
        raise Stop(f"No PostgreSQL ≥ {OLDEST} with PostGIS under {SERVERS}.")
    try:
        made_by = int(owner_reads(Path(cluster.data) / "PG_VERSION"))
    except (FileNotFoundError, ValueError):
        return found[max(found)]
    if made_by not in found:
        raise Stop(
            f"{cluster.data} was made by PostgreSQL {made_by}, which is no longer installed (found: {sorted(found)}).\n"
            f"Install postgresql-{made_by}-postgis-3, or move the folder away to start afresh."
        )
    return found[made_by]


def known() -> Cluster | None:
    """The cluster this clone made before, or None; a copied clone does not take the original's."""
    try:
        cluster = Cluster(**json.loads(paths.CLUSTER.read_text(encoding="utf-8")))
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None
    return cluster if cluster.clone == str(paths.ROOT) else None


def thrown_away() -> bool:
    """Whether this run throws its cluster away afterwards (CLUSTER_THROWAWAY=1): it may be made and run unsafely."""
    return os.environ.get("CLUSTER_THROWAWAY") == "1"


def unsafe(cluster: Cluster) -> bool:
    """Whether the server that runs there was started by such a run."""
    return "fsync=off" in owner_reads(Path(cluster.data) / "postmaster.opts")


def ready(cluster: Cluster) -> bool:
    """Whether a server answers there (`pg_ctl status` would refuse root)."""
    command: list[str | Path] = [programs(cluster) / "pg_isready", "-q", "-h", cluster.sockets, "-p", str(PORT)]
    return Path(cluster.sockets).exists() and subprocess.run(command, check=False).returncode == 0


def new_sockets() -> str:
    """A new, short folder for sockets, closed to others."""
    folder = tempfile.mkdtemp(prefix="wangge-", dir="/tmp")
    own_folder(Path(folder))
    return folder


def choose() -> Cluster:
    """Where a new cluster shall lie, written down before anything is made there."""
    data = paths.LOCAL / "postgres"
    if paths.is_root():
        paths.ROOT_CLUSTERS.mkdir(mode=0o755, parents=True, exist_ok=True)
        holder = Path(tempfile.mkdtemp(prefix=f"{paths.ROOT.name}-", dir=paths.ROOT_CLUSTERS))
        own_folder(holder)
        (holder / "clone").write_text(f"{paths.ROOT}\n", encoding="utf-8")
        data = holder / "postgres"
    cluster = Cluster(clone=str(paths.ROOT), data=str(data), sockets=new_sockets())
    keep(cluster)
    return cluster


def configuration() -> str:
    """What is added to the server's own: an eighth of the machine's memory as its buffers, 256 MB to 2 GB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return CONFIGURATION.format(buffers=min(max(memory // 8, 256), 2048))


def keep(cluster: Cluster) -> None:
    """Write down where the cluster is."""
    local.write_whole(paths.CLUSTER, json.dumps(asdict(cluster), indent=1))


def make(cluster: Cluster) -> None:
    """Make the data folder, whole or not at all; an earlier, interrupted attempt is thrown away."""
    data = Path(cluster.data)
    if (data / "PG_VERSION").exists():
        return
    say(f"Making a PostGIS cluster in {data}")
    partial = data.with_name("postgres.partial")
    shutil.rmtree(partial, ignore_errors=True)
    own_folder(data.parent)
    initdb = programs(cluster) / "initdb"
    quick = ["--no-sync"] if thrown_away() else []
    owned([initdb, "-D", partial, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=peer", *quick])
    owner = "postgres" if paths.is_root() else pwd.getpwuid(os.geteuid()).pw_name
    for name, text in (
        ("postgresql.conf", owner_reads(partial / "postgresql.conf") + "\n" + configuration()),
        ("pg_hba.conf", HOST_RULES),
        ("pg_ident.conf", f"owner {owner} postgres\n"),
    ):
        (partial / name).write_text(text, encoding="utf-8")
    partial.rename(data)


def start(cluster: Cluster) -> Cluster:
    """Start the server and wait until it answers; raises Stop with the end of its log."""
    pg_ctl = programs(cluster) / "pg_ctl"
    if owned([pg_ctl, "-D", cluster.data, "status"], check=False).returncode == 0:
        # Alive but not answering: still recovering, or its socket folder was swept away.
        owned([pg_ctl, "-D", cluster.data, "-m", "fast", "-w", "-t", "60", "stop"], check=False)
    if not Path(cluster.sockets).exists() or Path(cluster.sockets).stat().st_uid != Path(cluster.data).stat().st_uid:
        cluster = Cluster(clone=cluster.clone, data=cluster.data, sockets=new_sockets())
        keep(cluster)
    command = as_owner(
        [pg_ctl, "-D", cluster.data, "-l", cluster.log, "-w", "-t", "90",
         "-o", f"-k {cluster.sockets} -p {PORT} {UNSAFE if thrown_away() else ''}".strip(), "start"]
    )  # fmt: skip
    # The server outlives this process: it must hold none of our pipes.
    done = subprocess.run(
        command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False, start_new_session=True,
    )
    if done.returncode or not ready(cluster):
        tail = "\n".join(owner_reads(cluster.log).splitlines()[-10:]) if cluster.log.exists() else ""
        raise Stop(f"PostgreSQL did not start. Its log, {cluster.log}, ends:\n{tail}\n{explain(tail)}".rstrip())
    return cluster


def sql(cluster: Cluster, statements: str, *, database: str = "postgres") -> str:
    """Run SQL as the cluster's owner; returns unaligned rows. Raises Stop."""
    psql = programs(cluster) / "psql"
    command: list[str | Path] = [psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"]
    command += ["-h", cluster.sockets, "-p", str(PORT), "-U", "postgres", "-d", database]
    return owned(command, sql=statements).stdout.strip()


def prepare(cluster: Cluster) -> None:
    """Make the application's role and the template with the extensions: both may be there already."""
    url = local.settings().get("CLUSTER_URL", "")
    found = re.fullmatch(rf"postgres://{ROLE}:([\w-]+)@/.*", url)
    password = found.group(1) if found else secrets.token_urlsafe(24)
    role_exists = sql(cluster, f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'")
    if not role_exists or not found:
        verb = "ALTER" if role_exists else "CREATE"
        sql(cluster, f"{verb} ROLE {ROLE} LOGIN CREATEDB NOSUPERUSER NOCREATEROLE PASSWORD '{password}';")
    if not sql(cluster, f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}' AND datistemplate"):
        # Marked as a template only when whole, so an interrupted one is made again.
        sql(cluster, f"DROP DATABASE IF EXISTS {TEMPLATE};")
        sql(cluster, f"CREATE DATABASE {TEMPLATE} TEMPLATE template0;")
        sql(cluster, "".join(f"CREATE EXTENSION {name};" for name in EXTENSIONS), database=TEMPLATE)
        sql(cluster, f"ALTER DATABASE {TEMPLATE} IS_TEMPLATE true;")
    local.keep_settings(CLUSTER_URL=f"postgres://{ROLE}:{password}@/?host={cluster.sockets}&port={PORT}")


def up() -> Cluster:
    """This clone's cluster, made or started as needed, with its role and template."""
    cluster = known() or choose()
    left_unsafe = Path(cluster.data, "postmaster.opts").exists() and unsafe(cluster) and not thrown_away()
    if Path(cluster.data, "PG_VERSION").exists() and ready(cluster) and not left_unsafe:
        if local.settings().get("CLUSTER_URL", "").find(f"host={cluster.sockets}&") < 0:
            prepare(cluster)
        return cluster
    make(cluster)
    cluster = start(cluster)
    say(f"PostGIS runs: data in {cluster.data}, sockets in {cluster.sockets}")
    prepare(cluster)
    return cluster


def stop() -> None:
    """Stop this clone's server, if it runs."""
    cluster = known()
    if cluster is None or not Path(cluster.data, "PG_VERSION").exists():
        return say("This clone has no cluster.")
    pg_ctl = programs(cluster) / "pg_ctl"
    if owned([pg_ctl, "-D", cluster.data, "status"], check=False).returncode:
        return say("PostGIS was not running.")
    owned([pg_ctl, "-D", cluster.data, "-m", "fast", "-w", "stop"])
    return say(f"PostGIS stopped; the data stays in {cluster.data}")


def discard() -> None:
    """Stop the server and delete this clone's data: all its places are gone."""
    cluster = known()
    stop()
    if cluster is None:
        return
    data = Path(cluster.data)
    # As root the folder above the data was made for it alone; an ordinary user's lies in `.local` among other things.
    for folder in (data.parent if paths.is_root() else data, Path(cluster.sockets)):
        shutil.rmtree(folder, ignore_errors=True)
    for path in (paths.CLUSTER, paths.SETTINGS, paths.STAMPS):
        path.unlink(missing_ok=True)
    say(f"Deleted the databases of this clone ({data})")


def make_database(cluster: Cluster, name: str) -> bool:
    """Make a database owned by the application's role from the template; False when it is there already."""
    if sql(cluster, f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
        return False
    sql(cluster, f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {TEMPLATE};")
    return True
