//! AccessKey secrets at rest (R39): XChaCha20-Poly1305 under a data key, which is kept in
//! the catalogue under a master key, which is a file outside it. Without both nothing opens.

use std::io::Write;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::Rng;
use zeroize::{Zeroize, Zeroizing};

use crate::db::{Db, DbError, keys};

/// A secret in memory: wiped when dropped, prints nothing.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself; only for the one answer that shows it and for keying a MAC.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the master key {path} can't be read or written: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the master key {path} holds {found} characters; it must be 64 hexadecimal digits in one line")]
    Form { path: PathBuf, found: usize },
    #[error(
        "the master key {path} is missing, but the catalogue has secrets under it; put the file back from the backup \
         of the data folder"
    )]
    Missing { path: PathBuf },
    #[error(
        "the data key of the catalogue does not open with the master key {path}: it belongs to another data folder"
    )]
    Foreign { path: PathBuf },
    #[error("the secret of AccessKey {id} does not open: its row was changed")]
    Damaged { id: String },
    #[error("encryption failed")]
    Cipher,
    #[error(transparent)]
    Db(#[from] DbError),
}

const NONCE: usize = 24;
const KEY: usize = 32;
const DATA_KEY_AAD: &[u8] = b"ternmq data key 1";

/// Seals and opens secrets.
pub struct Vault {
    data_key: XChaCha20Poly1305,
}

fn seal(cipher: &XChaCha20Poly1305, text: &[u8], aad: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; NONCE];
    rand::rng().fill_bytes(&mut nonce);
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: text, aad }).map_err(|_| SealError::Cipher)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(cipher: &XChaCha20Poly1305, sealed: &[u8], aad: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE>()?;
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: text, aad }).ok().map(Zeroizing::new)
}

fn cipher(key: &[u8]) -> Option<XChaCha20Poly1305> {
    XChaCha20Poly1305::new_from_slice(key).ok()
}

impl Vault {
    /// Reads the master key from `file` and the data key from the catalogue; makes both, durably,
    /// when there are none yet.
    pub async fn open(db: &Db, file: &Path) -> Result<Vault, SealError> {
        let mut tx = db.write().await?;
        let stored = keys::data_key(&mut tx).await?;
        let master = match (read_master(file)?, &stored) {
            (Some(key), _) => key,
            (None, None) => make_master(file)?,
            (None, Some(_)) => return Err(SealError::Missing { path: file.to_owned() }),
        };
        let master = cipher(&master).ok_or(SealError::Cipher)?;
        let data_key = match stored {
            Some((_, wrapped)) => {
                open(&master, &wrapped, DATA_KEY_AAD).ok_or_else(|| SealError::Foreign { path: file.to_owned() })?
            }
            None => {
                let mut key = Zeroizing::new(vec![0; KEY]);
                rand::rng().fill_bytes(&mut key);
                keys::insert_data_key(&mut tx, 1, &seal(&master, &key, DATA_KEY_AAD)?).await?;
                tx.commit().await?;
                key
            }
        };
        Ok(Vault { data_key: cipher(&data_key).ok_or_else(|| SealError::Foreign { path: file.to_owned() })? })
    }

    /// - `account`, `id`, `version`: bound to the text, so that a row copied elsewhere does not open.
    pub fn seal(&self, account: u32, id: &str, version: i64, secret: &Secret) -> Result<Vec<u8>, SealError> {
        seal(&self.data_key, secret.reveal().as_bytes(), format!("{account}|{id}|{version}").as_bytes())
    }

    pub fn open_secret(&self, account: u32, id: &str, version: i64, sealed: &[u8]) -> Result<Secret, SealError> {
        let aad = format!("{account}|{id}|{version}");
        let damaged = || SealError::Damaged { id: id.to_owned() };
        let text = open(&self.data_key, sealed, aad.as_bytes()).ok_or_else(damaged)?;
        Ok(Secret::new(std::str::from_utf8(&text).map_err(|_| damaged())?.to_owned()))
    }
}

fn read_master(file: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, SealError> {
    let mut text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(SealError::File { path: file.to_owned(), source }),
    };
    let key = hex::decode(text.trim()).ok().filter(|key| key.len() == KEY).map(Zeroizing::new);
    let found = text.trim().len();
    text.zeroize();
    key.map(Some).ok_or(SealError::Form { path: file.to_owned(), found })
}

/// Written, synced and renamed into place before it protects anything.
fn make_master(file: &Path) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let mut key = Zeroizing::new(vec![0; KEY]);
    rand::rng().fill_bytes(&mut key);
    let text = Zeroizing::new(format!("{}\n", hex::encode(&*key)));
    write_durably(file, text.as_bytes()).map_err(|source| SealError::File { path: file.to_owned(), source })?;
    Ok(key)
}

fn write_durably(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let part = file.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&part)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    std::fs::rename(&part, file)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn vault(folder: &Path) -> Result<Vault, SealError> {
        let db = Db::open_sqlite(&folder.join("catalogue.db")).await?;
        Vault::open(&db, &folder.join("master.key")).await
    }

    #[tokio::test]
    async fn a_secret_opens_after_a_restart_and_only_in_its_own_row() {
        let folder = tempfile::tempdir().unwrap();
        let secret = Secret::new("abc".to_owned());
        let sealed = vault(folder.path()).await.unwrap().seal(1, "TNx", 1, &secret).unwrap();
        assert!(!sealed.windows(3).any(|window| window == b"abc"));
        let again = vault(folder.path()).await.unwrap();
        assert_eq!(again.open_secret(1, "TNx", 1, &sealed).unwrap().reveal(), "abc");
        for (account, id, version) in [(2, "TNx", 1), (1, "TNy", 1), (1, "TNx", 2)] {
            assert!(matches!(again.open_secret(account, id, version, &sealed), Err(SealError::Damaged { .. })));
        }
    }

    #[tokio::test]
    async fn a_lost_or_foreign_master_key_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master.key");
        vault(folder.path()).await.unwrap();
        std::fs::write(&file, "00").unwrap();
        assert!(matches!(vault(folder.path()).await, Err(SealError::Form { found: 2, .. })));
        std::fs::write(&file, "0".repeat(64)).unwrap();
        assert!(matches!(vault(folder.path()).await, Err(SealError::Foreign { .. })));
        std::fs::remove_file(&file).unwrap();
        assert!(matches!(vault(folder.path()).await, Err(SealError::Missing { .. })));
        assert!(!file.exists());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_master_key_is_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        vault(folder.path()).await.unwrap();
        let mode = std::fs::metadata(folder.path().join("master.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
