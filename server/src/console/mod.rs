//! The console's host: serves the app, its files and its event stream, keeps sessions and cookies,
//! and implements the app's port over the platform and the broker.
//!
//! It must hold no rule of the model: those are in `tenant`, rights in `auth`.

mod archive;
mod assets;
mod headers;
mod origin;
mod peer;
