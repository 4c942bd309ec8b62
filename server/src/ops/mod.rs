//! For whoever runs the process: health, readiness, logs.

pub mod health;
pub mod logs;
