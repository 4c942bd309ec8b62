//! The console: pages, components and server functions. Built twice: feature `ssr` for the server,
//! which renders every page in full, and feature `hydrate` for the browser, which wakes it.
//!
//! Start reading at [`paths`], then `api`, then the pages in the order of the quick start.
#![recursion_limit = "256"]

pub mod api;
mod app;
mod components;
mod frame;
mod i18n;
mod pages;
pub mod paths;
mod place;
mod settings;
mod time;

pub use app::{App, shell};
pub use components::icon::SPRITE;

/// Entry point in the browser.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
    // Tests wait for this mark: a click before it would be lost.
    leptos::prelude::request_animation_frame(|| {
        if let Some(root) = leptos::prelude::document().document_element() {
            drop(root.set_attribute("data-hydrated", "true"));
        }
    });
}
