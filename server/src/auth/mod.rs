//! Who somebody is and what they may do: passwords, sessions, AccessKeys, rights. Knows nothing of
//! pages or request codes.

pub mod access;
pub mod common_passwords;
pub mod hashing;
pub mod password;
pub mod rights;
pub mod sealing;
pub mod session;
pub mod throttle;
pub mod token;
