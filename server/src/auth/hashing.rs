//! argon2id, bounded: at most two hashes at once and 32 waiting, each in the blocking pool with its
//! own permit, so that a flood of sign-ins is neither a flood of memory nor of threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OnceCell, Semaphore};
use zeroize::Zeroizing;

/// Hashes at once.
const AT_ONCE: usize = 2;
/// Waiting for a turn.
const WAITING_MAX: usize = 32;
/// 19 MiB, 2 passes, 1 lane: OWASP's first choice of equal strength.
const MEMORY_KIB: u32 = 19 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum HashError {
    #[error("{WAITING_MAX} sign-ins are waiting already")]
    Busy,
    #[error("hashing failed: {0}")]
    Failed(String),
}

/// Hashes and checks passwords.
pub struct Hasher {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Checked against for unknown users, so that they take as long as known ones.
    dummy: OnceCell<String>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE)), waiting: AtomicUsize::new(0), dummy: OnceCell::new() }
    }
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(MEMORY_KIB, 2, 1, None).map_err(|error| HashError::Failed(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Hasher {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let waiting = self.waiting.fetch_add(1, Ordering::AcqRel);
        let place = Waiting(&self.waiting);
        if waiting >= WAITING_MAX + AT_ONCE {
            return Err(HashError::Busy);
        }
        let permits = self.permits.clone();
        let permit = permits.acquire_owned().await.map_err(|_| HashError::Busy)?;
        let task = tokio::task::spawn_blocking(move || {
            // Held until the hash is done, also when the caller has gone away.
            let _permit = permit;
            work()
        });
        let result = task.await.map_err(|error| HashError::Failed(error.to_string()))?;
        drop(place);
        result
    }

    /// The PHC string of a password.
    pub async fn hash(&self, password: &str) -> Result<String, HashError> {
        let password = Zeroizing::new(password.to_owned());
        self.run(move || {
            let hash = argon2()?.hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|error| HashError::Failed(error.to_string()))
        })
        .await
    }

    /// Whether the password is right. `None`: there is no such user or no password; takes as long.
    pub async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, HashError> {
        let real = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.dummy.get_or_try_init(|| self.hash("nobody has this password")).await?.clone(),
        };
        let password = Zeroizing::new(password.to_owned());
        let right = self
            .run(move || {
                let parsed = PasswordHash::new(&hash).map_err(|error| HashError::Failed(error.to_string()))?;
                Ok(argon2()?.verify_password(password.as_bytes(), &parsed).is_ok())
            })
            .await?;
        Ok(right && real)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_verifies_its_own_password_only() {
        let hasher = Hasher::default();
        let hash = hasher.hash("correct horse battery").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify("correct horse battery", Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify("correct horse batter", Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_user_is_refused_even_with_the_dummy_password() {
        let hasher = Hasher::default();
        assert!(!hasher.verify("nobody has this password", None).await.unwrap());
    }

    #[tokio::test]
    async fn the_queue_before_the_hash_is_bounded() {
        let hasher = Hasher::default();
        let held = hasher.permits.clone().acquire_many_owned(2).await.unwrap();
        let mut waiting: Vec<_> = (0..WAITING_MAX + AT_ONCE).map(|_| Box::pin(hasher.hash("x"))).collect();
        for future in &mut waiting {
            assert!(futures::poll!(future).is_pending());
        }
        assert!(matches!(hasher.hash("x").await, Err(HashError::Busy)));
        waiting.clear();
        drop(held);
        assert!(hasher.hash("x").await.is_ok());
    }
}
