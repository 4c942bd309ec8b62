//! A step between pages of a search that has no total: Newer and Older.
use leptos::prelude::*;

use super::Icon;

/// `to`: the address; without one the step stands there, disabled.
///
/// - `icon`: stands on the side that it points to.
pub(crate) fn step(name: &'static str, icon: &'static str, to: Option<String>) -> AnyView {
    let before = (icon == "left").then(|| view! { <Icon name=icon/> });
    let after = (icon != "left").then(|| view! { <Icon name=icon/> });
    match to {
        Some(href) => view! {
            <a class="btn btn-sm" href=href>
                {before}
                {name}
                {after}
            </a>
        }
        .into_any(),
        None => view! {
            <button class="btn btn-sm" type="button" disabled>
                {before}
                {name}
                {after}
            </button>
        }
        .into_any(),
    }
}
