//! Catalogues for tests: the same tests run on SQLite and on PostgreSQL. PostgreSQL is Debian's,
//! started once for the test process on a Unix socket in a temporary folder; without it the tests
//! fail and say what to install.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Db;

/// A fresh, empty catalogue; the folder goes with it.
pub(crate) struct Fresh {
    pub(crate) db: Db,
    pub(crate) folder: tempfile::TempDir,
}

/// One of each kind.
pub(crate) async fn both() -> Vec<Fresh> {
    vec![sqlite().await, postgres().await]
}

pub(crate) async fn sqlite() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&folder.path().join("catalogue.db")).await.unwrap();
    Fresh { db, folder }
}

async fn postgres() -> Fresh {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let cluster = CLUSTER.get_or_init(Cluster::start);
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let socket = cluster.folder.display();
    cluster.create(&name);
    let url = format!("postgres://postgres@localhost/{name}?host={socket}");
    Fresh { db: Db::open_postgres(&url).await.unwrap(), folder: tempfile::tempdir().unwrap() }
}

static CLUSTER: OnceLock<Cluster> = OnceLock::new();

/// A running PostgreSQL. It ends with the test process: its standard input is our pipe, and the
/// shell around it stops it when the pipe closes.
struct Cluster {
    folder: PathBuf,
    binaries: PathBuf,
    _process: Child,
}

fn binaries() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().expect("PostgreSQL is needed for these tests: apt-get install postgresql")
}

fn as_postgres(program: &Path) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0");
    if !root {
        return Command::new(program);
    }
    // PostgreSQL refuses to run as root.
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command.current_dir("/tmp");
    command
}

fn run(mut command: Command) {
    let out = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
}

impl Cluster {
    fn start() -> Cluster {
        let binaries = binaries();
        // Short: the path of a Unix socket has at most 107 characters.
        let folder = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp").unwrap().keep();
        let mut open = Command::new("chmod");
        open.arg("777").arg(&folder);
        run(open);
        let data = folder.join("data");
        let mut init = as_postgres(&binaries.join("initdb"));
        init.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "-D"]).arg(&data);
        run(init);
        let script = format!(
            "'{bin}/pg_ctl' start --silent --wait -D '{data}' -l '{socket}/log' \
             -o \"-k '{socket}' -c listen_addresses= -c fsync=off -c max_connections=200\" \
             && echo ready && cat >/dev/null; \
             '{bin}/pg_ctl' stop --silent -m fast -D '{data}'; rm -rf '{data}'",
            bin = binaries.display(),
            data = data.display(),
            socket = folder.display(),
        );
        let mut shell = as_postgres(Path::new("/bin/sh"));
        shell.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = shell.spawn().unwrap();
        let mut told = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(told.any(|line| line == "ready"), "PostgreSQL did not start: {}", log());
        Cluster { folder, binaries, _process: process }
    }

    fn create(&self, name: &str) {
        let mut create = Command::new(self.binaries.join("createdb"));
        create.arg("-h").arg(&self.folder).args(["-U", "postgres", name]);
        run(create);
    }
}
